"""Sales and how each price was parted, as the market's events say."""

from django.db import models

from minting.models.block import Log
from minting.units import Uint256Field


class Sale(models.Model):
    """One Sold event of market, auctions or offers; (contract, sale_id) names it, (collection, token_id) the work.

    `voucher_hash` is the hash of what was signed: voucher, listing, drop, auction or acceptance. `currency` zero is
    ether, else an ERC-20 whose smallest units all amounts of the sale are in.
    """

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="sale")
    chain_id = models.PositiveBigIntegerField()
    contract = models.CharField(max_length=42)
    sale_id = Uint256Field()
    collection = models.CharField(max_length=42)
    token_id = Uint256Field(db_index=True)
    buyer = models.CharField(max_length=42)
    recipient = models.CharField(max_length=42)
    price_wei = Uint256Field()
    currency = models.CharField(max_length=42)
    voucher_hash = models.CharField(max_length=66)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain_id", "contract", "sale_id"], name="sale_once"),
        ]

    def __str__(self) -> str:
        return f"sale of {self.token_id} for {self.price_wei} wei"


class Payment(models.Model):
    """One Paid event: a share of a sale, sent or credited."""

    log = models.OneToOneField(Log, on_delete=models.CASCADE, related_name="payment")
    sale = models.ForeignKey(Sale, on_delete=models.CASCADE, related_name="payments")
    account = models.CharField(max_length=42)
    amount_wei = Uint256Field()

    def __str__(self) -> str:
        return f"{self.amount_wei} wei to {self.account}"
