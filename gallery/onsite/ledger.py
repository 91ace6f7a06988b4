"""What sales on site promised to charities and what reached them, by currency: for pages, files and statements.

Promised are the donations of sales that stand; paid is what was booked with proof and stands, also of a sale that was
voided after it, for the charity has that money. Amounts of two currencies are never added, and none of them to wei.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import ExtractYear

from gallery.models import Charity, Exhibition, OnSitePayment, OnSiteSale, Work
from gallery.onsite import currencies

ROWS_SHOWN = 100
BATCH = 1000


@dataclass
class Total:
    """One charity in one currency; `years` are those of its promises and payments, newest first."""

    charity_id: int
    slug: str
    name: str
    name_ko: str
    currency: str
    sales: int = 0
    promised_minor: int = 0
    paid_minor: int = 0
    years: list[int] = field(default_factory=list)

    @property
    def open_minor(self) -> int:
        return max(self.promised_minor - self.paid_minor, 0)


@dataclass(frozen=True)
class Row:
    """One sale with the payments of its donation that stand; a voided sale is here for its payments alone."""

    sale: OnSiteSale
    payments: list[OnSitePayment]

    @property
    def promised_minor(self) -> int:
        return 0 if self.sale.voided_at else self.sale.promised_minor

    @property
    def paid_minor(self) -> int:
        return sum(payment.amount_minor for payment in self.payments)

    @property
    def open_minor(self) -> int:
        return max(self.promised_minor - self.paid_minor, 0)


def totals() -> list[Total]:
    """By charity and currency, the most promised first within a currency. Two queries."""
    found: dict[tuple[int, str], Total] = {}
    fields = ("charity_id", "charity__slug", "charity__name", "charity__name_ko", "currency")

    def of(row: dict[str, Any], prefix: str = "") -> Total:
        who = tuple(row[f"{prefix}{name}"] for name in fields)
        total = found.setdefault((who[0], who[-1]), Total(*who))
        total.years = sorted({*total.years, row["year"]}, reverse=True)
        return total

    standing = OnSiteSale.objects.filter(voided_at=None).order_by()
    promises = standing.annotate(year=ExtractYear("sold_at")).values(*fields, "year")
    for row in promises.annotate(n=Count("pk"), minor=Sum("promised_minor")):
        total = of(row)
        total.sales, total.promised_minor = total.sales + row["n"], total.promised_minor + int(row["minor"])
    paid = OnSitePayment.objects.filter(voided_at=None).order_by().annotate(year=ExtractYear("paid_at"))
    for row in paid.values(*(f"sale__{name}" for name in fields), "year").annotate(minor=Sum("amount_minor")):
        of(row, "sale__").paid_minor += int(row["minor"])
    return sorted(found.values(), key=lambda total: (total.currency, -total.promised_minor, total.name))


def by_currency(of: list[Total]) -> list[tuple[str, int, int]]:
    """(currency, promised, paid) of all charities together."""
    sums: dict[str, tuple[int, int]] = {}
    for total in of:
        promised, paid = sums.get(total.currency, (0, 0))
        sums[total.currency] = promised + total.promised_minor, paid + total.paid_minor
    return [(currency, *minor) for currency, minor in sorted(sums.items())]


def by_exhibition() -> list[tuple[Exhibition, str, int, int]]:
    """(exhibition, currency, promised, paid) of sales that name one, the newest exhibition first. Three queries."""
    found: dict[tuple[int, str], list[int]] = {}
    sales = OnSiteSale.objects.filter(voided_at=None, exhibition__isnull=False).order_by()
    for row in sales.values("exhibition_id", "currency").annotate(minor=Sum("promised_minor")):
        found[row["exhibition_id"], row["currency"]] = [int(row["minor"]), 0]
    paid = OnSitePayment.objects.filter(voided_at=None, sale__exhibition__isnull=False).order_by()
    for was in paid.values("sale__exhibition_id", "currency").annotate(minor=Sum("amount_minor")):
        found.setdefault((was["sale__exhibition_id"], was["currency"]), [0, 0])[1] = int(was["minor"])
    shows = Exhibition.objects.filter(pk__in={pk for pk, _ in found}).order_by("-opens_at")
    return [
        (show, code, promised, paid_minor)
        for show in shows
        for (pk, code), (promised, paid_minor) in sorted(found.items())
        if pk == show.pk
    ]


def newest() -> list[Row]:
    """The newest hundred. Two queries."""
    return [_row(sale) for sale in _told()[:ROWS_SHOWN]]


def every() -> Iterator[Row]:
    """All of them, newest first, in batches."""
    return (_row(sale) for sale in _told().iterator(chunk_size=BATCH))


def of_year(charity: Charity, year: int) -> tuple[list[OnSiteSale], list[OnSitePayment]]:
    """(what was promised to a charity in a year, what was paid to it in that year), in UTC, oldest first."""
    sales = OnSiteSale.objects.filter(charity=charity, voided_at=None, sold_at__year=year, promised_minor__gt=0)
    payments = OnSitePayment.objects.filter(sale__charity=charity, voided_at=None, paid_at__year=year)
    return (
        list(sales.select_related("work").order_by("sold_at", "pk")),
        list(payments.select_related("sale__work").order_by("paid_at", "pk")),
    )


def facts(row: Row) -> dict[str, Any]:
    """One sale for files: amounts in smallest units and as people write them; who bought is in no file."""
    sale, code = row.sale, row.sale.currency
    is_shown = sale.work.status == Work.Status.PUBLISHED
    return {
        "sold_at": sale.sold_at.isoformat(),
        "work": f"{settings.SITE_URL}/works/{sale.work.id}/" if is_shown else "",
        "title": sale.work.title if is_shown else "",
        "exhibition": sale.exhibition.slug if sale.exhibition else "",
        "charity": sale.charity_name,
        "currency": code,
        "amount_minor": sale.amount_minor,
        "amount": currencies.plain(sale.amount_minor, code),
        "donation_bps": sale.donation_bps,
        "promised_minor": row.promised_minor,
        "promised": currencies.plain(row.promised_minor, code),
        "paid_minor": row.paid_minor,
        "paid": currencies.plain(row.paid_minor, code),
        "voided": sale.voided_at is not None,
        "payments": [
            {
                "paid_at": payment.paid_at.isoformat(), "amount_minor": payment.amount_minor,
                "transaction": payment.transaction_hash or None,
                "document_sha256": payment.document_sha256 or None,
            }
            for payment in row.payments
        ],
    }  # fmt: skip


def document() -> dict[str, Any]:
    """What /ledger.json says under "on_site"."""
    return {
        "totals": [
            {
                "charity": total.name, "currency": total.currency,
                "minor_digits": currencies.MINOR_DIGITS[total.currency], "sales": total.sales,
                "promised_minor": total.promised_minor, "paid_minor": total.paid_minor,
            }
            for total in totals()
        ],
        "sales": [facts(row) for row in every()],
    }  # fmt: skip


def _told() -> "QuerySet[OnSiteSale]":
    standing = OnSitePayment.objects.filter(voided_at=None)
    rows = OnSiteSale.objects.filter(Q(voided_at=None) | Exists(standing.filter(sale=OuterRef("pk"))))
    return rows.select_related("work", "charity", "exhibition").prefetch_related(
        Prefetch("payments", standing, to_attr="standing_payments")
    )


def _row(sale: OnSiteSale) -> Row:
    return Row(sale, sale.standing_payments)  # type: ignore[attr-defined]
