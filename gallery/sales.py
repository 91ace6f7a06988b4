"""What a work costs, where it stands, and the transaction that its buyer's own wallet signs.

Standing is never stored: it is read from the voucher and from the projection of the chain.
"""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from gallery import works
from gallery.errors import AlreadySold, NotForSale, NotYetKept, NotYetOnSale, OfferLapsed, SoldOnSite, Withdrawn
from gallery.models import Work
from minting import api as minting
from minting import units
from minting.models import Sale, Token

# Standing of a work by the stage of its auction.
IN_AUCTION = {"waiting": "auction", "running": "bidding", "over": "over"}


@dataclass(frozen=True)
class Part:
    """One payee of a price: `role` is a Share role or "charity"."""

    role: str
    name: str
    name_ko: str
    address: str
    bps: int
    amount_wei: int
    credit: str = ""


@dataclass(frozen=True)
class Standing:
    """Where a work stands: not_for_sale, not_yet, for_sale, sold, sold_on_site, or minted (to its artist).

    In an auction it is "auction" (waits for a first bid), "bidding" or "over" (to be settled); `lot` tells the rest.
    """

    kind: str
    price_wei: int | None
    parts: tuple[Part, ...]
    sale: Sale | None = None
    token: Token | None = None
    sale_opens_at: dt.datetime | None = None
    provisional: bool = False
    lot: "minting.auctions.Lot | None" = None


def standing(work: Work) -> Standing:
    """Read once per page; the caller gives works with artist, charity, shares, voucher and exhibitions at hand."""
    token = minting.token(works.token_id(work))
    lot, onsite = minting.auctions.of(works.token_id(work)), work.onsite_sale
    if _is_up(work, lot):
        assert lot is not None
        opens = opens_at(work) if lot.stage == "waiting" else None
        kind = "not_yet" if opens else IN_AUCTION[lot.stage]
        young = token is not None and minting.is_provisional(token.log)
        return Standing(kind, lot.amount_wei, parts(work, lot.amount_wei), None, token, opens, young, lot)
    if token is None and onsite is not None:
        return Standing("sold_on_site", None, ())
    if token is not None:
        sale = minting.sale_of(works.token_id(work))
        if onsite is not None and onsite.was_handed_over(sale):
            return Standing("sold_on_site", None, (), sale, token, None, minting.is_provisional(token.log))
        price_wei = price_of(sale) if sale else work.price_wei
        kind = "sold" if sale else "minted"
        young = minting.is_provisional(token.log)
        return Standing(kind, price_wei, parts(work, price_wei), sale, token, None, young, lot)
    if work.price_wei is None or work.offer_has_lapsed or work.status != Work.Status.PUBLISHED:
        return Standing("not_for_sale", work.price_wei, parts(work, work.price_wei))
    opens = opens_at(work)
    if opens is not None:
        return Standing("not_yet", work.price_wei, parts(work, work.price_wei), sale_opens_at=opens)
    return Standing("for_sale", work.price_wei, parts(work, work.price_wei))


def price_of(sale: Sale) -> int | None:
    """What a work was sold for in wei; None where it was sold for a coin, whose units are no wei."""
    return sale.price_wei if sale.currency == units.ETHER_CURRENCY else None


def _is_up(work: Work, lot: "minting.auctions.Lot | None") -> bool:
    """Whether a published work is in an auction now. One that was sold at the counter is, once it has begun: what the
    chain holds cannot be taken back."""
    if lot is None or lot.stage not in IN_AUCTION or work.status != Work.Status.PUBLISHED:
        return False
    return work.onsite_sale is None or lot.auction is not None


def opens_at(work: Work) -> dt.datetime | None:
    """When the first exhibition that the work hangs in opens its sale; None once it has, or where there is none."""
    first = min((hanging.exhibition.sale_opens_at for hanging in work.hangings.all()), default=None)
    return first if first is not None and first > timezone.now() else None


def parts(work: Work, price_wei: int | None) -> tuple[Part, ...]:
    """How a price is parted, in wei that add up to it exactly: artist first, charity last."""
    if price_wei is None:
        return ()
    shares = list(work.shares.all())
    donation, amounts = units.split_wei(price_wei, work.donation_bps, [share.bps for share in shares])
    paid = [
        Part(
            share.role, share.user.name if share.user else "Ninefold", share.user.name_ko if share.user else "",
            share.address, share.bps, amount, share.credit,
        )
        for share, amount in zip(shares, amounts, strict=True)
    ]  # fmt: skip
    if work.donation_bps:
        charity = work.charity
        paid.append(
            Part("charity", charity.name, charity.name_ko, work.donation_address, work.donation_bps, donation)
        )
    return tuple(paid)


def is_kept(work: Work) -> bool:
    """Whether all that belongs to it is proven to lie in as many places as this site asks for before it sells."""
    return minting.are_kept(work.cids)


def prepare_purchase(work: Work, buyer_address: str) -> dict[str, str]:
    """{to, data, value, chainId} for the buyer's wallet; the chain has the last word on whether it is still free."""
    if work.status == Work.Status.WITHDRAWN:
        raise Withdrawn("The artist has withdrawn this work.")
    now_stands = standing(work)
    if now_stands.kind == "sold":
        raise AlreadySold("This work was sold a moment ago.")
    if now_stands.kind == "sold_on_site":
        raise SoldOnSite("This work was sold on site.")
    if now_stands.kind == "not_yet":
        raise NotYetOnSale(f"The sale of this work opens at {now_stands.sale_opens_at:%Y-%m-%d %H:%M} UTC.")
    if work.offer_has_lapsed and now_stands.token is None:
        raise OfferLapsed("The artist's offer of this work has lapsed.")
    if now_stands.kind != "for_sale" or work.voucher is None:
        raise NotForSale("The artist does not sell this work.")
    if not is_kept(work):
        raise NotYetKept("Picture and metadata are not yet proven to lie in as many places as this site asks for.")
    return minting.purchase(work.voucher, buyer_address)
