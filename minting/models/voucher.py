"""An artist's signed word: this work, at this price, to these people (EIP-712)."""

from django.db import models

from minting.units import Uint256Field


class Voucher(models.Model):
    """Signed in the artist's own wallet, kept here as public words; the contract checks it at the sale.

    `payload` holds the members of the Voucher struct by their Solidity names, integers as decimal strings. A token
    may have had several vouchers; at most one is not withdrawn.
    """

    chain_id = models.PositiveBigIntegerField()
    contract = models.CharField(max_length=42)
    token_id = Uint256Field()
    voucher_hash = models.CharField(max_length=66, unique=True)
    payload = models.JSONField()
    price_wei = Uint256Field()
    signer = models.CharField(max_length=42)
    signature = models.TextField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["chain_id", "contract", "token_id"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="voucher_one_open_per_token",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.voucher_hash} for {self.price_wei} wei"
