"""Sums over the projections of sales, for whoever shows them: what was promised, what the contract still holds.

A promise is what the artist signed: floor(price * donationBps / 10,000) of each sale, to the voucher's beneficiary.
Only vouchers that are kept here count; the chain's own arithmetic is checked by minting/indexer/verify.py. All of it
in wei, as integers. Asks no node.
"""

from collections.abc import Iterable

from django.db import connection
from django.db.models import Sum

from minting.chains import Chain
from minting.models import Credit, Sale, Voucher
from minting.units import BPS_WHOLE

_PROMISED = """
    SELECT voucher.payload ->> 'beneficiary',
           SUM(DIV(sale.price_wei * (voucher.payload ->> 'donationBps')::int, %s))
    FROM minting_sale sale JOIN minting_voucher voucher ON voucher.voucher_hash = sale.voucher_hash
    WHERE sale.chain_id = %s AND sale.contract = %s GROUP BY 1
"""


def promised_by_beneficiary(chain: Chain) -> dict[str, int]:
    """Wei that the signed terms of all sales give to each address, where that is more than nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_PROMISED, [BPS_WHOLE, chain.chain_id, chain.market])
        return {beneficiary: int(wei) for beneficiary, wei in cursor.fetchall() if wei}


def promised(sales: Iterable[Sale]) -> dict[str, int]:
    """Wei that the signed terms give to charity, by voucher hash; a sale without a voucher here is left out."""
    prices = {sale.voucher_hash: sale.price_wei for sale in sales}
    rows = Voucher.objects.filter(voucher_hash__in=prices)
    return {row.voucher_hash: prices[row.voucher_hash] * int(row.payload["donationBps"]) // BPS_WHOLE for row in rows}


def held_by_account(chain: Chain, accounts: Iterable[str]) -> dict[str, int]:
    """Wei that the market holds for each of these accounts because it refused a payment; nothing where it is none."""
    rows = Credit.objects.filter(
        log__block__chain_id=chain.chain_id, log__address=chain.market, account__in=list(accounts)
    )
    held: dict[str, int] = {}
    for row in rows.values("account", "paid_out").annotate(wei=Sum("amount_wei")):
        held[row["account"]] = held.get(row["account"], 0) + (-1 if row["paid_out"] else 1) * int(row["wei"])
    return {account: wei for account, wei in held.items() if wei}
