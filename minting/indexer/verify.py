"""The ledger once more, from the chain alone: every sale, payment and donation, and what each must have been.

Whoever has a node can recompute it: the logs of our market since it was deployed, the full receipts of those
transactions, and the terms in the purchase's own calldata, whose hash is the sale's id. `ledger` compares that with
the arithmetic and with our rows, and names each difference. Writes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from eth_typing import HexStr
from web3 import Web3

from minting.chains import Chain
from minting.contract import calls, reader, vouchers
from minting.contract.reader import reaching
from minting.indexer import logs
from minting.models import Donation, Log, Payment, Sale
from minting.units import split_wei

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
    """What was found: donated wei by beneficiary as chain and as database say, and where the two part."""

    head: int
    sales: int = 0
    hidden_terms: int = 0  # purchases whose calldata does not show the terms; their sums are checked all the same
    on_chain_wei: Counter[str] = field(default_factory=Counter)
    in_database_wei: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)


def ledger(chain: Chain, w3: Web3 | None = None) -> list[Difference]:
    """The differences alone; none means that the ledger agrees."""
    return recompute(chain, w3 or reader.connect(chain)).differences


def recompute(chain: Chain, w3: Web3) -> Ledger:
    """The whole comparison, up to the head of the chain."""
    with reaching():
        found = Ledger(head=int(w3.eth.block_number))
    ours = _rows(chain)
    # The hashes that we know of are asked for too: a filter that leaves a log out does not make a sale vanish.
    theirs: dict[str, list[Log]] = {}
    for hashed in {*_hashes(chain, w3, found.head), *ours}:
        receipt = reader.receipt(w3, hashed)
        theirs[hashed] = [log for log in (logs.of_receipt(chain, receipt) if receipt else []) if log.event in _MONEY]
    for hashed in sorted({*ours, *theirs}):
        on_chain = theirs.get(hashed, [])
        for log in on_chain:
            if log.event == "Donated":
                found.on_chain_wei[log.args["beneficiary"]] += int(log.args["amount"])
        found.differences += _compare(hashed, ours.get(hashed, []), [_of_log(log) for log in on_chain])
        found.differences += _arithmetic(chain, w3, hashed, on_chain, found)
    for donation in _here(Donation.objects, chain):
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
    """Sale, payment or donation rows of this market."""
    sale = "" if rows.model is Sale else "sale__"
    return rows.filter(**{f"{sale}chain_id": chain.chain_id, f"{sale}contract": chain.market})


def _rows(chain: Chain) -> dict[str, list[_Entry]]:
    found: dict[str, list[_Entry]] = defaultdict(list)

    def add(what: str, log: Log, token_id: int, says: str) -> None:
        found[log.transaction_hash].append(_Entry(what, log.log_index, token_id, f"{says}, in block {log.block_id}"))

    for sale in _here(Sale.objects, chain).select_related("log"):
        add(
            "sale",
            sale.log,
            sale.token_id,
            _sold(sale.token_id, sale.price_wei, sale.buyer, sale.recipient, sale.sale_id, sale.voucher_hash),
        )
    for payment in _here(Payment.objects, chain).select_related("log", "sale"):
        says = _paid(payment.amount_wei, payment.account, payment.sale.sale_id)
        add("payment", payment.log, payment.sale.token_id, says)
    for donation in _here(Donation.objects, chain).select_related("log", "sale"):
        says = _donated(donation.token_id, donation.amount_wei, donation.beneficiary, donation.sale.sale_id)
        add("donation", donation.log, donation.token_id, says)
    return dict(found)


def _of_log(log: Log) -> _Entry:
    args = log.args
    sale_id = int(args["saleId"])
    token_id = int(args["tokenId"]) if "tokenId" in args else None
    match log.event:
        case "Sold":
            what = "sale"
            price, buyer, recipient = int(args["price"]), args["buyer"], args["recipient"]
            says = _sold(int(args["tokenId"]), price, buyer, recipient, sale_id, args["voucherHash"])
        case "Paid":
            what, says = "payment", _paid(int(args["amount"]), args["account"], sale_id)
        case _:
            what = "donation"
            says = _donated(int(args["tokenId"]), int(args["amount"]), args["beneficiary"], sale_id)
    return _Entry(what, log.log_index, token_id, f"{says}, in block {log.block_id}")


def _sold(token_id: int, price_wei: int, buyer: str, recipient: str, sale_id: int, voucher_hash: str) -> str:
    return (
        f"token {token_id} sold for {price_wei} wei to {buyer} for {recipient}, sale {sale_id:#x}, "
        f"terms {voucher_hash}"
    )


def _paid(amount_wei: int, account: str, sale_id: int) -> str:
    return f"{amount_wei} wei to {account}, sale {sale_id:#x}"


def _donated(token_id: int, amount_wei: int, beneficiary: str, sale_id: int) -> str:
    return f"{amount_wei} wei to {beneficiary} for token {token_id}, sale {sale_id:#x}"


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
        found = logs.transactions_between(chain, w3, first, min(first + SPAN - 1, head))
        for hashes in found.values():
            yield from hashes


def _arithmetic(chain: Chain, w3: Web3, hashed: str, entries: list[Log], found: Ledger) -> Iterator[Difference]:
    """Each sale against its own terms: the donation is floor(price * bps / 10,000), the parts make up the price."""
    sales = [log for log in entries if log.event == "Sold"]
    if not sales:
        return
    with reaching():
        data = bytes(w3.eth.get_transaction(cast(HexStr, hashed))["input"])
    terms = {vouchers.voucher_hash(chain, payload): payload for payload in calls.purchases(data)}
    for sale in sales:
        found.sales += 1
        same = [log for log in entries if log.args["saleId"] == sale.args["saleId"]]
        donated = sum(int(log.args["amount"]) for log in same if log.event == "Donated")
        paid = [(log.args["account"], int(log.args["amount"])) for log in same if log.event == "Paid"]
        price_wei, token_id = int(sale.args["price"]), int(sale.args["tokenId"])
        if donated + sum(amount for _, amount in paid) != price_wei:
            said = f"{donated} wei donated and {sum(amount for _, amount in paid)} wei paid of {price_wei}"
            yield Difference("terms", hashed, token_id, "nothing of this", said)
        payload = terms.get(sale.args["voucherHash"])
        if payload is None:
            found.hidden_terms += 1
            continue
        shares = [int(share["bps"]) for share in payload["shares"]]
        donation, parts = split_wei(price_wei, int(payload["donationBps"]), shares)
        expected = list(zip((share["account"] for share in payload["shares"]), parts, strict=True))
        if price_wei != int(payload["price"]) or donation != donated or expected != paid:
            agreed = f"signed terms of {donation} wei donated and {expected} paid"
            yield Difference("terms", hashed, token_id, agreed, f"{donated} wei donated and {paid} paid")
