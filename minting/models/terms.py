"""What an artist or owner signed besides vouchers: auctions, listings, drops, acceptances (EIP-712)."""

from django.db import models

from minting.units import Uint256Field


class Terms(models.Model):
    """Signed in the seller's own wallet, kept here as public words; the contract checks them when they are used.

    `hash` is the EIP-712 digest, which the Sold event names as voucherHash. `payload` holds the struct's members by
    their Solidity names, integers as decimal strings. At most one of a kind is open for a token; an acceptance that
    its seller sends needs no signature.
    """

    class Kind(models.TextChoices):
        AUCTION = "auction"
        LISTING = "listing"
        DROP = "drop"
        ACCEPTANCE = "acceptance"

    kind = models.CharField(max_length=16, choices=Kind)
    chain_id = models.PositiveBigIntegerField()
    contract = models.CharField(max_length=42)
    hash = models.CharField(max_length=66, unique=True)
    collection = models.CharField(max_length=42)
    token_id = Uint256Field()
    payload = models.JSONField()
    price_wei = Uint256Field()  # the reserve of an auction, the amount of an offer
    beneficiary = models.CharField(max_length=42)
    donation_bps = models.PositiveIntegerField()
    signer = models.CharField(max_length=42)
    signature = models.TextField(blank=True)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "terms"
        constraints = [
            models.UniqueConstraint(
                fields=["chain_id", "contract", "collection", "token_id", "kind"],
                condition=models.Q(withdrawn_at__isnull=True, kind__in=["auction", "listing", "drop"]),
                name="terms_one_open_per_token",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["auction", "listing", "drop", "acceptance"]),
                name="terms_kind_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.hash}"
