"""The counter: staff record sales on site, print labels and slips, and book what charities were paid."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gallery import catalogue, sales, words, works
from gallery.errors import GalleryError, WordsRefused
from gallery.models import OnSiteEntry, OnSitePayment, OnSiteSale, Work
from gallery.onsite import book, claims, documents, handover, labels, payments
from gallery.onsite.forms import PaymentForm, ReasonForm, RecordForm
from gallery.views.page import person, private, staff
from minting import api as minting

SALES_SHOWN, WORKS_SHOWN = 200, 100


@require_safe
@staff
def counter(request: HttpRequest) -> HttpResponse:
    """The book, newest first, and what hangs and can still be sold; `?q=` looks for a title or a receipt."""
    asked = " ".join(request.GET.get("q", "").split())[:80]
    hung: QuerySet[Work] = catalogue.on_walls().order_by("-published_at", "-number")
    rows = OnSiteSale.objects.select_related("work__artist", "charity", "handover")
    if asked:
        hung = hung.filter(title__icontains=asked) | hung.filter(title_ko__icontains=asked)
        rows = rows.filter(receipt_number__icontains=asked) | rows.filter(work__title__icontains=asked)
    standing = OnSitePayment.objects.filter(voided_at=None)
    found = rows.prefetch_related(Prefetch("payments", standing, to_attr="standing_payments"))[:SALES_SHOWN]
    context = {
        "asked": asked,
        "rows": [(sale, sum(one.amount_minor for one in sale.standing_payments)) for sale in found],
        "cards": catalogue.shown(hung[:WORKS_SHOWN]),
    }
    return private(render(request, "operators/sales.html", context))


@staff
def record(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """The form of one sale; a work that is sold leads to its sale."""
    work = catalogue.work(work_id)
    if work.status != Work.Status.PUBLISHED:
        raise Http404
    if work.onsite_sale is not None:
        return redirect("operators-sale", pk=work.onsite_sale.pk)
    form = RecordForm(request.POST or None, work=work)
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in ("currency", "receipt_number", "sold_at", "exhibition")}
        try:
            sale = book.record(work, person(request), amount_minor=form.cleaned_data["amount_minor"], **asked)
        except GalleryError as error:
            _tell(form, error)
        else:
            messages.success(request, _("Recorded. The work can no longer be bought on the chain here."))
            return redirect("operators-sale", pk=sale.pk)
    context = {"form": form, "work": work, "standing": sales.standing(work)}
    return private(render(request, "operators/sell.html", context, status=422 if request.method == "POST" else 200))


@require_safe
@staff
def sale(request: HttpRequest, pk: int) -> HttpResponse:
    """One sale: the money, the token's way to the buyer, the journal."""
    shown = _sale(pk)
    return _sale_page(request, shown, PaymentForm(currency=shown.currency))


@require_POST
@staff
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """The sale does not stand; its work is free again."""
    shown, form = _sale(pk), ReasonForm(request.POST)
    try:
        book.void(shown, person(request), form.data.get("reason", ""))
    except GalleryError as error:
        messages.error(request, " ".join(words.problem(error)))
    else:
        messages.success(request, _("Voided. The artist may offer the work anew."))
    return redirect("operators-sale", pk=pk)


@require_POST
@staff
def slip(request: HttpRequest, pk: int) -> HttpResponse:
    """A new claim code, on the one page that ever shows it, with the label; the earlier code opens nothing."""
    shown = _sale(pk)
    try:
        code = claims.issue(shown, person(request))
    except GalleryError as error:
        messages.error(request, " ".join(words.problem(error)))
        return redirect("operators-sale", pk=pk)
    context = {
        "sale": shown,
        "code": code,
        "claim_qr": labels.qr(labels.claim_url(code)),
        "claim_url": labels.claim_url(),
        **_label(catalogue.work(shown.work.id)),
    }
    return private(render(request, "operators/slip.html", context))


@require_safe
@staff
def label(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """A wall label, A6, in both languages."""
    work = catalogue.work(work_id)
    if work.status != Work.Status.PUBLISHED:
        raise Http404
    return private(render(request, "operators/label.html", _label(work)))


@require_POST
@staff
def pay(request: HttpRequest, pk: int) -> HttpResponse:
    """Books a payment of the donation."""
    shown = _sale(pk)
    form = PaymentForm(request.POST, request.FILES, currency=shown.currency)
    if form.is_valid():
        asked = form.cleaned_data
        try:
            payments.book_payment(
                shown, person(request), amount_minor=asked["amount"], paid_at=asked["paid_at"],
                transaction_hash=asked["transaction_hash"],
                document=documents.keep(asked["document"]) if asked["document"] else None,
            )  # fmt: skip
        except GalleryError as error:
            _tell(form, error)
        else:
            messages.success(request, _("Booked."))
            return redirect("operators-sale", pk=pk)
    return _sale_page(request, shown, form, status=422)


@require_POST
@staff
def void_payment(request: HttpRequest, pk: int) -> HttpResponse:
    """A booking that was wrong."""
    payment = get_object_or_404(OnSitePayment.objects.select_related("sale"), pk=pk)
    try:
        payments.void_payment(payment, person(request), request.POST.get("reason", ""))
    except GalleryError as error:
        messages.error(request, " ".join(words.problem(error)))
    return redirect("operators-sale", pk=payment.sale_id)


@require_safe
@staff
def document(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The proof of a payment, as it was uploaded; always a download, never shown by the browser within this site."""
    payment = get_object_or_404(OnSitePayment.objects.exclude(document_sha256=""), pk=pk)
    path = documents.path_of(payment.document_sha256)
    if not path.is_file():
        raise Http404
    name = f"ninefold-{payment.document_sha256[:12]}{documents.SUFFIXES[payment.document_mime]}"
    response = FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=payment.document_mime)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _sale(pk: int) -> OnSiteSale:
    related = ("work__artist", "charity", "exhibition", "recorded_by", "handover", "voided_by")
    return get_object_or_404(OnSiteSale.objects.select_related(*related), pk=pk)


def _sale_page(request: HttpRequest, shown: OnSiteSale, form: PaymentForm, status: int = 200) -> HttpResponse:
    token_id = works.token_id(shown.work)
    token, born = minting.token(token_id), minting.sale_of(token_id)
    paid = payments.paid_minor(shown)
    context: dict[str, Any] = {
        "sale": shown,
        "token": token,
        "is_handed_over": token is not None and shown.reached_buyer(born),
        "went_astray": token is not None and shown.was_handed_over(born) and not shown.reached_buyer(born),
        "is_unsigned": handover.is_wanted(shown),
        "payments": shown.payments.select_related("booked_by", "voided_by"),
        "paid_minor": paid,
        "open_minor": 0 if shown.voided_at else max(shown.promised_minor - paid, 0),
        "entries": OnSiteEntry.objects.filter(sale=shown).select_related("by"),
        "form": form,
        "reason_form": ReasonForm(),
        "chain": catalogue.chain(),
    }
    return private(render(request, "operators/sale.html", context, status=status))


def _label(work: Work) -> dict[str, Any]:
    return {
        "work": work,
        "standing": sales.standing(work),
        "made_in": work.master.created_at.year,
        "work_qr": labels.qr(labels.work_url(work)),
        "work_url": labels.work_url(work),
    }


def _tell(form: Any, error: GalleryError) -> None:
    sentence = " ".join(filter(None, words.problem(error)))
    field = error.field if isinstance(error, WordsRefused) and error.field in form.fields else None
    form.add_error(field, sentence)
