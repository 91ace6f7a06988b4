"""Offers for works, whether or not they are for sale: made, taken and taken back from people's own wallets.

An offer names the work's metadata and its donation, so whoever takes it gives at least that much. The seller is the
token's owner, or the artist while there is no token; the shares are the work's own in a first sale. In a later one
the owner has what site fee and donation leave, and the artist's royalty comes out of that.
"""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone

from gallery import sales, works
from gallery.errors import AuctionRuns, NotForSale, NotReady, NotYetKept, OfferGone
from gallery.models import User, Work
from minting import api as minting
from minting import units
from minting.models import Offer

DAYS, DAYS_MAX = 14, 90


def prepare_offer(work: Work, amount_wei: int, days: int) -> dict[str, str]:
    """{to, data, value, chainId} that puts `amount_wei` into the contract for this work, for `days`."""
    if work.status != Work.Status.PUBLISHED:
        raise NotForSale("Only a published work can be offered for.")
    _refuse_taken(work)
    if not sales.is_kept(work):
        raise NotYetKept("Picture and metadata are not yet proven to lie in as many places as this site asks for.")
    until = timezone.now() + dt.timedelta(days=days)
    return minting.offers.make(
        works.token_id(work), work.metadata_cid, amount_wei, until, _beneficiary(work), work.donation_bps
    )


def prepare_accept(work: Work, offer: Offer) -> dict[str, str]:
    """The seller's call, or the approval that comes before it ("more"); `from` is who must send it."""
    _refuse_taken(work)
    if offer not in minting.offers.open_for(works.token_id(work)):
        raise OfferGone("This offer was taken, taken back, or has expired.")
    seller = seller_of(work)
    return minting.offers.accept(
        offer, seller=seller, beneficiary=_beneficiary(work), donation_bps=work.donation_bps,
        shares=shares_of(work, seller), royalty_receiver=work.artist_address, royalty_bps=work.royalty_bps,
    )  # fmt: skip


def prepare_cancel(offer: Offer) -> dict[str, str]:
    """The call that gives an offer's money back to its bidder."""
    if offer not in minting.offers.of_bidder(offer.bidder):
        raise OfferGone("This offer was taken, or taken back already.")
    return minting.offers.cancel(offer)


def seller_of(work: Work) -> str:
    """Who can sell: the token's owner, or the artist while there is none."""
    token = minting.token(works.token_id(work))
    return token.owner if token else work.artist_address


def sells(user: User, work: Work) -> bool:
    """Whether one of a person's linked wallets is the seller's."""
    return bool(user.is_authenticated) and user.wallets.filter(address=seller_of(work)).exists()


def shares_of(work: Work, seller: str) -> Sequence[tuple[str, int]]:
    """Who shares what the charity leaves: the work's own people in a first sale, else the seller and this site."""
    if minting.token(works.token_id(work)) is None:
        return [(share.address, share.bps) for share in work.shares.all()]
    fee_bps = site_fee_bps(seller)
    first = units.BPS_WHOLE - work.donation_bps - fee_bps
    if first <= work.royalty_bps:
        raise NotReady("Donation, royalty and site fee leave nothing for the seller.")
    return [(seller, first), *([(settings.SITE_FEE_ADDRESS, fee_bps)] if fee_bps else [])]


def site_fee_bps(seller: str) -> int:
    """What the site takes of a later sale; nothing of its own."""
    site = settings.SITE_FEE_ADDRESS
    return int(settings.SITE_FEE_BPS) if site and site.lower() != seller.lower() else 0


def _beneficiary(work: Work) -> str | None:
    return work.donation_address if work.donation_bps else None


def _refuse_taken(work: Work) -> None:
    """Of a work that is in an auction, or whose token waits for whoever bought it at the counter."""
    if work.onsite_sale_id is not None and minting.token(works.token_id(work)) is None:
        raise NotForSale("This work was sold on site.")
    lot = minting.auctions.of(works.token_id(work))
    if lot is not None and lot.stage != "settled":
        raise AuctionRuns("The work is in an auction.")
