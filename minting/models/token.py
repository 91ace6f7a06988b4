"""Tokens and who holds them, as the chain's Transfer events say."""

from django.db import models

from minting.models.block import Log
from minting.units import Uint256Field


class Token(models.Model):
    """A token that exists on the canonical chain; (contract, token_id) names it, since a series may use the same ids.

    `owner` is the last Transfer's; minting/indexer writes it. `metadata_cid` is empty where a folder holds it.
    """

    chain_id = models.PositiveBigIntegerField()
    contract = models.CharField(max_length=42)
    token_id = Uint256Field()
    artist = models.CharField(max_length=42)
    owner = models.CharField(max_length=42, db_index=True)
    metadata_cid = models.CharField(max_length=80)
    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="token")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain_id", "contract", "token_id"], name="token_once"),
        ]

    def __str__(self) -> str:
        return f"token {self.token_id} of {self.owner}"


class Transfer(models.Model):
    """One ERC-721 Transfer; a mint comes from the zero address."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="transfer")
    chain_id = models.PositiveBigIntegerField()
    contract = models.CharField(max_length=42)
    token_id = Uint256Field(db_index=True)
    from_address = models.CharField(max_length=42)
    to_address = models.CharField(max_length=42)

    def __str__(self) -> str:
        return f"{self.from_address} to {self.to_address}"
