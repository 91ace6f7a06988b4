"""Sign-in, joining, one's own account."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.views import LoginView, LogoutView
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery import catalogue, problems
from gallery.forms import AccountForm, JoinForm, SignInForm
from gallery.models import User
from gallery.people import sign_in
from gallery.views.page import person, private, signed_in
from gallery.views.public import wallet_words

BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignIn(LoginView):
    """By e-mail and password here; by wallet through the two small endpoints below."""

    template_name = "people/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs) | {"wallet_words": wallet_words()}
        del context["site"]  # Django's own, which would hide that of gallery/context.py
        return context

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response


class SignOut(LogoutView):
    """POST only."""


def join(request: HttpRequest) -> HttpResponse:
    """A new account, signed in at once."""
    if request.user.is_authenticated:
        return redirect("account")
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            user = User.objects.create_user(asked["email"], asked["password"], name=asked["name"])
        except IntegrityError:  # the same address, a moment ago
            form.add_error("email", _("There is an account with this e-mail already. Sign in instead."))
        else:
            login(request, user, backend=BACKEND)
            return redirect(_next(request))
    context = {"form": form, "wallet_words": wallet_words()}
    return render(request, "people/join.html", context, status=422 if request.method == "POST" else 200)


@signed_in
def account(request: HttpRequest) -> HttpResponse:
    """Names, language, wallets, and shares that wait for one's yes."""
    user = person(request)
    names = ("name", "name_ko", "biography", "biography_ko")
    form = AccountForm(request.POST or None, initial={name: getattr(user, name) for name in names})
    if request.method == "POST" and form.is_valid():
        for name in names:
            setattr(user, name, form.cleaned_data[name])
        user.save(update_fields=names)
        messages.success(request, _("Saved."))
        return redirect("account")
    context = {
        "form": form,
        "wallets": list(user.wallets.order_by("pk")),
        "invitations": catalogue.invitations(user),
        "this_year": timezone.now().year,
        "wallet_words": wallet_words(),
    }
    return private(render(request, "people/account.html", context, status=422 if request.method == "POST" else 200))


@require_POST
def wallet_message(request: HttpRequest) -> HttpResponse:
    """{address} -> {text, nonce}: the message that the wallet shall sign, word for word."""
    try:
        address = problems.read_json(request).get("address", "")
        message = sign_in.write_message(
            address, domain=request.get_host(), uri=request.build_absolute_uri(reverse("sign-in"))
        )
    except (problems.NotJson, sign_in.SignInRefused) as error:
        return problems.of(error)
    body = {"text": message.text, "nonce": message.nonce, "address": message.address}
    return JsonResponse(body, headers={"Cache-Control": "no-store"})


@require_POST
def wallet(request: HttpRequest) -> HttpResponse:
    """{nonce, signature} -> {next}: signs in, or links the wallet to the account that is signed in."""
    try:
        body = problems.read_json(request)
        address = sign_in.prove(
            body.get("nonce", ""), body.get("signature", ""), domain=request.get_host(), address=body.get("address")
        )
        if request.user.is_authenticated:
            sign_in.link(person(request), address)
        else:
            login(request, sign_in.account_of(address), backend=BACKEND)
    except (problems.NotJson, sign_in.SignInRefused) as error:
        return problems.of(error)
    return JsonResponse({"address": address, "next": _next(request)}, headers={"Cache-Control": "no-store"})


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else resolve_url("account")
