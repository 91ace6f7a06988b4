"""The studio's library: all pictures of an artist, to look through, sort out, put on boards and throw away.

Every page works without scripts; static/js/library.js adds the keys. Lists are paged by cursor, never by number.
"""

import uuid
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from gallery import library, trash, words
from gallery.errors import GalleryError
from gallery.views.page import artists, person, private
from generation import api as generation
from generation.models import STARS_MAX, Board, Image

KINDS = {
    Image.Kind.PAINT: gettext_lazy("painted"),
    Image.Kind.REWORK: gettext_lazy("worked over by a model"),
    Image.Kind.COMPOSE: gettext_lazy("composed of panels"),
    Image.Kind.RETOUCH: gettext_lazy("worked over by hand"),
    Image.Kind.UPLOAD: gettext_lazy("uploaded"),
}
ORDERS = {
    generation.curation.NEWEST: gettext_lazy("newest first"),
    generation.curation.OLDEST: gettext_lazy("oldest first"),
    generation.curation.BEST: gettext_lazy("most stars first"),
}
COLOURS = {
    "red": gettext_lazy("red"),
    "orange": gettext_lazy("orange"),
    "yellow": gettext_lazy("yellow"),
    "green": gettext_lazy("green"),
    "blue": gettext_lazy("blue"),
    "purple": gettext_lazy("purple"),
    "pink": gettext_lazy("pink"),
    "brown": gettext_lazy("brown"),
    "black": gettext_lazy("black"),
    "grey": gettext_lazy("grey"),
    "white": gettext_lazy("white"),
}
SHEET_MAX = 100
LOOKS = {"compare": "studio-compare", "sheet": "studio-sheet"}  # where `change` leads that changes nothing


