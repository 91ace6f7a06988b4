"""Putting a work up for auction, and what bidders, settlers and the artist then send from their own wallets.

The artist's choice is four numbers; the rest of the terms is the work's own: shares, donation, royalty, metadata. The
first bid mints the work, so a work in auction carries no fixed price and is not minted before. Writes nothing but the
artist's signed terms; how an auction stands is read by `minting.auctions.of`.
"""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from gallery import sales, works
from gallery.errors import (
    AuctionOver,
    AuctionRuns,
    BidTooLow,
    NotInAuction,
    NotReady,
    NotYetKept,
    NotYetOnSale,
    WordsRefused,
)
from gallery.models import Work
from minting import api as minting
from minting import units

Lot = minting.auctions.Lot
LEAST_RAISE_BPS = 100
HOURS, HOURS_MAX = 24, 24 * 30
DAYS, DAYS_MAX = 30, 80  # together within the contract's ninety days


@dataclass(frozen=True)
class Asked:
    """What the artist chooses: the least first bid, the least raise, the run from the first bid, the wait for it."""

    reserve_wei: int
    raise_bps: int
    duration: dt.timedelta
    wait: dt.timedelta


def terms_request(work: Work, asked: Asked) -> dict[str, Any]:
    """EIP-712 typed data for the artist's wallet. NotReady unless the work hangs without a price, unminted."""
    if work.status != Work.Status.PUBLISHED or work.price_wei is not None:
        raise NotReady("Only a published work without a fixed price can be put up for auction.")
    if work.onsite_sale_id is not None:
        raise NotReady("This work was sold on site.", next_step="Staff can void that sale if it is wrong.")
    token_id = works.token_id(work)
    minting.auctions.refuse_minted(minting.chain(), token_id)
    now = timezone.now()
    opens = [hanging.exhibition.sale_opens_at for hanging in work.hangings.all()]
    start = max(min(opens, default=now), now - works.CLOCKS_DIFFER_BY)
    return minting.auctions.typed_data(
        token_id=token_id, metadata_cid=work.metadata_cid, seller=work.artist_address,
        beneficiary=work.donation_address if work.donation_bps else None, donation_bps=work.donation_bps,
        shares=[(share.address, share.bps) for share in work.shares.all()], royalty_bps=work.royalty_bps,
        reserve_wei=asked.reserve_wei, raise_bps=asked.raise_bps,
        duration_seconds=int(asked.duration.total_seconds()), start=start, end=max(start, now) + asked.wait,
        nonce=secrets.randbits(64),
    )  # fmt: skip


def open_for(work: Work, message: dict[str, Any], signature: str) -> None:
    """Keep what the artist signed, if it says of the work what the work says; the numbers are the artist's own."""
    lot = minting.auctions.of(works.token_id(work))
    if lot is not None and lot.auction is not None:
        raise AuctionRuns("The auction has its first bid.")
    try:
        asked = Asked(
            int(message["reserve"]), int(message["raiseBps"]), dt.timedelta(seconds=int(message["duration"])),
            dt.timedelta(days=1),
        )  # fmt: skip
        theirs = dict(message["terms"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise WordsRefused("message", "The signed terms are not those of an auction.") from None
    ours = terms_request(work, asked)["message"]
    for member, value in {**ours, **ours["terms"]}.items():
        if member in ("terms", "start", "end", "nonce"):
            continue
        if (message if member in ours else theirs).get(member) != value:
            raise WordsRefused(member, f"The signed auction names another {member} than the work.")
    if not str(theirs.get("end", "")).isdigit() or int(theirs["end"]) > _latest(ours):
        raise WordsRefused("end", "The signed auction waits longer for its first bid than is offered.")
    with transaction.atomic():
        works.hold_for_mint([work.number])  # the first bid mints it
        minting.auctions.open_for(message, signature)


def _latest(ours: dict[str, Any]) -> int:
    begins = max(int(ours["terms"]["start"]), int(timezone.now().timestamp()))
    return begins + DAYS_MAX * 24 * 3600


def prepare_bid(work: Work, amount_wei: int) -> dict[str, str]:
    """{to, data, value, chainId} for the bidder's wallet; the chain has the last word."""
    lot = _lot(work)
    if lot.stage in ("over", "settled"):
        raise AuctionOver("The auction is over.")
    opens_at = sales.opens_at(work)
    if lot.stage == "waiting" and opens_at is not None:
        raise NotYetOnSale(f"The sale of this work opens at {opens_at:%Y-%m-%d %H:%M} UTC.")
    if amount_wei < lot.least_wei:
        raise BidTooLow(f"A bid must be at least {lot.least_wei} wei now.", units.ether(lot.least_wei))
    if not sales.is_kept(work):
        raise NotYetKept("Picture and metadata are not yet proven to lie in as many places as this site asks for.")
    assert lot.terms is not None
    return minting.auctions.bid(lot.terms, amount_wei)


def prepare_settle(work: Work) -> dict[str, str]:
    """The call that ends an auction whose time is over, for anybody's wallet."""
    lot = _lot(work)
    if lot.stage == "settled":
        raise NotInAuction("The auction is settled.")
    if lot.stage != "over":
        raise AuctionRuns("The auction is not over.")
    assert lot.terms is not None
    return minting.auctions.settle(lot.terms)


def prepare_cancel(work: Work) -> dict[str, str]:
    """The call that ends an auction before its first bid; `from` is the only account that may send it."""
    lot = _lot(work)
    if lot.stage != "waiting":
        raise AuctionRuns("The auction has its first bid.")
    assert lot.terms is not None
    return {**minting.auctions.cancel(lot.terms), "from": lot.terms.signer}


def _lot(work: Work) -> Lot:
    lot = minting.auctions.of(works.token_id(work))
    if lot is None or lot.terms is None or work.status == Work.Status.WITHDRAWN:
        raise NotInAuction("The work is not up for auction.")
    return lot
