"""Annual statements: a charity's for anybody, since the ledger is open; an artist's for that artist alone."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gallery import catalogue, donations, statement
from gallery.models import Charity, User
from gallery.onsite import currencies
from gallery.onsite import ledger as onsite
from gallery.statement import Entry, Line, Statement
from gallery.templatetags.ninefold import said
from gallery.views.page import person, private, signed_in

FIRST_YEAR = 2022


@require_safe
def charity(request: HttpRequest, slug: str, year: int) -> HttpResponse:
    """What one charity was given in one year; 404 for a year that has not begun."""
    shown = get_object_or_404(Charity, slug=slug)
    lines = [
        Line(
            given.donation.log.block.mined_at, said(given.work, "title") if given.work else _("Token"),
            given.donation.sale.price_wei, given.donation.amount_wei, given.donation.log.transaction_hash,
        )
        for given in donations.of_year(shown, _year(year))
    ]  # fmt: skip
    entries, sums = _on_site(shown, year)
    of = Statement(
        _("Donations received"), said(shown, "name"), donations.addresses_of(shown), year, lines, _chain(), entries,
        sums,
    )  # fmt: skip
    return _answer(of, f"ninefold-{shown.slug}-{year}")


@require_safe
@signed_in
def own(request: HttpRequest, year: int) -> HttpResponse:
    """What the wallets of the person who asks were paid in one year, as artist or collaborator."""
    user: User = person(request)
    addresses = [wallet.address for wallet in user.wallets.order_by("pk")]
    lines = [
        Line(
            payment.log.block.mined_at, said(work, "title") if work else _("Token"), payment.sale.price_wei,
            payment.amount_wei, payment.log.transaction_hash,
        )
        for payment, work in catalogue.payments(addresses, _year(year))
    ]  # fmt: skip
    of = Statement(_("Shares of sales"), said(user, "name"), addresses, year, lines, _chain())
    return private(_answer(of, f"ninefold-shares-{year}"))


def _on_site(shown: Charity, year: int) -> tuple[list[Entry], list[str]]:
    """Promises and payments of sales on site in one year, by time; and their sums, a currency each."""
    sales, payments = onsite.of_year(shown, year)
    sums: dict[str, list[int]] = {}
    entries = []
    for sale in sales:
        sums.setdefault(sale.currency, [0, 0])[0] += sale.promised_minor
        amount = currencies.shown(sale.promised_minor, sale.currency)
        entries.append(Entry(sale.sold_at, said(sale.work, "title"), _("promised"), amount))
    for payment in payments:
        sums.setdefault(payment.currency, [0, 0])[1] += payment.amount_minor
        proof = payment.transaction_hash or f"SHA-256 {payment.document_sha256}"
        amount = currencies.shown(payment.amount_minor, payment.currency)
        entries.append(Entry(payment.paid_at, said(payment.sale.work, "title"), _("paid"), amount, proof))
    told = [
        words.format(amount=currencies.shown(minor, code))
        for code, (promised, paid) in sorted(sums.items())
        for words, minor in ((_("{amount} promised"), promised), (_("{amount} paid"), paid))
    ]
    return sorted(entries, key=lambda entry: entry.at), told


def _year(year: int) -> int:
    if not FIRST_YEAR <= year <= timezone.now().year:
        raise Http404
    return year


def _chain() -> str:
    chain = catalogue.chain()
    if chain is None:
        return _("No contract is deployed on this site's chain yet.")
    return _(
        "Paid by the contracts {contracts} on {chain}, in the transactions named above; times are UTC. Any node of "
        "the chain confirms each line, and verify.py of this site does so without it."
    ).format(contracts=", ".join(chain.sellers), chain=f"{chain.name} ({chain.chain_id})")


def _answer(of: Statement, name: str) -> HttpResponse:
    language = "ko" if (get_language() or "").startswith("ko") else "en"
    response = HttpResponse(statement.pdf(of), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{language}.pdf"'
    return response
