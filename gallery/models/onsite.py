"""Sales on site: the work that left for cash or by card, the donation it promised, and what of that was paid."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from gallery.models.charity import Charity
from gallery.models.exhibition import Exhibition
from gallery.models.people import User
from gallery.models.work import Work
from minting.models import Sale, Voucher

_NOT_VOIDED = Q(voided_at__isnull=True, voided_by__isnull=True, void_reason="")
_VOIDED = Q(voided_at__isnull=False, voided_by__isnull=False) & ~Q(void_reason="")


class OnSiteSale(models.Model):
    """One work sold at the counter; `Work.onsite_sale` points here while the sale stands.

    Rows are never deleted: what was wrong is voided, with its reason. Every edge is in gallery/onsite and writes an
    OnSiteEntry. Amounts are integers of the currency's smallest unit (gallery/onsite/currencies.py); nothing here is
    ever added to wei. Who bought is not stored: the receipt's number leads there.
    """

    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="onsite_sales")
    exhibition = models.ForeignKey(Exhibition, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sold_at = models.DateTimeField()
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)  # ISO 4217
    receipt_number = models.CharField(max_length=40)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    donation_bps = models.PositiveSmallIntegerField()
    promised_minor = models.PositiveBigIntegerField()  # the donation; what is left of the amount is the seller's
    charity = models.ForeignKey(Charity, on_delete=models.PROTECT, related_name="onsite_sales")
    charity_name = models.CharField(max_length=120)  # as it was called then
    charity_name_ko = models.CharField(max_length=120, blank=True)
    handover = models.OneToOneField(
        Voucher, null=True, blank=True, on_delete=models.PROTECT, related_name="onsite_sale"
    )
    claim_salt = models.BinaryField(max_length=16, null=True)
    claim_sha256 = models.BinaryField(max_length=32, null=True)  # of salt and code; the code itself is on paper alone
    claim_issued_at = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=42, blank=True)  # the first wallet that used the code
    claimed_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-sold_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["work"], condition=Q(voided_at__isnull=True), name="onsite_one_standing_per_work"
            ),
            models.UniqueConstraint(
                Upper("receipt_number"), condition=Q(voided_at__isnull=True), name="onsite_receipt_once"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=1), name="onsite_amount_is_something"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="onsite_currency_is_a_code"),
            models.CheckConstraint(condition=Q(donation_bps__lte=9_999), name="onsite_donation_is_a_share"),
            models.CheckConstraint(
                condition=Q(promised_minor__lte=F("amount_minor")), name="onsite_promise_fits_the_amount"
            ),
            models.CheckConstraint(
                condition=Q(claimed_by="", claimed_at__isnull=True)
                | (~Q(claimed_by="") & Q(claimed_at__isnull=False, claim_sha256__isnull=False)),
                name="onsite_claimed_with_a_code",
            ),
            models.CheckConstraint(
                condition=Q(claim_salt__isnull=True, claim_sha256__isnull=True, claim_issued_at__isnull=True)
                | Q(claim_salt__isnull=False, claim_sha256__isnull=False, claim_issued_at__isnull=False),
                name="onsite_code_is_whole",
            ),
            models.CheckConstraint(condition=_NOT_VOIDED | _VOIDED, name="onsite_voided_with_reason"),
        ]

    def __str__(self) -> str:
        return self.receipt_number

    @property
    def proceeds_minor(self) -> int:
        """What the donation leaves of the amount, the remainder of rounding included."""
        return self.amount_minor - self.promised_minor

    def was_handed_over(self, born: Sale | None) -> bool:
        """Whether the token's first sale, `born`, is this sale's own voucher; if another, the chain was faster."""
        return self.handover is not None and born is not None and born.voucher_hash == self.handover.voucher_hash

    def reached_buyer(self, born: Sale | None) -> bool:
        """Whether the voucher was used for the wallet that brought the code; it binds no recipient by itself."""
        return born is not None and self.was_handed_over(born) and born.recipient == self.claimed_by


class OnSitePayment(models.Model):
    """A part of a promised donation that reached the charity, with its proof: a transaction, or a document."""

    sale = models.ForeignKey(OnSiteSale, on_delete=models.PROTECT, related_name="payments")
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)  # the sale's
    paid_at = models.DateTimeField()
    transaction_hash = models.CharField(max_length=66, blank=True)
    document_sha256 = models.CharField(max_length=64, blank=True)
    document_mime = models.CharField(max_length=40, blank=True)
    document_bytes = models.PositiveIntegerField(null=True)
    booked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    booked_at = models.DateTimeField(auto_now_add=True)
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["paid_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gte=1), name="onsite_payment_is_something"),
            models.CheckConstraint(
                condition=(~Q(transaction_hash="") & Q(document_sha256="", document_mime="", document_bytes=None))
                | (Q(transaction_hash="", document_bytes__gte=1) & ~Q(document_sha256="") & ~Q(document_mime="")),
                name="onsite_payment_has_one_proof",
            ),
            models.CheckConstraint(condition=_NOT_VOIDED | _VOIDED, name="onsite_payment_voided_with_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency}"


class OnSiteEntry(models.Model):
    """One line of the journal: what was done with a sale, when, by whom. Written with the change, never changed."""

    class What(models.TextChoices):
        RECORDED = "recorded", _("recorded")
        HANDOVER_SIGNED = "handover_signed", _("handover signed by the artist")
        CODE_ISSUED = "code_issued", _("claim code issued")
        CODE_USED = "code_used", _("claim code used")
        PAYMENT_BOOKED = "payment_booked", _("payment booked")
        PAYMENT_VOIDED = "payment_voided", _("payment voided")
        VOIDED = "voided", _("voided")

    sale = models.ForeignKey(OnSiteSale, on_delete=models.PROTECT, related_name="entries")
    what = models.CharField(max_length=20, choices=What)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")  # null: whoever had the code
    detail = models.CharField(max_length=240, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.what} {self.detail}"


class ClaimTry(models.Model):
    """How often one network address tried codes within one span of time; the address is kept as a keyed hash."""

    visitor = models.CharField(max_length=64)
    since = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visitor", "since"], name="claim_try_once_per_span")]

    def __str__(self) -> str:
        return f"{self.tries} since {self.since}"
