"""The ledger once more, from the chain alone: every sale, payment and donation, and what each must have been.

Whoever has a node can recompute it: the logs of market, auctions and offers since they were deployed, the full
receipts of those transactions, and the terms in the call's data, whose hash the sale names. `ledger` compares that
with the arithmetic and with our rows, and names each difference. Sums are by currency. Writes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from eth_typing import HexStr
from web3 import Web3

from minting.chains import Chain
from minting.contract import kinds, reader
from minting.contract.reader import reaching
from minting.indexer import logs
from minting.models import Donation, Log, Payment, Sale
from minting.units import ETHER_CURRENCY, SharesDoNotAddUp, split_wei

SPAN = 10_000
_MONEY = ("Sold", "Paid", "Donated")
_NOTHING = "nothing"


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it must be: `what` is sale, payment, donation or terms."""

    what: str
    transaction_hash: str
    token_id: int | None
    database: str
    chain: str

    def __str__(self) -> str:
        token = "" if self.token_id is None else f", token {self.token_id}"
        return (
            f"{self.what} in transaction {self.transaction_hash}{token}: "
            f"the database says {self.database}, the chain says {self.chain}"
        )


@dataclass
class Ledger:
    """What was found: donated in ether by beneficiary as chain and as database say, and where the two part."""

    head: int
    sales: int = 0
    hidden_terms: int = 0  # purchases whose calldata does not show the terms; their sums are checked all the same
    on_chain_wei: Counter[str] = field(default_factory=Counter)
    in_database_wei: Counter[str] = field(default_factory=Counter)
    in_coins: Counter[tuple[str, str]] = field(
        default_factory=Counter
    )  # by ERC-20 and beneficiary, as the chain says
    differences: list[Difference] = field(default_factory=list)


def ledger(chain: Chain, w3: Web3 | None = None) -> list[Difference]:
    """The differences alone; none means that the ledger agrees."""
    return recompute(chain, w3 or reader.connect(chain)).differences


def recompute(chain: Chain, w3: Web3, only: str = "") -> Ledger:
    """The whole comparison, up to the head of the chain; of one transaction alone, when its hash is given."""
    with reaching():
        found = Ledger(head=int(w3.eth.block_number))
    ours = {hashed: rows for hashed, rows in _rows(chain).items() if only in ("", hashed)}
    # The hashes that we know of are asked for too: a filter that leaves a log out does not make a sale vanish.
    theirs: dict[str, list[Log]] = {}
    sellers = set(chain.sellers)
    for hashed in {*([only] if only else _hashes(chain, w3, found.head)), *ours}:
        receipt = reader.receipt(w3, hashed)
        said = logs.of_receipt(chain, receipt, sellers) if receipt else []
        theirs[hashed] = [log for log in said if log.event in _MONEY]
    for hashed in sorted({*ours, *theirs}):
        on_chain = theirs.get(hashed, [])
        for log in on_chain:
            if log.event == "Donated" and log.args["currency"] == ETHER_CURRENCY:
                found.on_chain_wei[log.args["beneficiary"]] += int(log.args["amount"])
            elif log.event == "Donated":
                found.in_coins[log.args["currency"], log.args["beneficiary"]] += int(log.args["amount"])
        found.differences += _compare(hashed, ours.get(hashed, []), [_of_log(log) for log in on_chain])
        found.differences += _arithmetic(chain, w3, hashed, on_chain, found)
    for donation in _here(Donation.objects, chain).filter(sale__currency=ETHER_CURRENCY):
        found.in_database_wei[donation.beneficiary] += donation.amount_wei
    return found


@dataclass(frozen=True)
class _Entry:
    """A row or a log of money, to be compared. `where` is its place in the transaction's block."""

    what: str
    where: int
    token_id: int | None
    says: str


def _here(rows: Any, chain: Chain) -> Any:
    """Sale, payment or donation rows of our contracts."""
    sale = "" if rows.model is Sale else "sale__"
    return rows.filter(**{f"{sale}chain_id": chain.chain_id, f"{sale}contract__in": chain.sellers})


def _rows(chain: Chain) -> dict[str, list[_Entry]]:
    found: dict[str, list[_Entry]] = defaultdict(list)

    def add(what: str, log: Log, token_id: int, says: str) -> None:
        found[log.transaction_hash].append(_Entry(what, log.log_index, token_id, f"{says}, in block {log.block_id}"))

    for sale in _here(Sale.objects, chain).select_related("log"):
        add(
            "sale",
            sale.log,
            sale.token_id,
            _sold(
                sale.collection, sale.token_id, _money(sale.price_wei, sale.currency), sale.buyer, sale.recipient,
                sale.contract, sale.sale_id, sale.voucher_hash,
            ),
        )  # fmt: skip
    for payment in _here(Payment.objects, chain).select_related("log", "sale"):
        says = _paid(payment.amount_wei, payment.account, payment.sale.contract, payment.sale.sale_id)
        add("payment", payment.log, payment.sale.token_id, says)
    for donation in _here(Donation.objects, chain).select_related("log", "sale"):
        sale = donation.sale
        money = _money(donation.amount_wei, sale.currency)
        says = _donated(donation.token_id, money, donation.beneficiary, sale.contract, sale.sale_id)
        add("donation", donation.log, donation.token_id, says)
    return dict(found)


