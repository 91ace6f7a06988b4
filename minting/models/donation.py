"""Donations and credits, as the events of market, auctions and offers say."""

from django.db import models

from minting.models.block import Log
from minting.models.sale import Sale
from minting.units import Uint256Field


class Donation(models.Model):
    """One Donated event: token, charity and wei, in the transaction of the sale itself."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="donation")
    sale = models.OneToOneField(Sale, on_delete=models.CASCADE, related_name="donation")
    token_id = Uint256Field()
    beneficiary = models.CharField(max_length=42, db_index=True)
    amount_wei = Uint256Field()

    def __str__(self) -> str:
        return f"{self.amount_wei} wei to {self.beneficiary}"


class Credit(models.Model):
    """One Credited or Withdrawn event: held by the log's contract for a payee that refused a push, or paid out."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="credit")
    account = models.CharField(max_length=42, db_index=True)
    amount_wei = Uint256Field()
    currency = models.CharField(max_length=42)
    paid_out = models.BooleanField()

    def __str__(self) -> str:
        return f"{'-' if self.paid_out else '+'}{self.amount_wei} wei for {self.account}"
