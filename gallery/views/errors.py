"""What is shown when something is not there, not allowed or broken: a sentence and a next step, never a trace."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from gallery import problems


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: also for what belongs to somebody else."""
    if _wants_json(request):
        return problems.answer(404, "not_found", _("Not found"), _("There is nothing at this address."))
    return render(request, "404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    if _wants_json(request):
        return problems.answer(403, "forbidden", _("Not allowed"), _("This is not open to you."))
    return render(request, "403.html", status=403)


def wrong_method(request: HttpRequest) -> HttpResponse:
    """405: an address that only takes a form was opened as a page."""
    if _wants_json(request):
        return problems.answer(
            405, "wrong_method", _("Not a page"), _("This address takes a form and shows nothing.")
        )
    return render(request, "405.html", status=405)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    if _wants_json(request):
        return problems.answer(400, "bad_request", _("Not understood"), _("The request was not understood."))
    return render(request, "400.html", status=400)


def broken(request: HttpRequest) -> HttpResponse:
    """500: rendered without the database, for it may be what broke."""
    if _wants_json(request):
        return problems.answer(500, "internal", _("Something broke"), _("It was written down. Try again."))
    return render(request, "500.html", {"user": None, "messages": ()}, status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a page that was open for too long, or a form of somebody else's site (CSRF_FAILURE_VIEW)."""
    if _wants_json(request):
        return problems.answer(
            403,
            "csrf",
            _("Not allowed"),
            _("This page has been open for too long. Load it again and repeat the step."),
        )
    return render(request, "403_csrf.html", status=403)


def _wants_json(request: HttpRequest) -> Any:
    return request.content_type == "application/json" or request.get_preferred_type(
        ["text/html", "application/json", "application/problem+json"]
    ) in ("application/json", "application/problem+json")
