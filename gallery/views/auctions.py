"""Auctions: the artist's form and signature, and what bidders and settlers send from their own wallets."""

import datetime as dt
import uuid
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from eth_utils.address import is_address, to_checksum_address

from gallery import auctions, catalogue, problems, rights, sales
from gallery.errors import GalleryError, WordsRefused
from gallery.forms import AuctionForm, EtherField
from gallery.models import Work
from gallery.people.sign_in import NotAnAddress
from gallery.views.page import artists, person, private
from gallery.views.public import wallet_words
from minting import api as minting

REFUSALS = (problems.NotJson, NotAnAddress, GalleryError, minting.MintingError)


@artists
def form(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """Four numbers, and the artist's signature under them; or how the auction stands, and calling it off."""
    work = catalogue.work(work_id)
    rights.require(person(request), "edit", work)
    context = {
        "work": work,
        "standing": sales.standing(work),
        "form": AuctionForm(),
        "chain": catalogue.chain(),
        "wallet_words": wallet_words(),
    }
    return private(render(request, "studio/auction.html", context))


@require_POST
@artists
def terms(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """{reserve, raise, hours, days} -> the typed data (EIP-712) that the artist's wallet shows and signs."""
    work = catalogue.work(work_id)
    rights.require(person(request), "edit", work)
    try:
        typed = auctions.terms_request(work, _asked(request))
    except REFUSALS as error:
        return problems.of(error)
    return JsonResponse({"address": work.artist_address, "typed_data": typed}, headers={"Cache-Control": "no-store"})


def _asked(request: HttpRequest) -> auctions.Asked:
    form = AuctionForm(problems.read_json(request))
    if not form.is_valid():
        field, (said, *_others) = next(iter(form.errors.items()))
        label = form.fields[field].label if field in form.fields else ""
        raise WordsRefused(field, f"{label}: {said}" if label else str(said), next_step="")
    asked = form.cleaned_data
    return auctions.Asked(
        asked["reserve"], asked["raise_bps"], dt.timedelta(hours=asked["hours"]), dt.timedelta(days=asked["days"])
    )


@require_POST
@artists
def open_for(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """{message, signature} -> the work is up for auction."""
    work = catalogue.work(work_id)
    rights.require(person(request), "edit", work)
    try:
        message, signature = problems.read_signed(request)
        auctions.open_for(work, message, signature)
    except REFUSALS as error:
        return problems.of(error)
    return JsonResponse({"next": reverse("work", args=[work_id])})


@require_POST
@artists
def cancel(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """The call by which the artist ends an auction that nobody has bid in."""
    work = catalogue.work(work_id)
    rights.require(person(request), "edit", work)
    return prepared(lambda: auctions.prepare_cancel(work))


@require_safe
def facts(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """How an auction stands, as a piece of its work's page that asks again by itself."""
    work = catalogue.work(work_id)
    rights.require(person(request), "read", work)
    standing = sales.standing(work)
    if standing.lot is None:
        raise Http404
    moved_on = standing.kind not in ("not_yet", "auction", "bidding")  # the page around it shows another stage
    context = {"work": work, "standing": standing, "chain": catalogue.chain(), "moved_on": moved_on}
    return private(render(request, "gallery/_auction_facts.html", context))


@require_POST
def bid(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """{amount in ether} -> {to, data, value, chainId}; asking moves nothing and may be repeated."""
    work = _readable(request, work_id)
    return prepared(lambda: auctions.prepare_bid(work, amount_in(request)))


@require_POST
def settle(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """-> {to, data, value, chainId}, for whoever ends an auction whose time is over."""
    work = _readable(request, work_id)
    return prepared(lambda: auctions.prepare_settle(work))


@require_POST
def withdraw(request: HttpRequest, address: str) -> HttpResponse:
    """{contract, currency} -> the call that pays what is held for `address`, to it alone, whoever sends it."""
    if not is_address(address):
        raise Http404

    def call() -> dict[str, str]:
        body = problems.read_json(request)
        contract, currency = str(body.get("contract", "")), str(body.get("currency", ""))
        if not minting.held_by_contract(to_checksum_address(address)).get((contract, currency)):
            raise WordsRefused("contract", "Nothing is held for this wallet any more.")
        return minting.auctions.withdrawal(contract, currency, to_checksum_address(address))

    return prepared(call)


def _readable(request: HttpRequest, work_id: uuid.UUID) -> Work:
    work = catalogue.work(work_id)
    rights.require(person(request), "read", work)
    return work


def amount_in(request: HttpRequest, name: str = "amount") -> int:
    """Wei that a request's JSON names in ether; WordsRefused for anything else."""
    try:
        return int(EtherField().clean(str(problems.read_json(request).get(name, ""))))
    except ValidationError as error:
        raise WordsRefused(name, " ".join(error.messages), next_step="") from None


def prepared(prepare: Callable[[], dict[str, str]]) -> HttpResponse:
    """A call for the visitor's wallet as JSON, or why there is none."""
    try:
        return JsonResponse(prepare(), headers={"Cache-Control": "no-store"})
    except REFUSALS as error:
        return problems.of(error)
