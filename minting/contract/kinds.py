"""The kinds of terms that sellers sign, each with its struct, its contract and how it parts a price.

Pure: no network, no database. `in_call` finds terms in a transaction's calldata, `agreed` says what they promise, so
that a sale on the chain can be held against its own terms. Reference: docs/contracts.md, "The ABI in one page".
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from minting.chains import Chain
from minting.contract import artifacts, calls, structs
from minting.contract.artifacts import AUCTIONS, MARKET, OFFERS, Name

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """`struct` is the EIP-712 type's name, `hasher` the contract's own function over it, `at` a member of Chain."""

    struct: str
    contract: Name
    hasher: str
    at: str

    @cached_property
    def members(self) -> list[dict[str, Any]]:
        """The struct's members; an acceptance's are the arguments of its hash function."""
        inputs = artifacts.functions(self.contract)[self.hasher]["inputs"]
        if len(inputs) == 1:
            return list(inputs[0]["components"])
        return [{**one, "name": "terms"} if one["type"] == "tuple" else one for one in inputs]

    def typed_data(self, chain: Chain, payload: Payload) -> dict[str, Any]:
        """For eth_signTypedData_v4; binds chain id and contract."""
        domain = {
            "name": "Ninefold",
            "version": "1",
            "chainId": chain.chain_id,
            "verifyingContract": getattr(chain, self.at),
        }
        return structs.typed_data(self.struct, self.members, payload, domain)

    def hash(self, chain: Chain, payload: Payload) -> str:
        """The EIP-712 digest, as the contract works it out."""
        return structs.digest(self.typed_data(chain, payload))

    def values(self, payload: Payload) -> tuple[Any, ...]:
        return structs.values(self.members, payload)


VOUCHER = Kind("Voucher", MARKET, "hashVoucher", "market")
LISTING = Kind("Listing", MARKET, "hashListing", "market")
DROP = Kind("Drop", MARKET, "hashDrop", "market")
AUCTION = Kind("ReserveAuction", AUCTIONS, "hashReserveAuction", "auctions")
FALLING = Kind("DutchAuction", AUCTIONS, "hashDutchAuction", "auctions")
ACCEPTANCE = Kind("Acceptance", OFFERS, "hashAcceptance", "offers")
# Functions in which a sale may end, with the kind of their first argument.
_SELLING = (
    (MARKET, "buy", VOUCHER),
    (MARKET, "buyListed", LISTING),
    (MARKET, "claim", DROP),
    (AUCTIONS, "settle", AUCTION),
    (AUCTIONS, "settleDutch", FALLING),
    (AUCTIONS, "buyDutch", FALLING),
)


def in_call(data: bytes) -> Iterator[tuple[Kind, Payload]]:
    """Every terms whose sale may stand in `data`, also where a contract wallet wraps our calldata in its own.

    A place that merely looks like a sale may be among them: compare the hash with the one that the sale names.
    """
    for contract, function, kind in _SELLING:
        for first, *_ in _arguments(contract, function, data):
            yield kind, structs.said(kind.members, first)
    for vouchers, listings, _ in _arguments(MARKET, "buyMany", data):
        for kind, orders in ((VOUCHER, vouchers), (LISTING, listings)):
            for order in orders:
                yield kind, structs.said(kind.members, order[0])
    for offer_id, terms, _ in _arguments(OFFERS, "accept", data):
        yield ACCEPTANCE, structs.said(ACCEPTANCE.members, (offer_id, terms))


def _arguments(contract: Name, function: str, data: bytes) -> Iterator[tuple[Any, ...]]:
    selector = artifacts.hash_of(artifacts.functions(contract)[function])[:4]
    place = data.find(selector)
    while place >= 0:
        with suppress(ValueError):
            yield calls.decode_call(contract, data[place:])[1]
        place = data.find(selector, place + 1)


@dataclass(frozen=True)
class Agreed:
    """How terms part a price. `price` is None where bids or time decide it; with `takes_royalty` the artist's royalty
    comes out of the first share and is paid on its own, of a sum that only the collection knows."""

    price: int | None
    beneficiary: str
    donation_bps: int
    shares: Sequence[tuple[str, int]]
    takes_royalty: bool


def agreed(kind: Kind, payload: Payload) -> Agreed:
    """What the terms say about the money."""
    if kind is LISTING:
        donation, fee = int(payload["donationBps"]), int(payload["feeBps"])
        fees = [(payload["feeReceiver"], fee)] if fee else []
        shares = [(payload["seller"], 10_000 - donation - fee), *fees]
        return Agreed(int(payload["price"]), payload["beneficiary"], donation, shares, True)
    terms = payload.get("terms", payload)
    shares = [(share["account"], int(share["bps"])) for share in terms["shares"]]
    price = int(payload["price"]) if "price" in payload else None
    return Agreed(price, terms["beneficiary"], int(terms["donationBps"]), shares, bool(terms.get("minted", False)))
