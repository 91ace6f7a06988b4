"""Sums over the projections of sales, for whoever shows them: what was promised, what the contracts still hold.

A promise is what the artist or owner signed: floor(price * donationBps / 10,000) of each sale, to the beneficiary
named there. Only terms that are kept here count; the chain's own arithmetic is checked by minting/indexer/verify.py.
Ether alone, in wei, as integers: sums of one currency say nothing about another. Asks no node.
"""

from collections.abc import Iterable

from django.db import connection
from django.db.models import Sum

from minting.chains import Chain
from minting.models import Credit, Sale, Terms, Voucher
from minting.units import BPS_WHOLE, ETHER_CURRENCY

_PROMISED = """
    WITH signed AS (
        SELECT voucher_hash AS hash, payload ->> 'beneficiary' AS beneficiary, (payload ->> 'donationBps')::int AS bps
        FROM minting_voucher
        UNION ALL SELECT hash, beneficiary, donation_bps FROM minting_terms
    )
    SELECT signed.beneficiary, SUM(DIV(sale.price_wei * signed.bps, %s))
    FROM minting_sale sale JOIN signed ON signed.hash = sale.voucher_hash
    WHERE sale.chain_id = %s AND sale.contract = ANY(%s) AND sale.currency = %s GROUP BY 1
"""


def promised_by_beneficiary(chain: Chain) -> dict[str, int]:
    """Wei that the signed terms of all sales give to each address, where that is more than nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_PROMISED, [BPS_WHOLE, chain.chain_id, list(chain.sellers), ETHER_CURRENCY])
        return {beneficiary: int(wei) for beneficiary, wei in cursor.fetchall() if wei}


def promised(sales: Iterable[Sale]) -> dict[int, int]:
    """What the signed terms give to charity, by primary key of the sale; one whose terms are not kept is left out."""
    sales = list(sales)
    hashes = {sale.voucher_hash for sale in sales}
    bps = {
        row.voucher_hash: int(row.payload["donationBps"]) for row in Voucher.objects.filter(voucher_hash__in=hashes)
    }
    bps |= dict(Terms.objects.filter(hash__in=hashes - bps.keys()).values_list("hash", "donation_bps"))
    return {
        sale.pk: sale.price_wei * bps[sale.voucher_hash] // BPS_WHOLE for sale in sales if sale.voucher_hash in bps
    }


def held_by_account(chain: Chain, accounts: Iterable[str]) -> dict[str, int]:
    """Wei that our contracts hold for each of these accounts because a payment was refused; nobody else is in it."""
    held: dict[str, int] = {}
    for (account, _, currency), amount in held_by_contract(chain, accounts).items():
        if currency == ETHER_CURRENCY:
            held[account] = held.get(account, 0) + amount
    return held


def held_by_contract(chain: Chain, accounts: Iterable[str]) -> dict[tuple[str, str, str], int]:
    """What is held for these accounts, by (account, contract, currency), where that is more than nothing."""
    rows = Credit.objects.filter(
        log__block__chain_id=chain.chain_id, log__address__in=chain.sellers, account__in=list(accounts)
    )
    held: dict[tuple[str, str, str], int] = {}
    for row in rows.values("account", "log__address", "currency", "paid_out").annotate(sum=Sum("amount_wei")):
        where = row["account"], row["log__address"], row["currency"]
        held[where] = held.get(where, 0) + (-1 if row["paid_out"] else 1) * int(row["sum"])
    return {where: amount for where, amount in held.items() if amount}
