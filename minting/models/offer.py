"""Offers whose money waits in the contract, as its events tell them."""

from django.db import models

from minting.models.block import Log
from minting.units import Uint256Field


class Offer(models.Model):
    """One OfferMade event. Open until a Sale carries its `offer_id` or its OfferCancellation does."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="offer")
    chain_id = models.PositiveBigIntegerField()
    contract = models.CharField(max_length=42)
    offer_id = Uint256Field()
    collection = models.CharField(max_length=42)
    token_id = Uint256Field(db_index=True)
    bidder = models.CharField(max_length=42, db_index=True)
    currency = models.CharField(max_length=42)
    amount_wei = Uint256Field()
    expires_at = models.DateTimeField()  # at most the year 9999, whatever was asked
    uri_digest = models.CharField(max_length=66)
    beneficiary = models.CharField(max_length=42)
    donation_bps = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain_id", "contract", "offer_id"], name="offer_once")]

    def __str__(self) -> str:
        return f"{self.amount_wei} wei offered by {self.bidder}"


class OfferCancellation(models.Model):
    """One OfferCancelled event: the money went back to the bidder, at once or (`credited`) as a credit."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="offer_cancellation")
    offer = models.OneToOneField(Offer, on_delete=models.CASCADE, related_name="cancellation")
    credited = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.offer}, taken back"
