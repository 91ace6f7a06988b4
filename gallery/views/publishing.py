"""From a picture to a work on the wall: words and terms, submission, the artist's signature, publication."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery import catalogue, mints, problems, prompts, rights, sales, words, works
from gallery.errors import GalleryError, WordsRefused
from gallery.forms import PublishForm
from gallery.models import Share, Work
from gallery.onsite import handover
from gallery.views import mints as mint_views
from gallery.views.claim import artist_words
from gallery.views.page import artists, person, private, signed_in
from gallery.views.public import wallet_words
from generation import api as generation
from generation.models import Image
from minting import api as minting

REFUSALS = (GalleryError, generation.GenerationError, minting.MintingError)
FIELDS = {
    "price": "price",
    "donation_bps": "donation",
    "royalty_bps": "royalty",
    "address": "collaborator_address",
    "bps": "collaborator_share",
    "credit": "collaborator_credit",
}
CHOICES = ("keeps_steps", "shows_rejects", "hides_prompts", "may_be_mined", "visible_mark", "invisible_mark")


@artists
def publish_form(request: HttpRequest, image_id: uuid.UUID) -> HttpResponse:
    """Words and terms for one of the artist's pictures; a valid form becomes a draft."""
    image = catalogue.image(image_id)
    user = person(request)
    rights.require(user, "publish", image)
    existing = Work.objects.filter(master=image).first()
    if existing is not None:
        if request.method == "POST":
            messages.error(request, _("This picture is a work already; what you sent now was not kept."))
        return redirect("studio-work", work_id=existing.id)
    form = PublishForm(request.POST or None, artist=user)
    if request.method == "POST" and form.is_valid():
        work = _draft(form, image)
        if work is not None:
            return redirect("studio-work", work_id=work.id)
    context = {"form": form, "image": image, "wallets": list(user.wallets.all())}
    status = 422 if request.method == "POST" else 200
    return private(render(request, "studio/publish.html", context, status=status))


def _draft(form: PublishForm, image: Image) -> Work | None:
    try:
        with transaction.atomic():
            return _drafted(form, image)
    except WordsRefused as error:
        field = FIELDS.get(error.field, error.field)
        form.add_error(field if field in form.fields else None, " ".join(words.problem(error)))
    except GalleryError as error:
        form.add_error(None, " ".join(words.problem(error)))
    return None


def _drafted(form: PublishForm, image: Image) -> Work:
    asked = form.cleaned_data
    work = works.draft(
        form.artist, image, title=asked["title"], title_ko=asked["title_ko"], description=asked["description"],
        description_ko=asked["description_ko"], licence=asked["licence"], price_wei=asked["price"],
        charity=asked["charity"], donation_bps=asked["donation"], royalty_bps=asked["royalty"],
        series=asked["series"], artist_address=asked["artist_address"],
        **{choice: asked[choice] for choice in CHOICES},
    )  # fmt: skip
    wallet = asked["collaborator_address"]
    if wallet and not work.shares.filter(address=wallet.address).exists():
        works.invite(
            work, user=wallet.user, address=wallet.address, bps=asked["collaborator_share"],
            credit=asked["collaborator_credit"],
        )  # fmt: skip
    return work


@signed_in
def work(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """How a work will hang, whom it pays, and the one next step; its collaborators may look too."""
    shown = catalogue.work(work_id)
    user = person(request)
    own = rights.may(user, "edit", shown)
    if not own:
        rights.require(user, "read", shown)
    context = {
        "work": shown,
        "own": own,
        "parts": () if shown.onsite_sale else sales.parts(shown, shown.price_wei),
        "lot": minting.auctions.of(works.token_id(shown)),
        "waiting": [share for share in shown.shares.all() if share.accepted_at is None],
        "mine": [share for share in shown.shares.all() if rights.may(user, "accept", share)],
        "stages": catalogue.way(shown.master),
        "commitments": shown.commitments.select_related("prompt") if own and shown.hides_prompts else (),
        "provenance": catalogue.provenance(shown),
        "chain": catalogue.chain(),
        "handover_wanted": shown.onsite_sale is not None and handover.is_wanted(shown.onsite_sale),
        "still_binding": handover.still_binding(shown) if own else [],
        "wallet_words": wallet_words() | artist_words(),
        **mint_views.about(mints.of_work(shown, user)),
    }
    return private(render(request, "studio/work.html", context))


@require_POST
@artists
def submit(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """draft -> submitted: bytes and words are fixed."""
    return _step(request, work_id, works.submit)


@require_POST
@artists
def open_words(request: HttpRequest, work_id: uuid.UUID, commitment_id: int) -> HttpResponse:
    """Tells everybody the words of a prompt that were kept, and their salt; for good."""
    return _step(
        request, work_id, lambda work: prompts.open_words(get_object_or_404(work.commitments, pk=commitment_id))
    )


@require_POST
@artists
def withdraw(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """Takes the work off the wall, with its terms of sale."""
    return _step(request, work_id, works.withdraw)


@require_POST
@artists
def mint(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """Asks the chain worker to mint a published work without a price to its artist."""
    return _step(request, work_id, works.mint)


def _step(request: HttpRequest, work_id: uuid.UUID, verb: Callable[[Work], object]) -> HttpResponse:
    shown = catalogue.work(work_id)
    rights.require(person(request), "edit", shown)
    try:
        verb(shown)
    except REFUSALS as error:
        messages.error(request, " ".join(words.problem(error)))
    return redirect("studio-work", work_id=work_id)


@require_POST
@artists
def voucher(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """The typed data (EIP-712) that the artist's wallet shows and signs."""
    shown = catalogue.work(work_id)
    rights.require(person(request), "edit", shown)
    try:
        typed = works.voucher_request(shown)
    except REFUSALS as error:
        return problems.of(error)
    return JsonResponse({"address": shown.artist_address, "typed_data": typed}, headers={"Cache-Control": "no-store"})


@require_POST
@artists
def publish(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """submitted -> published: {message, signature} as JSON, or a plain form for a work that is not for sale."""
    shown = catalogue.work(work_id)
    rights.require(person(request), "edit", shown)
    if request.content_type != "application/json":
        return _step(request, work_id, lambda work: works.publish(work, None, None))
    try:
        body = problems.read_json(request)
        message, signature = body.get("message"), body.get("signature")
        works.publish(
            shown, message if isinstance(message, dict) else None, signature if isinstance(signature, str) else None
        )
    except (problems.NotJson, *REFUSALS) as error:
        return problems.of(error)
    return JsonResponse({"next": reverse("work", args=[work_id])})


@require_POST
@signed_in
def accept(request: HttpRequest, share_id: int) -> HttpResponse:
    """A collaborator's own yes to a share."""
    share = get_object_or_404(Share.objects.select_related("work"), pk=share_id)
    user = person(request)
    rights.require(user, "accept", share)
    works.accept(share, user)
    messages.success(request, _("You have accepted your share of “%(title)s”.") % {"title": share.work.title})
    return redirect("account")