class FilterForm(forms.Form):
    """What of the library is wanted, as it stands in the address; what makes no sense there is left out."""

    q = forms.CharField(
        label=gettext_lazy("Words of the prompt"), required=False, max_length=200, widget=forms.SearchInput
    )
    order = forms.ChoiceField(label=gettext_lazy("Order"), required=False, choices=list(ORDERS.items()))
    stars = forms.ChoiceField(label=gettext_lazy("Stars"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    board = forms.ChoiceField(label=gettext_lazy("Board"), required=False)
    model = forms.ChoiceField(label=gettext_lazy("Model"), required=False)
    since = forms.DateField(
        label=gettext_lazy("Since"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    colour = forms.ChoiceField(label=gettext_lazy("Colour"), required=False)
    prompt = forms.UUIDField(required=False, widget=forms.HiddenInput)
    like = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def offer(self, boards: list[Board], models: list[str]) -> None:
        """The choices, for showing the form; reading it needs none of them."""
        every = ("", _("all"))
        at_least = [(n, "★" * n) for n in range(1, STARS_MAX + 1)]
        self._choices("stars", [every, *at_least])
        self._choices("colour", [every, *COLOURS.items()])
        self._choices("kind", [every, *KINDS.items()])
        self._choices("board", [every, *((board.pk, board.title) for board in boards)])
        self._choices("model", [every, *((name, name) for name in models)])

    def _choices(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out by it."""
        return any(self.data.get(name) for name in self.fields if name != "order")


def read(request: HttpRequest, *, in_trash: bool = False) -> generation.curation.Filter:
    """The filter in the address."""
    given = request.GET
    known: dict[str, Any] = {}
    stars = given.get("stars", "")
    known["stars"] = min(int(stars), STARS_MAX) if stars.isdecimal() and len(stars) < 3 else 0
    known["kind"] = given.get("kind", "") if given.get("kind", "") in KINDS else ""
    known["order"] = given.get("order", "") if given.get("order", "") in ORDERS else generation.curation.NEWEST
    known["colour"] = given.get("colour", "") if given.get("colour", "") in COLOURS else ""
    known["text"] = given.get("q", "")[:200]
    ids = dict.fromkeys(("board", "prompt", "like"), forms.UUIDField())
    for name, field in (ids | dict.fromkeys(("since", "until"), forms.DateField())).items():
        try:
            known[name] = field.clean(given[name]) if given.get(name) else None
        except forms.ValidationError:
            known[name] = None
    return generation.curation.Filter(model=given.get("model", "")[:200], trash=in_trash, **known)


@require_safe
@artists
def pictures(request: HttpRequest) -> HttpResponse:
    """The library, a page of it."""
    return _shelf(request, read(request))


@require_safe
@artists
def trashed(request: HttpRequest) -> HttpResponse:
    """The trash, latest first."""
    return _shelf(request, generation.curation.Filter(trash=True))


def _shelf(request: HttpRequest, wanted: generation.curation.Filter) -> HttpResponse:
    user = person(request)
    try:
        shelf = library.shelf(user, wanted, request.GET.get("after", ""), request.GET.get("before", ""))
    except generation.curation.BadCursor as error:
        raise BadRequest(str(error)) from error
    form = FilterForm(request.GET)
    form.offer(shelf.boards, shelf.models)
    context = {
        "form": form,
        "shelf": shelf,
        "in_trash": wanted.trash,
        "board": next((board for board in shelf.boards if board.pk == wanted.board), None),
        "stars": range(1, STARS_MAX + 1),
        "undo": request.session.pop("trashed", []) if not wanted.trash else [],
        "request_id": uuid.uuid4(),
        "days": generation.curation.DAYS,
    }
    return private(render(request, "studio/library.html", context))


@require_safe
@artists
def twins(request: HttpRequest) -> HttpResponse:
    """Groups of pictures that look the same, to keep one of each."""
    user = person(request)
    after = picked_ids([request.GET.get("after", "")])
    groups, more = generation.curation.twins(user.pk, after[0] if after else None)
    works = library.works_among([image for group in groups for image in group])
    context = {"groups": groups, "more": more, "shelf": {"works": works}}
    return private(render(request, "studio/twins.html", context))


@require_safe
@artists
def sheet(request: HttpRequest) -> HttpResponse:
    """A contact sheet to look at or print: the pictures that are named, else the first hundred of the filter."""
    user, ids = person(request), picked_ids(request.GET.getlist("image"))[:SHEET_MAX]
    if ids:
        images = library.picked(user, ids)
    else:
        shelf = generation.curation.page(user.pk, read(request), size=SHEET_MAX)
        images = library.picked(user, [image.pk for image in shelf.images])
    return private(render(request, "studio/sheet.html", {"images": images}))


@require_POST
@artists
def change(request: HttpRequest) -> HttpResponseBase:
    """What is done to the picked pictures: `do` says what. Answers a script with 204, a form with its page again."""
    by_script = request.headers.get("Accept") == "application/json"
    if request.POST.get("do") in LOOKS:
        named = urlencode([("image", str(pk)) for pk in picked_ids(request.POST.getlist("image"))])
        return redirect(f"{reverse(LOOKS[request.POST['do']])}?{named}")
    try:
        said = _change(request)
    except generation.NoSuchPicture as error:
        raise Http404 from error
    except (generation.GenerationError, GalleryError) as error:
        problem = " ".join(words.problem(error))
        if by_script:
            return HttpResponse(
                problem, status=getattr(error, "status", 422), content_type="text/plain; charset=utf-8"
            )
        messages.error(request, problem)
    else:
        if by_script:
            request.session.pop("trashed", None)
            return HttpResponse(status=204)
        messages.success(request, said)
    return redirect(_back(request))


def _change(request: HttpRequest) -> str:
    user, given = person(request), request.POST
    ids, do = picked_ids(given.getlist("image")), given.get("do", "")
    if not ids:
        raise generation.InputRefused("none_picked", "No picture is picked.", "Pick one or more, then press again.")
    many = {"n": len(ids)}
    if do == "star":
        stars = given.get("stars", "")
        generation.curation.star(user.pk, ids, int(stars) if stars.isdecimal() and len(stars) < 3 else -1)
        return ngettext("%(n)d picture has its stars.", "%(n)d pictures have their stars.", len(ids)) % many
    if do == "trash":
        moved = trash.drop(user, ids)
        request.session["trashed"] = [str(pk) for pk in moved]
        return ngettext("%(n)d picture is in the trash.", "%(n)d pictures are in the trash.", len(moved)) % {
            "n": len(moved)
        }
    if do == "restore":
        generation.curation.restore(user.pk, ids)
        return ngettext("%(n)d picture is back.", "%(n)d pictures are back.", len(ids)) % many
    if do in ("place", "take_off"):
        return _on_board(user.pk, do, given, ids)
    raise BadRequest(do)


def _on_board(owner_id: uuid.UUID, do: str, given: Any, ids: list[uuid.UUID]) -> str:
    if do == "place" and given.get("new_board", "").strip():
        board_id = generation.curation.create(owner_id, given["new_board"]).pk
    else:
        chosen = picked_ids([given.get("to_board", "")])
        if not chosen:
            raise generation.InputRefused("no_board", "No board is chosen.", "Choose a board, or name a new one.")
        board_id = chosen[0]
    many = {"n": len(ids)}
    if do == "place":
        generation.curation.place(owner_id, board_id, ids)
        return ngettext("%(n)d picture is on the board.", "%(n)d pictures are on the board.", len(ids)) % many
    generation.curation.take_off(owner_id, board_id, ids)
    return ngettext("%(n)d picture is off the board.", "%(n)d pictures are off the board.", len(ids)) % many


@require_POST
@artists
def board(request: HttpRequest, board_id: uuid.UUID) -> HttpResponseBase:
    """Another title for a board, or its end; the pictures stay."""
    user = person(request)
    try:
        if request.POST.get("do") == "delete":
            generation.curation.delete(user.pk, board_id)
            messages.success(request, _("The board is gone; its pictures are still here."))
            return redirect("studio-pictures")
        generation.curation.rename(user.pk, board_id, request.POST.get("title", ""))
    except generation.NoSuchPicture as error:
        raise Http404 from error
    except generation.InputRefused as error:
        messages.error(request, " ".join(words.problem(error)))
    return redirect(f"{reverse('studio-pictures')}?board={board_id}")


def picked_ids(named: list[str]) -> list[uuid.UUID]:
    """The ids among these words, in their order."""
    found: list[uuid.UUID] = []
    for one in named:
        try:
            found.append(uuid.UUID(one))
        except ValueError:
            continue
    return found


def _back(request: HttpRequest) -> str:
    """The page of the studio that the form was on."""
    back = request.POST.get("next", "")
    if back.startswith("/studio/") and url_has_allowed_host_and_scheme(back, None):
        return back
    return reverse("studio-pictures")
