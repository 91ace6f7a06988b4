"""Addresses of auctions and credits."""

from django.urls import path

from gallery.views import auctions
from gallery.views.page import page

urlpatterns = [
    path("works/<uuid:work_id>/auction", page(auctions.facts), name="auction-facts"),
    path("works/<uuid:work_id>/bid", auctions.bid, name="bid"),
    path("works/<uuid:work_id>/settle", auctions.settle, name="settle"),
    path("studio/works/<uuid:work_id>/auction/", page(auctions.form), name="studio-auction"),
    path("studio/works/<uuid:work_id>/auction/terms", auctions.terms, name="auction-terms"),
    path("studio/works/<uuid:work_id>/auction/open", auctions.open_for, name="auction-open"),
    path("studio/works/<uuid:work_id>/auction/cancel", auctions.cancel, name="auction-cancel"),
    path("collections/<str:address>/withdraw", auctions.withdraw, name="withdraw"),
]
