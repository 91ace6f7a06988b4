"""Donations of sales on site: what reached the charity, with proof, beside what was promised.

A payment is in the currency of its sale and never takes what was booked above what was promised: two people who book
the same transfer at once are told apart by the row lock. One transaction or document may pay for several sales. A
booking that was wrong is voided with its reason; a sale that is voided later leaves its payments as they are, for the
charity has the money.
"""

import re
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from gallery.errors import StaleTransition, WordsRefused
from gallery.models import OnSiteEntry, OnSitePayment, OnSiteSale, User
from gallery.onsite import book, currencies
from gallery.onsite.documents import Document

_HASH = re.compile(r"0x[0-9a-f]{64}")


def paid_minor(sale: OnSiteSale) -> int:
    """What was booked for a sale and stands."""
    total: int | None = sale.payments.filter(voided_at=None).aggregate(total=Sum("amount_minor"))["total"]
    return int(total or 0)


def book_payment(
    sale: OnSiteSale, by: User, *, amount_minor: int, paid_at: datetime, transaction_hash: str = "",
    document: Document | None = None,
) -> OnSitePayment:  # fmt: skip
    """A part, or all, of what a standing sale promised; WordsRefused names the field."""
    proof = _proof(transaction_hash, document)
    if paid_at > timezone.now() + book.CLOCKS_DIFFER_BY:
        raise WordsRefused("paid_at", "This time has not come yet.")
    with transaction.atomic():
        locked = OnSiteSale.objects.select_for_update().get(pk=sale.pk)
        if locked.voided_at is not None:
            raise StaleTransition("This sale was voided already.")
        if not 0 < amount_minor <= locked.promised_minor - paid_minor(locked):
            raise WordsRefused("amount", "This is more than is still open of what was promised.")
        payment = OnSitePayment.objects.create(
            sale=locked, amount_minor=amount_minor, currency=locked.currency, paid_at=paid_at, booked_by=by, **proof
        )
        shown, proof_of_it = currencies.shown(amount_minor, locked.currency), next(iter(proof.values()))
        book.write(locked, OnSiteEntry.What.PAYMENT_BOOKED, by, f"{shown}, {proof_of_it}")
    return payment


def void_payment(payment: OnSitePayment, by: User, reason: str) -> None:
    """A booking that was wrong no longer counts; its row stays."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > book.REASON_MAX:
        raise WordsRefused("reason", "Say in at most 200 characters why this booking does not stand.")
    with transaction.atomic():
        rows = OnSitePayment.objects.filter(pk=payment.pk, voided_at=None)
        if rows.update(voided_at=timezone.now(), voided_by=by, void_reason=reason) != 1:
            raise StaleTransition("This booking was voided already.")
        detail = f"{currencies.shown(payment.amount_minor, payment.currency)}: {reason}"
        book.write(payment.sale, OnSiteEntry.What.PAYMENT_VOIDED, by, detail)


def _proof(transaction_hash: str, document: Document | None) -> dict[str, Any]:
    transaction_hash = transaction_hash.strip().lower()
    if bool(transaction_hash) == (document is not None):
        raise WordsRefused("document", "Name a transaction or add a document: one of the two.")
    if document is not None:
        return {
            "document_sha256": document.sha256, "document_mime": document.mime,
            "document_bytes": document.size_bytes,
        }  # fmt: skip
    if not _HASH.fullmatch(transaction_hash):
        raise WordsRefused("transaction_hash", "A transaction hash is 0x and 64 hexadecimal digits.")
    return {"transaction_hash": transaction_hash}
