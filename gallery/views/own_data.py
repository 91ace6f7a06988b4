"""What this site holds of a person: shown, given out, and taken away on their word."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gallery import words
from gallery.errors import GalleryError
from gallery.forms import LeaveForm
from gallery.people import personal_data
from gallery.views.page import person, private, signed_in


@require_safe
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """What is held, what would stay, and the two things that can be done."""
    return _shown(request, LeaveForm(user=person(request)))


@require_safe
@signed_in
def export(request: HttpRequest) -> HttpResponseBase:
    """Everything as a ZIP, sent while it is written."""
    response = StreamingHttpResponse(personal_data.stream(person(request)), content_type="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="ninefold-personal-data.zip"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_POST
@signed_in
def leave(request: HttpRequest) -> HttpResponse:
    """Takes everything away that can be; the person is signed out."""
    user = person(request)
    form = LeaveForm(request.POST, user=user)
    if not form.is_valid():
        return _shown(request, form, 422)
    try:
        personal_data.forget(user)
    except GalleryError as error:
        form.add_error(None, " ".join(words.problem(error)))
        return _shown(request, form, error.status)
    logout(request)
    messages.success(request, _("Your account and what was yours alone are deleted."))
    return redirect("home")


def _shown(request: HttpRequest, form: LeaveForm, status: int = 200) -> HttpResponse:
    user = person(request)
    held = [(personal_data.named(table), len(rows)) for table, rows in personal_data.held(user).items()]
    context = {"form": form, "held": held, "outlook": personal_data.outlook(user)}
    return private(render(request, "people/own_data.html", context, status=status))
