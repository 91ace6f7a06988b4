"""Auctions as the chain's events tell them: rising ones from the first bid on, purchases of falling ones.

What has not had its first bid is a signed word alone (minting/models/terms.py). An auction has no status of its own:
it is over when the last bid's `ends_at` is past, and settled when a Sale carries its id.
"""

from django.db import models

from minting.models.block import Log
from minting.units import Uint256Field


class Auction(models.Model):
    """One AuctionStarted event: the work is in the contract's hands. `auction_id` is the hash that was signed."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="auction")
    chain_id = models.PositiveBigIntegerField()
    contract = models.CharField(max_length=42)
    auction_id = models.CharField(max_length=66)
    collection = models.CharField(max_length=42)
    token_id = Uint256Field(db_index=True)
    seller = models.CharField(max_length=42)
    currency = models.CharField(max_length=42)
    reserve_wei = Uint256Field()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain_id", "contract", "auction_id"], name="auction_once"),
        ]

    def __str__(self) -> str:
        return f"auction of {self.token_id} from {self.reserve_wei} wei"


class Bid(models.Model):
    """One BidPlaced event. The last one leads; `ends_at` is what the contract made of the end then."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="bid")
    auction = models.ForeignKey(Auction, on_delete=models.CASCADE, related_name="bids")
    bidder = models.CharField(max_length=42, db_index=True)
    amount_wei = Uint256Field()
    ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.amount_wei} wei by {self.bidder}"


class Refund(models.Model):
    """One Refunded event: who was outbid was paid back, at once or (`credited`) as a credit to withdraw."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="refund")
    auction = models.ForeignKey(Auction, on_delete=models.CASCADE, related_name="refunds")
    bidder = models.CharField(max_length=42)
    amount_wei = Uint256Field()
    credited = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.amount_wei} wei back to {self.bidder}"


class FallingPurchase(models.Model):
    """One Taken event: a work bought in a falling (Dutch) auction. Its Sale follows when the last price is known."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="falling_purchase")
    chain_id = models.PositiveBigIntegerField()
    contract = models.CharField(max_length=42)
    auction_id = models.CharField(max_length=66, db_index=True)
    collection = models.CharField(max_length=42)
    token_id = Uint256Field(db_index=True)
    buyer = models.CharField(max_length=42)
    paid_wei = Uint256Field()
    currency = models.CharField(max_length=42)

    def __str__(self) -> str:
        return f"{self.token_id} for {self.paid_wei} wei by {self.buyer}"


class Rebate(models.Model):
    """One Rebated event: what a buyer paid above the last price, held as a credit."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="rebate")
    purchase = models.OneToOneField(FallingPurchase, on_delete=models.CASCADE, related_name="rebate")
    amount_wei = Uint256Field()

    def __str__(self) -> str:
        return f"{self.amount_wei} wei back for {self.purchase}"
