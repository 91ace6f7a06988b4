"""Addresses of the studio's rooms beyond those in gallery/urls.py."""

from django.urls import path

from gallery.views import studio_prompt, studio_rework
from gallery.views.page import page

urlpatterns = [
    path("studio/reading/", page(studio_prompt.reading), name="studio-reading"),
    path("studio/pictures/<uuid:image_id>/over/<slug:way>/", page(studio_rework.over), name="studio-over"),
]
