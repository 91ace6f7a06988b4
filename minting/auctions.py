"""Auctions of single works: what their artist signed, how they stand on the chain, and calls for people's wallets.

An auction is signed terms until its first bid, rows of the chain from then on; nothing about it is stored twice. Asks
no node, except where a docstring says so. Whatever is prepared here, the visitor's wallet signs and the contract has
the last word. Reference: docs/contracts.md, "Auctions and offers".
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from minting import locks
from minting.chains import Chain, NotDeployed, configured
from minting.contract import calls, kinds, reader, terms
from minting.contract.artifacts import AUCTIONS, TOKEN
from minting.contract.errors import SignatureInvalid
from minting.errors import MintingError
from minting.ipfs import cid as cids
from minting.models import Auction, Bid, Block, Cancellation, Recall, Sale, Terms, Token, Transaction
from minting.units import BPS_WHOLE, ETHER_CURRENCY

EXTENSION_SECONDS = 15 * 60


class BeingMinted(MintingError):
    """A work whose token exists or is on its way: an auction of it as unminted could never begin."""

    code = "being_minted"
    title = "The work is minted, or about to be"
    next_step = "Load the page again and look at how things stand."


class InAuction(MintingError):
    """A work that is up for auction: minting it to its artist would end the auction before it began."""

    code = "in_auction"
    title = "The work is up for auction"
    next_step = "Call the auction off first, which is possible until somebody has bid."


@dataclass(frozen=True)
class Lot:
    """A work in an auction. `terms` is None where they are not kept here, `auction` before the first bid."""

    terms: Terms | None
    auction: Auction | None
    bids: Sequence[Bid]  # newest first
    is_settled: bool
    now: dt.datetime  # the later of our clock and the chain's

    @property
    def leads(self) -> Bid | None:
        return self.bids[0] if self.bids else None

    @property
    def reserve_wei(self) -> int:
        source = self.auction or self.terms
        return int(source.reserve_wei if isinstance(source, Auction) else source.price_wei if source else 0)

    @property
    def amount_wei(self) -> int:
        """The bid that leads, or the reserve."""
        return self.leads.amount_wei if self.leads else self.reserve_wei

    @property
    def raise_bps(self) -> int:
        return int(self.terms.payload["raiseBps"]) if self.terms else terms.LEAST_RAISE_BPS

    @property
    def least_wei(self) -> int:
        """What the next bid must be; rounded up as the contract does."""
        if self.leads is None:
            return self.reserve_wei
        amount = int(self.leads.amount_wei)
        return amount + (amount * self.raise_bps + BPS_WHOLE - 1) // BPS_WHOLE

    @property
    def duration(self) -> dt.timedelta:
        """From the first bid to the end; nothing where it ends with the terms."""
        return dt.timedelta(seconds=int(self.terms.payload["duration"]) if self.terms else 0)

    @property
    def ends_at(self) -> dt.datetime | None:
        """The end as the last bid left it; before the first, the last moment for one."""
        return self.leads.ends_at if self.leads else self.terms.valid_until if self.terms else None

    @property
    def left(self) -> dt.timedelta:
        """Until the end; below zero once it is past."""
        return self.ends_at - self.now if self.ends_at else dt.timedelta()

    @property
    def stage(self) -> str:
        """waiting (for the first bid), running, over (to be settled) or settled."""
        if self.is_settled:
            return "settled"
        if self.auction is None:
            return "waiting"
        return "over" if self.ends_at is not None and self.ends_at <= self.now else "running"

    @property
    def is_late(self) -> bool:
        """Whether a bid now would move the end."""
        return self.stage == "running" and self.left < dt.timedelta(seconds=EXTENSION_SECONDS)


def of(token_id: int) -> Lot | None:
    """The auction of a work of the shared contract: the one that waits or runs, else the last that was settled."""
    return of_many([token_id]).get(token_id)


def of_many(token_ids: Iterable[int]) -> dict[int, Lot]:
    """Lots in ether by token id; a handful of queries, however many works there are."""
    ids, chain = list(token_ids), here()
    if chain is None or not ids or not chain.auctions:
        return {}
    works = {"chain_id": chain.chain_id, "contract": chain.auctions, "collection": chain.token, "token_id__in": ids}
    begun = list(
        Auction.objects.filter(**works, currency=ETHER_CURRENCY)
        .select_related("log__block")
        .order_by("log__block__number")
    )
    signed = list(Terms.objects.filter(**works, kind=Terms.Kind.AUCTION).order_by("created_at"))
    if not begun and not signed:
        return {}
    by_hash = {row.hash: row for row in signed}
    settled = _settled(chain, begun)
    bids: dict[int, list[Bid]] = {row.pk: [] for row in begun}
    newest_first = ("-log__block__number", "-log__log_index")
    for bid in Bid.objects.filter(auction__in=begun).select_related("log__block").order_by(*newest_first):
        bids[bid.auction_id].append(bid)
    now, found = clock(chain), {}
    ended = _ended(chain, [row for row in signed if row.withdrawn_at is None], ids)
    for row in signed:
        if row.withdrawn_at is None and row.hash not in ended and row.valid_until > now:
            found[row.token_id] = Lot(row, None, (), False, now)
    for auction in begun:  # what has begun counts more than what was signed
        lot = Lot(by_hash.get(auction.auction_id), auction, bids[auction.pk], auction.auction_id in settled, now)
        found[auction.token_id] = lot
    return found


def here() -> Chain | None:
    """The chain with its contracts; None before they are deployed."""
    try:
        return configured()
    except NotDeployed:
        return None


def _settled(chain: Chain, begun: Sequence[Auction]) -> set[str]:
    hashes = [row.auction_id for row in begun]
    sales = Sale.objects.filter(chain_id=chain.chain_id, contract=chain.auctions, voucher_hash__in=hashes)
    return set(sales.values_list("voucher_hash", flat=True)) if hashes else set()


def _ended(chain: Chain, signed: Sequence[Terms], token_ids: Sequence[int]) -> set[str]:
    """Hashes of terms that cannot begin any more: cancelled by nonce, recalled, or overtaken by a mint."""
    if not signed:
        return set()
    nonces = [int(row.payload["terms"]["nonce"]) for row in signed]
    rows = Cancellation.objects.filter(chain_id=chain.chain_id, contract=chain.auctions, nonce__in=nonces)
    cancelled = {(account, int(nonce)) for account, nonce in rows.values_list("account", "nonce")}
    works = {"chain_id": chain.chain_id, "contract": chain.token, "token_id__in": token_ids}
    minted = set(Token.objects.filter(**works).values_list("token_id", flat=True))
    rounds = dict(Recall.objects.filter(**works).order_by("round").values_list("token_id", "round"))
    ended = set()
    for row in signed:
        said = row.payload["terms"]
        gone = not said["minted"] and (row.token_id in minted or rounds.get(row.token_id, 0) > int(said["round"]))
        if gone or (row.signer, int(said["nonce"])) in cancelled:
            ended.add(row.hash)
    return ended


def clock(chain: Chain) -> dt.datetime:
    """The later of our clock and the newest block's: a chain of one's own mines only when something is sent."""
    newest = Block.objects.filter(chain_id=chain.chain_id).order_by("-number").first()
    return max(timezone.now(), newest.mined_at) if newest else timezone.now()


def typed_data(
    *, token_id: int, metadata_cid: str, seller: str, beneficiary: str | None, donation_bps: int,
    shares: Sequence[tuple[str, int]], royalty_bps: int, reserve_wei: int, raise_bps: int, duration_seconds: int,
    start: dt.datetime, end: dt.datetime, nonce: int,
) -> dict[str, Any]:  # fmt: skip
    """EIP-712 JSON of an auction of a work that is not minted, for its artist. VoucherInvalid by its child."""
    chain = configured()
    inner = terms.sale_terms(
        collection=chain.token, seller=seller, beneficiary=beneficiary or ETHER_CURRENCY,
        donation_bps=donation_bps, shares=shares, start=start, end=end, nonce=nonce,
        round_number=round_of_unminted(chain, token_id),
        uri_digest=cids.digest32(metadata_cid), royalty_receiver=seller, royalty_bps=royalty_bps,
    )  # fmt: skip
    payload = terms.auction(
        inner, token_id=token_id, reserve_wei=reserve_wei, duration_seconds=duration_seconds, raise_bps=raise_bps
    )
    terms.check(kinds.AUCTION, payload, chain)
    return kinds.AUCTION.typed_data(chain, payload)


def round_of_unminted(chain: Chain, token_id: int) -> int:
    """How often a work without a token was recalled, which is what its next terms must name."""
    works = {"chain_id": chain.chain_id, "contract": chain.token, "token_id": token_id}
    return int(Recall.objects.filter(**works).order_by("-round").values_list("round", flat=True).first() or 0)


def open_for(message: dict[str, Any], signature: str) -> Terms:
    """Keep an auction that its artist signed; BeingMinted where the token exists or is wished for.

    Asks the node only for the signature of a contract wallet.
    """
    chain = configured()
    terms.check(kinds.AUCTION, message, chain)
    with transaction.atomic():
        hold(chain, int(message["tokenId"]))
        refuse_minted(chain, int(message["tokenId"]))
        try:
            return terms.keep(Terms.Kind.AUCTION, chain, message, signature)
        except SignatureInvalid:
            return terms.keep(Terms.Kind.AUCTION, chain, message, signature, reader.connect(chain))


def hold(chain: Chain, token_id: int) -> None:
    """One wish for a work's first step on the chain at a time: a mint or an auction; inside a transaction."""
    locks.hold(f"first:{chain.chain_id}:{chain.token}:{token_id}")


