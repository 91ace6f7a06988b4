"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config.health import healthz
from minting.ipfs import gateway

urlpatterns = [
    path("", include("gallery.urls")),
    path("admin/", admin.site.urls),
    *gateway.urlpatterns,
    path("healthz", healthz, name="healthz"),
    path("favicon.ico", RedirectView.as_view(url="/static/favicon.svg")),
]

handler400 = "gallery.views.errors.bad_request"
handler403 = "gallery.views.errors.forbidden"
handler404 = "gallery.views.errors.not_found"
handler500 = "gallery.views.errors.broken"
