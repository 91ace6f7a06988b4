"""The mint made visible: a fragment that renews itself, JSON, the operators' list, and the buttons of both."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from gallery import catalogue, mints, rights, words
from gallery.errors import GalleryError
from gallery.models import Work
from gallery.views.page import is_fragment, person, private, signed_in
from minting import api as minting


@require_safe
@signed_in
def panel(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """The transactions of a work as a piece of its page in the studio; asks for itself while one is open."""
    work = catalogue.work(work_id)
    rights.require(person(request), "read", work)
    return _fragment(request, work)


@require_safe
def as_json(request: HttpRequest, work_id: uuid.UUID) -> JsonResponse:
    """The same for programs; whoever may read the work may read what the chain shows of it anyway."""
    work = catalogue.work(work_id)
    rights.require(person(request), "read", work)
    return _json(mints.of_work(work, person(request)))


@require_safe
@signed_in
def operators(request: HttpRequest) -> HttpResponse:
    """What is on its way to the chain and what came to a bad end, for operators."""
    rights.require(person(request), "operate")
    template = "operators/_transactions.html" if is_fragment(request) else "operators/transactions.html"
    return private(render(request, template, _list(request)))


@require_safe
@signed_in
def operators_json(request: HttpRequest) -> JsonResponse:
    """The operators' list for programs."""
    rights.require(person(request), "operate")
    return _json(mints.under_way(person(request)))


@require_POST
@signed_in
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Speed up, cancel or try again; back to the page that the button stands on, with the reason of a refusal."""
    passage = minting.passage(pk)
    if verb not in mints.VERBS or passage is None:
        raise Http404
    rights.require(person(request), "read", passage)
    problem = ""
    try:
        mints.act(person(request), verb, passage)
    except (GalleryError, minting.MintingError) as error:
        problem = " ".join(filter(None, words.problem(error)))
    work = _work(request)
    if is_fragment(request):
        return _fragment(request, work, problem) if work else _table(request, problem)
    if problem:
        messages.error(request, problem)
    return redirect("studio-work", work_id=work.id) if work else redirect("operators-transactions")


def _work(request: HttpRequest) -> Work | None:
    """The work whose page the button stands on; none on the operators' page."""
    try:
        work_id = uuid.UUID(request.POST.get("work", ""))
    except ValueError:
        return None
    work = catalogue.work(work_id)
    rights.require(person(request), "read", work)
    return work


def _fragment(request: HttpRequest, work: Work, problem: str = "") -> HttpResponse:
    shown = mints.of_work(work, person(request))
    context = {"work": work, "problem": problem, **about(shown), "seen": request.GET.get("seen", "")}
    return private(render(request, "studio/_passages.html", context))


def about(shown: list[mints.Shown]) -> dict[str, object]:
    """What the panel needs: the passages, whether to ask again, and the states that were shown last."""
    return {
        "passages": shown,
        "is_moving": any(one.passage.is_open for one in shown),
        "state": "-".join(one.passage.status for one in shown),
        "chain": catalogue.chain(),
    }


def _table(request: HttpRequest, problem: str) -> HttpResponse:
    return private(render(request, "operators/_transactions.html", _list(request) | {"problem": problem}))


def _list(request: HttpRequest) -> dict[str, object]:
    return {"shown": mints.under_way(person(request)), "chain": catalogue.chain()}


def _json(shown: list[mints.Shown]) -> JsonResponse:
    return JsonResponse(
        mints.document(shown),
        json_dumps_params={"ensure_ascii": False, "indent": 1},
        headers={"Cache-Control": "private, no-store"},
    )