def refuse_minted(chain: Chain, token_id: int) -> None:
    """BeingMinted where the work has its token, or the chain worker has been asked for it."""
    works = {"chain_id": chain.chain_id, "contract": chain.token, "token_id": token_id}
    wished = Transaction.objects.filter(key=f"mint:{chain.chain_id}:{chain.token}:{token_id}")
    still = (*Transaction.OPEN, Transaction.Status.BATCHED)
    if Token.objects.filter(**works).exists() or wished.filter(status__in=still).exists():
        raise BeingMinted("The work has its token, or is about to get it.")


def refuse_in_auction(token_id: int) -> None:
    """InAuction where a first bid may still come, or has."""
    lot = of(token_id)
    if lot is not None and lot.stage != "settled":
        raise InAuction("The work is up for auction, which mints it with the first bid.")


def withdraw(token_id: int) -> None:
    """No longer offer a work's auction here. The signature holds until the artist's `cancel`."""
    chain = here()
    if chain is None:
        return
    rows = Terms.objects.filter(kind=Terms.Kind.AUCTION, chain_id=chain.chain_id, collection=chain.token)
    rows.filter(token_id=token_id, withdrawn_at=None).update(withdrawn_at=timezone.now())


def bid(signed: Terms, amount_wei: int) -> dict[str, str]:
    """{to, data, value, chainId} of a bid in ether, for the bidder's wallet."""
    signature = bytes.fromhex(signed.signature.removeprefix("0x"))
    data = calls.encode_call(AUCTIONS, "bid", kinds.AUCTION.values(signed.payload), signature, amount_wei)
    return call(signed.chain_id, signed.contract, data, amount_wei)


