"""Auctions, offers and cancellations, from their logs. Each row points to the one before it: bids to their auction,
a cancellation to its offer; what a log names has been written, since a block's logs come in their order.
"""

import datetime as dt

from minting.chains import Chain
from minting.models import (
    Auction,
    Bid,
    Cancellation,
    FallingPurchase,
    Log,
    Offer,
    OfferCancellation,
    Rebate,
    Refund,
)

LATEST = 253_402_300_799  # the last second of the year 9999, the last a datetime can name


def at(second: str) -> dt.datetime:
    """A Unix second of the chain, where it is later than the year 9999 the end of that."""
    return dt.datetime.fromtimestamp(min(int(second), LATEST), dt.UTC)


def write(chain: Chain, log: Log, *, credited: bool) -> None:
    """The row of a log, if it is of a kind that has one; `credited`: the log before it held back the same money."""
    args = log.args
    here = {"chain_id": chain.chain_id, "contract": log.address}
    match log.event:
        case "AuctionStarted":
            Auction.objects.create(
                **here,
                log=log,
                auction_id=args["auctionId"],
                collection=args["collection"],
                token_id=int(args["tokenId"]),
                seller=args["seller"],
                currency=args["currency"],
                reserve_wei=int(args["reserve"]),
            )
        case "BidPlaced":
            Bid.objects.create(
                log=log,
                auction=Auction.objects.get(**here, auction_id=args["auctionId"]),
                bidder=args["bidder"],
                amount_wei=int(args["amount"]),
                ends_at=at(args["endsAt"]),
            )
        case "Refunded":
            Refund.objects.create(
                log=log,
                auction=Auction.objects.get(**here, auction_id=args["auctionId"]),
                bidder=args["bidder"],
                amount_wei=int(args["amount"]),
                credited=credited,
            )
        case "Taken":
            FallingPurchase.objects.create(
                **here,
                log=log,
                auction_id=args["auctionId"],
                collection=args["collection"],
                token_id=int(args["tokenId"]),
                buyer=args["buyer"],
                paid_wei=int(args["paid"]),
                currency=args["currency"],
            )
        case "Rebated":
            bought = FallingPurchase.objects.filter(
                **here, auction_id=args["auctionId"], token_id=int(args["tokenId"])
            )
            Rebate.objects.create(log=log, purchase=bought.get(), amount_wei=int(args["amount"]))
        case "OfferMade":
            Offer.objects.create(
                **here,
                log=log,
                offer_id=int(args["offerId"]),
                collection=args["collection"],
                token_id=int(args["tokenId"]),
                bidder=args["bidder"],
                currency=args["currency"],
                amount_wei=int(args["amount"]),
                expires_at=at(args["expiresAt"]),
                uri_digest=args["uriDigest"],
                beneficiary=args["beneficiary"],
                donation_bps=int(args["donationBps"]),
            )
        case "OfferCancelled":
            offer = Offer.objects.get(**here, offer_id=int(args["offerId"]))
            OfferCancellation.objects.create(log=log, offer=offer, credited=credited)
        case "VoucherCancelled" | "TermsCancelled":
            account = args.get("artist") or args["seller"]
            Cancellation.objects.create(**here, log=log, account=account, nonce=int(args["nonce"]))
