"""Addresses of the studio's rooms beyond those in gallery/urls.py."""

from django.urls import path

from gallery.views import (
    studio,
    studio_again,
    studio_compare,
    studio_library,
    studio_prompt,
    studio_recall,
    studio_rework,
)
from gallery.views.page import page

urlpatterns = [
    path("studio/pictures/", page(studio_library.pictures), name="studio-pictures"),
    path("studio/pictures/trash/", page(studio_library.trashed), name="studio-trash"),
    path("studio/pictures/twins/", page(studio_library.twins), name="studio-twins"),
    path("studio/pictures/sheet/", page(studio_library.sheet), name="studio-sheet"),
    path("studio/pictures/compare/", page(studio_compare.compare), name="studio-compare"),
    path("studio/pictures/change/", studio_library.change, name="studio-change"),
    path("studio/boards/<uuid:board_id>/", studio_library.board, name="studio-board"),
    path("studio/recall/", page(studio_recall.recall), name="studio-recall"),
    path("studio/reading/", page(studio_prompt.reading), name="studio-reading"),
    path("studio/jobs/<uuid:job_id>/look.webp", studio.look, name="job-look"),
    path("studio/pictures/<uuid:image_id>/again/", page(studio_again.again), name="studio-again"),
    path("studio/pictures/<uuid:image_id>/over/<slug:way>/", page(studio_rework.over), name="studio-over"),
]
