"""The donation ledger: a page, a table for spreadsheets, and JSON. All three are the same rows."""

import csv
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery import catalogue, donations
from gallery.onsite import ledger as onsite
from minting import api as minting

COLUMNS = (
    "mined_at", "block", "block_hash", "transaction", "log_index", "token_id", "work", "title", "charity",
    "beneficiary", "amount_wei", "amount_eth", "promised_wei", "price_wei", "buyer",
)  # fmt: skip
ON_SITE_COLUMNS = (
    "sold_at", "work", "title", "exhibition", "charity", "currency", "amount", "donation_bps", "promised",
    "paid", "voided", "proofs",
)  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Promised beside given, by charity and exhibition and over time; then the donations, a hundred a page."""
    before = request.GET.get("before", "")
    try:
        ledger = donations.ledger(before)
    except donations.CursorRefused as error:
        raise BadRequest(str(error)) from error
    context = {"ledger": ledger, "is_first": not before, "chain": catalogue.chain()}
    if not before and (totals := onsite.totals()):
        context |= {"onsite": totals, "onsite_sums": onsite.by_currency(totals), "onsite_rows": onsite.newest()}
        context["onsite_shows"] = onsite.by_exhibition()
    return render(request, "gallery/ledger.html", context)


@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    """RFC 4180; a title that a spreadsheet would run as a formula gets a quote before it."""
    return _table("ninefold-ledger.csv", COLUMNS, (donations.facts(given) for given in donations.every()))


@require_safe
def on_site_csv(request: HttpRequest) -> HttpResponse:
    """The table of sales on site, a file of its own: its amounts are in many currencies and none of them is ether."""
    rows = (onsite.facts(row) for row in onsite.every())
    flat = (
        row
        | {"proofs": " ".join(one["transaction"] or f"sha256:{one['document_sha256']}" for one in row["payments"])}
        for row in rows
    )
    return _table("ninefold-ledger-on-site.csv", ON_SITE_COLUMNS, flat)


def _table(name: str, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(columns)
    for row in rows:
        for words in ("title", "charity"):
            row[words] = f"'{row[words]}" if row[words].startswith(FORMULA_STARTS) else row[words]
        writer.writerow(row[column] for column in columns)
    return response


@require_safe
def as_json(request: HttpRequest) -> HttpResponse:
    """Amounts as strings: they do not fit a JavaScript number."""
    totals = donations.totals()
    body = {
        "chain_id": settings.CHAIN_ID,
        "head": catalogue.head(),
        "total_wei": str(sum(total.wei for total in totals)),
        "promised_wei": str(sum(total.promised_wei for total in totals)),
        "totals": [
            {
                "beneficiary": total.address,
                "charity": total.charity.name if total.charity else None,
                "donations": total.count,
                "amount_wei": str(total.wei),
                "promised_wei": str(total.promised_wei),
                "held_wei": str(total.held_wei),
            }
            for total in totals
        ],
        "donations": [{**donations.facts(given), "provisional": given.provisional} for given in donations.every()],
        "on_site": onsite.document(),
    }
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False, "indent": 1})


@require_safe
def verifier(request: HttpRequest) -> HttpResponseBase:
    """The program that recomputes all of this without us; to be read before it is run, hence shown as text."""
    return FileResponse(minting.verifier_path().open("rb"), content_type="text/plain; charset=utf-8")