def _of_log(log: Log) -> _Entry:
    args = log.args
    sale_id = int(args["saleId"])
    token_id = int(args["tokenId"]) if "tokenId" in args else None
    match log.event:
        case "Sold":
            what = "sale"
            says = _sold(
                args["collection"], int(args["tokenId"]), _money(int(args["price"]), args["currency"]), args["buyer"],
                args["recipient"], log.address, sale_id, args["voucherHash"],
            )  # fmt: skip
        case "Paid":
            what, says = "payment", _paid(int(args["amount"]), args["account"], log.address, sale_id)
        case _:
            what, money = "donation", _money(int(args["amount"]), args["currency"])
            says = _donated(int(args["tokenId"]), money, args["beneficiary"], log.address, sale_id)
    return _Entry(what, log.log_index, token_id, f"{says}, in block {log.block_id}")


def _money(amount: int, currency: str) -> str:
    return f"{amount} wei" if currency == ETHER_CURRENCY else f"{amount} units of {currency}"


def _sold(
    collection: str, token_id: int, money: str, buyer: str, recipient: str, contract: str, sale_id: int, terms: str
) -> str:
    return (
        f"token {token_id} of {collection} sold for {money} to {buyer} for {recipient}, sale {sale_id:#x} at "
        f"{contract}, terms {terms}"
    )


def _paid(amount: int, account: str, contract: str, sale_id: int) -> str:
    return f"{amount} wei to {account}, sale {sale_id:#x} at {contract}"


def _donated(token_id: int, money: str, beneficiary: str, contract: str, sale_id: int) -> str:
    return f"{money} to {beneficiary} for token {token_id}, sale {sale_id:#x} at {contract}"


def _compare(hashed: str, ours: Iterable[_Entry], theirs: Iterable[_Entry]) -> Iterator[Difference]:
    database = {(entry.what, entry.where): entry for entry in ours}
    on_chain = {(entry.what, entry.where): entry for entry in theirs}
    for place in sorted({*database, *on_chain}):
        mine, real = database.get(place), on_chain.get(place)
        if mine and real and mine.says == real.says:
            continue
        token_id = next((entry.token_id for entry in (real, mine) if entry and entry.token_id is not None), None)
        yield Difference(place[0], hashed, token_id, mine.says if mine else _NOTHING, real.says if real else _NOTHING)


def _hashes(chain: Chain, w3: Web3, head: int) -> Iterator[str]:
    for first in range(chain.deploy_block, head + 1, SPAN):
        found = logs.transactions_between(chain, w3, first, min(first + SPAN - 1, head), chain.sellers)
        for hashes in found.values():
            yield from hashes


def _arithmetic(chain: Chain, w3: Web3, hashed: str, entries: list[Log], found: Ledger) -> Iterator[Difference]:
    """Each sale against its own terms: the donation is floor(price * bps / 10,000), the parts make up the price."""
    sales = [log for log in entries if log.event == "Sold"]
    if not sales:
        return
    with reaching():
        data = bytes(w3.eth.get_transaction(cast(HexStr, hashed))["input"])
    terms = {kind.hash(chain, payload): kinds.agreed(kind, payload) for kind, payload in kinds.in_call(data)}
    for sale in sales:
        found.sales += 1
        same = [log for log in entries if log.address == sale.address and log.args["saleId"] == sale.args["saleId"]]
        donated = sum(int(log.args["amount"]) for log in same if log.event == "Donated")
        paid = [(log.args["account"], int(log.args["amount"])) for log in same if log.event == "Paid"]
        price_wei, token_id = int(sale.args["price"]), int(sale.args["tokenId"])
        if donated + sum(amount for _, amount in paid) != price_wei:
            said = f"{donated} wei donated and {sum(amount for _, amount in paid)} wei paid of {price_wei}"
            yield Difference("terms", hashed, token_id, "nothing of this", said)
        agreed = terms.get(sale.args["voucherHash"])
        if agreed is None:
            found.hidden_terms += 1
            continue
        try:
            donation, parts = split_wei(price_wei, agreed.donation_bps, [bps for _, bps in agreed.shares])
        except SharesDoNotAddUp:  # a share of nothing, which the contracts allow
            found.hidden_terms += 1
            continue
        expected = [(account, part) for (account, _), part in zip(agreed.shares, parts, strict=True)]
        if agreed.takes_royalty:
            expected = [expected[0], *(one for one in expected[1:] if one[1])]
            paid = _without_royalty([paid[0], *(one for one in paid[1:] if one[1])], expected)
        if agreed.price not in (None, price_wei) or donation != donated or expected != paid:
            said = f"signed terms of {donation} wei donated and {expected} paid"
            yield Difference("terms", hashed, token_id, said, f"{donated} wei donated and {paid} paid")


def _without_royalty(paid: list[tuple[str, int]], expected: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The payments of a resale as if no royalty had been taken from the first share: one that nobody signed for,
    after the first (at the market) or last (elsewhere), goes back to the first."""
    if len(paid) != len(expected) + 1:
        return paid
    (first, amount), *others = paid
    extra = 0 if others[1:] == expected[1:] else len(others) - 1
    royalty = others.pop(extra)
    return [(first, amount + royalty[1]), *others]
