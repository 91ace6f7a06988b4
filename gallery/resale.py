"""Selling a work on: its owner signs a price in their own wallet; the buyer pays charity, artist and owner at once.

The donation is the work's own, to the charity that it was submitted with; the artist's royalty is the contract's word
and is taken there. The site signs nothing and holds nothing.
"""

import datetime as dt
from typing import Any

from django.conf import settings

from gallery import offers, works
from gallery.errors import NotForSale, WordsRefused
from gallery.models import Work
from gallery.sales import Part
from minting import api as minting
from minting import units
from minting.models import Terms

LIFE = dt.timedelta(days=180)


def listing_of(work: Work) -> Terms | None:
    """What the work's owner asks for it now, if anything."""
    token_id = works.token_id(work)
    return minting.listings.open_for([token_id]).get(token_id)


def request(work: Work, price_wei: int) -> dict[str, Any]:
    """What the owner's wallet signs, or the approval that it sends before. NotForSale while there is no token."""
    token = minting.token(works.token_id(work))
    if token is None or work.status != Work.Status.PUBLISHED:
        raise NotForSale("Only a work that has its token can be sold on.")
    fee_bps = offers.site_fee_bps(token.owner)
    offers.shares_of(work, token.owner)  # refuses what would leave the owner nothing
    return minting.listings.request(
        works.token_id(work), owner=token.owner, price_wei=price_wei,
        beneficiary=work.donation_address if work.donation_bps else None, donation_bps=work.donation_bps,
        fee_receiver=settings.SITE_FEE_ADDRESS if fee_bps else "", fee_bps=fee_bps, life=LIFE,
    )  # fmt: skip


def keep(work: Work, message: dict[str, Any], signature: str) -> None:
    """Store what the owner signed, if it says of the work what the work says."""
    price = str(message.get("price", ""))
    if not price.isascii() or not price.isdigit() or len(price) > 40:
        raise WordsRefused("price", "The signed listing names no price.")
    ours = request(work, int(price)).get("typed_data", {}).get("message", {})
    for member, value in ours.items():
        if member not in ("validFrom", "validUntil") and message.get(member) != value:
            raise WordsRefused(member, f"The signed listing names another {member} than the work.")
    if not ours:
        raise WordsRefused("signature", "The market may not move this work yet.")
    minting.listings.keep(message, signature)


def prepare_purchase(work: Work, recipient: str) -> dict[str, str]:
    """{to, data, value, chainId} of a listed work, for the buyer's wallet."""
    signed = listing_of(work)
    if signed is None or work.status != Work.Status.PUBLISHED:
        raise NotForSale("The owner does not sell this work.")
    return minting.listings.buy(signed, recipient)


def prepare_end(work: Work) -> dict[str, str]:
    """The owner's call that ends the listing, with everything else that is open for the work."""
    signed = listing_of(work)
    if signed is None:
        raise NotForSale("The owner does not sell this work.")
    return minting.listings.recall(signed)


def parts(work: Work, signed: Terms) -> tuple[Part, ...]:
    """How a listed price is parted, as the market does it: the owner has the rest."""
    price, seller = int(signed.price_wei), signed.signer
    royalty_bps = work.royalty_bps if work.artist_address != seller else 0
    fee_bps = int(signed.payload["feeBps"])
    donation, royalty, fee = (price * bps // units.BPS_WHOLE for bps in (signed.donation_bps, royalty_bps, fee_bps))
    owner_bps = units.BPS_WHOLE - signed.donation_bps - royalty_bps - fee_bps
    found = [Part("owner", "", "", seller, owner_bps, price - donation - royalty - fee)]
    if royalty_bps:
        artist = work.artist
        found.append(Part("royalty", artist.name, artist.name_ko, work.artist_address, royalty_bps, royalty))
    if fee_bps:
        found.append(Part("site", "Ninefold", "", signed.payload["feeReceiver"], fee_bps, fee))
    if signed.donation_bps:
        charity = work.charity
        found.append(
            Part("charity", charity.name, charity.name_ko, signed.beneficiary, signed.donation_bps, donation)
        )
    return tuple(found)
