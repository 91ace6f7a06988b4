"""The donation ledger: a page, a table for spreadsheets, and JSON. All three are the same rows."""

import csv

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gallery import catalogue, donations
from minting import api as minting

COLUMNS = (
    "mined_at", "block", "block_hash", "transaction", "log_index", "token_id", "work", "title", "charity",
    "beneficiary", "amount_wei", "amount_eth", "promised_wei", "price_wei", "buyer",
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
    return render(
        request, "gallery/ledger.html", {"ledger": ledger, "is_first": not before, "chain": catalogue.chain()}
    )


@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    """RFC 4180; a title that a spreadsheet would run as a formula gets a quote before it."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="ninefold-ledger.csv"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for given in donations.every():
        row = donations.facts(given)
        row["title"] = f"'{row['title']}" if row["title"].startswith(FORMULA_STARTS) else row["title"]
        writer.writerow(row[column] for column in COLUMNS)
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
    }
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False, "indent": 1})


@require_safe
def verifier(request: HttpRequest) -> HttpResponseBase:
    """The program that recomputes all of this without us; to be read before it is run, hence shown as text."""
    return FileResponse(minting.verifier_path().open("rb"), content_type="text/plain; charset=utf-8")
