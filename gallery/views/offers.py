"""Offers and resales: what people send from their own wallets, and what an owner signs."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from gallery import catalogue, offers, problems, resale, rights
from gallery.errors import WordsRefused
from gallery.models import Work
from gallery.views.auctions import REFUSALS, amount_in, prepared
from gallery.views.market import wallet_in
from gallery.views.page import person
from minting.models import Offer


@require_POST
def make(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """{amount in ether, days} -> {to, data, value, chainId} that leaves the money with the contract."""
    work = _published(request, work_id)
    return prepared(lambda: offers.prepare_offer(work, amount_in(request), _days_in(request)))


@require_POST
def accept(request: HttpRequest, work_id: uuid.UUID, offer_id: str) -> HttpResponse:
    """The seller's call, or ("more") the approval that has to be mined before it. The wallet must be the seller's."""
    work, offer = _published(request, work_id), _offer(offer_id)
    return prepared(lambda: offers.prepare_accept(work, offer))


@require_POST
def cancel(request: HttpRequest, offer_id: str) -> HttpResponse:
    """The call that gives an offer's money back to its bidder."""
    offer = _offer(offer_id)
    return prepared(lambda: offers.prepare_cancel(offer))


@require_POST
def buy(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """{address, recipient} -> the purchase of a listed work, for `recipient` where one is named."""
    work = _published(request, work_id)
    return prepared(lambda: resale.prepare_purchase(work, wallet_in(request)))


@require_POST
def terms(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """{price} -> the typed data that the owner's wallet signs, or {"call"}: the approval that comes before."""
    work = _published(request, work_id)
    try:
        asked = resale.request(work, amount_in(request, "price"))
    except REFUSALS as error:
        return problems.of(error)
    body = {"address": offers.seller_of(work), **asked}
    return JsonResponse(body, headers={"Cache-Control": "no-store"})


@require_POST
def open_for(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """{message, signature} -> the work is listed. Whoever sends it: the signature is the owner's or it is refused."""
    work = _published(request, work_id)
    try:
        message, signature = problems.read_signed(request)
        resale.keep(work, message, signature)
    except REFUSALS as error:
        return problems.of(error)
    return JsonResponse({"next": reverse("work", args=[work_id])})


@require_POST
def end(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """The owner's call that ends the listing."""
    work = _published(request, work_id)
    return prepared(lambda: resale.prepare_end(work))


def _published(request: HttpRequest, work_id: uuid.UUID) -> Work:
    work = catalogue.work(work_id)
    rights.require(person(request), "read", work)
    return work


def _offer(offer_id: str) -> Offer:
    is_number = offer_id.isascii() and offer_id.isdigit() and len(offer_id) <= 78
    offer = catalogue.offer(int(offer_id)) if is_number else None
    if offer is None:
        raise Http404
    return offer


def _days_in(request: HttpRequest) -> int:
    days = str(problems.read_json(request).get("days", offers.DAYS))
    if not days.isascii() or not days.isdigit() or len(days) > 2 or not 1 <= int(days) <= offers.DAYS_MAX:
        raise WordsRefused("days", "An offer holds for 1 to 90 days.", next_step="")
    return int(days)
