"""From the code on a slip to the token in the buyer's wallet; and the artist's part in it."""

import uuid

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe
from eth_utils.address import is_address, to_checksum_address

from gallery import catalogue, problems, rights
from gallery.errors import GalleryError
from gallery.onsite import claims, handover, tries
from gallery.people.sign_in import NotAnAddress
from gallery.templatetags.ninefold import said
from gallery.views.page import artists, person, private
from gallery.views.public import wallet_words
from minting.api import MintingError

REFUSALS = (problems.NotJson, NotAnAddress, GalleryError, MintingError)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Asks for the code; a QR's code arrives in the fragment, which this server never sees."""
    context = {"chain": catalogue.chain(), "wallet_words": wallet_words() | claim_words()}
    return private(render(request, "gallery/claim.html", context))


@sensitive_variables("code", "body")
@require_POST
def prepare(request: HttpRequest) -> HttpResponse:
    """{code, address} -> {to, data, value, chainId, title} for that wallet, or {owner, collection} once it has it."""
    try:
        counted = tries.count(request)
        body = problems.read_json(request)
        code, address = body.get("code"), body.get("address")
        if not isinstance(address, str) or not address.startswith("0x") or not is_address(address):
            raise NotAnAddress
        if int(address, 16) == 0:  # what is sent there is lost
            raise NotAnAddress
        claim = claims.present(code if isinstance(code, str) else "", to_checksum_address(address))
        tries.forgive(counted)
    except tries.TooManyTries as error:
        answer = problems.of(error)
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
        return answer
    except REFUSALS as error:
        return problems.of(error)
    told = {"title": said(claim.work, "title"), "work": reverse("work", args=[claim.work.id])}
    if claim.purchase is None:
        told |= {"owner": claim.owner, "collection": reverse("collection", args=[claim.owner])}
    return JsonResponse(told | (claim.purchase or {}), headers={"Cache-Control": "no-store"})


@require_POST
@artists
def handover_voucher(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """The typed data of the handover, for the artist's wallet."""
    work = catalogue.work(work_id)
    rights.require(person(request), "edit", work)
    try:
        typed = handover.voucher_request(work)
    except REFUSALS as error:
        return problems.of(error)
    return JsonResponse({"address": work.artist_address, "typed_data": typed}, headers={"Cache-Control": "no-store"})


@require_POST
@artists
def sign_handover(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """{message, signature}: kept with the sale, and shown to nobody but the holder of the code."""
    work = catalogue.work(work_id)
    rights.require(person(request), "edit", work)
    try:
        body = problems.read_json(request)
        message, signature = body.get("message"), body.get("signature")
        handover.sign(
            work, person(request), message if isinstance(message, dict) else None,
            signature if isinstance(signature, str) else None,
        )  # fmt: skip
    except REFUSALS as error:
        return problems.of(error)
    return JsonResponse({"next": reverse("studio-work", args=[work_id])})


@require_POST
@artists
def cancel_signature(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """{voucher} -> {address, to, data, value, chainId}: `cancel` of its nonce; asking moves nothing."""
    work = catalogue.work(work_id)
    rights.require(person(request), "edit", work)
    try:
        prepared = handover.cancellation(work, str(problems.read_json(request).get("voucher", "")))
    except REFUSALS as error:
        return problems.of(error)
    return JsonResponse({"address": work.artist_address} | prepared, headers={"Cache-Control": "no-store"})


def claim_words() -> dict[str, str]:
    """What the claim page says beyond the sentences of every wallet."""
    return {
        "claim_empty": _("Type the code from your slip first."),
        "claim_confirm": _("“{title}” waits for you. Confirm in your wallet; only the network’s fee is paid."),
        "claim_short": _("This wallet holds too little ether for the network’s fee."),
        "claim_refused_by_chain": _("The chain would refuse this handover, so nothing was sent."),
        "claim_reverted": _("The chain refused the handover. Only the network’s fee is gone."),
        "claim_mined": _("It is in a block. Waiting until this site has read it …"),
        "claim_slow": _("It is on its way; look at your collection in a few minutes."),
    }


def artist_words() -> dict[str, str]:
    """What the studio's work page says beyond the sentences of every wallet."""
    return {
        "handover_signed": _("Signed. The buyer can have the token now."),
        "cancel_confirm": _("Confirm the cancellation in your wallet; only the network’s fee is paid."),
        "cancel_short": _("This wallet holds too little ether for the network’s fee."),
        "cancel_slow": _("The network is slow. Load this page again in a few minutes."),
        "cancelled": _("Cancelled on the chain: nobody can use that signature any more."),
        "cancel_reverted": _("The chain refused the cancellation. Try again."),
    }
