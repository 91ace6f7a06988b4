"""What all pages share: the language in `?lang=`, people who must be signed in, answers to fetches."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation

from gallery import rights
from gallery.models import User

View = Callable[..., HttpResponseBase]
YEAR_SECONDS = 365 * 24 * 3600


def page(view: View) -> View:
    """`?lang=ko` speaks Korean from here on; anything unknown is left alone."""

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        wanted = request.GET.get("lang", "")
        if wanted not in dict(settings.LANGUAGES):
            return view(request, *args, **kwargs)
        translation.activate(wanted)
        request.LANGUAGE_CODE = wanted
        response = view(request, *args, **kwargs)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, wanted, max_age=YEAR_SECONDS, samesite="Lax", httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
        return response

    return respond


def signed_in(view: View) -> View:
    """People without an account are led to the sign-in page and back."""

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("studio"))

    return respond


def artists(view: View) -> View:
    """Artists only; others with an account are told how one becomes an artist."""

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not rights.may(person(request), "paint"):
            return render(request, "studio/closed.html", status=403)
        return view(request, *args, **kwargs)

    return signed_in(respond)


def staff(view: View) -> View:
    """Those who sell on site; for anybody else with an account there is nothing at this address."""

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        rights.require(person(request), "sell_on_site")
        return view(request, *args, **kwargs)

    return signed_in(respond)


def person(request: HttpRequest) -> User:
    """The signed-in person, or the anonymous visitor, typed for rights.py."""
    return cast(User, request.user)


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks, and takes a piece of a page."""
    return request.headers.get("HX-Request") == "true"


def private(response: HttpResponse) -> HttpResponse:
    """Kept by no cache."""
    response.headers["Cache-Control"] = "private, no-store"
    return response
