"""The accounts that sign for this site, as the chain process last saw them."""

from django.db import models

from minting.units import Uint256Field


class Minter(models.Model):
    """One signer's address and balance; minting/transactions/watch.py writes it, everyone may read it."""

    chain_id = models.PositiveBigIntegerField()
    address = models.CharField(max_length=42)
    balance_wei = Uint256Field()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain_id", "address"], name="minter_once")]

    def __str__(self) -> str:
        return self.address
