"""Addresses of auctions, offers, resales and credits."""

from django.urls import path

from gallery.views import auctions, offers
from gallery.views.page import page

urlpatterns = [
    path("works/<uuid:work_id>/auction", page(auctions.facts), name="auction-facts"),
    path("works/<uuid:work_id>/bid", auctions.bid, name="bid"),
    path("works/<uuid:work_id>/settle", auctions.settle, name="settle"),
    path("studio/works/<uuid:work_id>/auction/", page(auctions.form), name="studio-auction"),
    path("studio/works/<uuid:work_id>/auction/terms", auctions.terms, name="auction-terms"),
    path("studio/works/<uuid:work_id>/auction/open", auctions.open_for, name="auction-open"),
    path("studio/works/<uuid:work_id>/auction/cancel", auctions.cancel, name="auction-cancel"),
    path("works/<uuid:work_id>/offer", offers.make, name="offer-make"),
    path("works/<uuid:work_id>/offers/<str:offer_id>/accept", offers.accept, name="offer-accept"),
    path("offers/<str:offer_id>/cancel", offers.cancel, name="offer-cancel"),
    path("works/<uuid:work_id>/resale/buy", offers.buy, name="resale-buy"),
    path("works/<uuid:work_id>/resale/terms", offers.terms, name="resale-terms"),
    path("works/<uuid:work_id>/resale/open", offers.open_for, name="resale-open"),
    path("works/<uuid:work_id>/resale/end", offers.end, name="resale-end"),
    path("collections/<str:address>/withdraw", auctions.withdraw, name="withdraw"),
]