def settle(signed: Terms) -> dict[str, str]:
    """The call that hands the work over and divides the bid, for whoever sends it."""
    data = calls.encode_call(AUCTIONS, "settle", kinds.AUCTION.values(signed.payload))
    return call(signed.chain_id, signed.contract, data)


def cancel(signed: Terms) -> dict[str, str]:
    """The call by which the artist ends an auction that nobody has bid in."""
    data = calls.encode_call(AUCTIONS, "cancel", int(signed.payload["terms"]["nonce"]))
    return call(signed.chain_id, signed.contract, data)


def withdrawal(contract: str, currency: str, account: str) -> dict[str, str]:
    """The call that pays an account what `contract` holds for it; anybody may send it."""
    chain = configured()
    if contract not in chain.sellers:
        raise MintingError(f"{contract} is no contract that holds credits.")
    return call(chain.chain_id, contract, calls.encode_call(AUCTIONS, "withdrawIn", currency, account))


def approval(contract: str) -> dict[str, str]:
    """The call by which an owner lets one of our contracts move the works that it sells."""
    chain = configured()
    return call(chain.chain_id, chain.token, calls.encode_call(TOKEN, "setApprovalForAll", contract, True))


def call(chain_id: int, to: str, data: str, value_wei: int = 0) -> dict[str, str]:
    """{to, data, value, chainId} as a wallet takes it."""
    return {"to": to, "data": data, "value": hex(value_wei), "chainId": hex(chain_id)}
