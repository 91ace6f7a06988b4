"""Something that shall happen on the chain once, from the wish to the final block."""

from django.db import models
from django.db.models import Q

from minting.units import Uint256Field


class Transaction(models.Model):
    """An outbox row; minting/transactions/outbox.py holds every edge.

    `key` names the wish (for example "mint:31337:0x…:<token id>"): wishing twice is one row. The nonce is given out
    and the signed bytes are stored in one commit before the first broadcast, so a crash sends the same bytes again.
    """

    class Status(models.TextChoices):
        WANTED = "wanted"
        SIGNED = "signed"
        BROADCAST = "broadcast"
        MINED = "mined"
        FINAL = "final"
        REVERTED = "reverted"
        REPLACED = "replaced"
        BATCHED = "batched"  # carried by `batch`, which has the nonce
        CANCELLED = "cancelled"

    OPEN = (Status.WANTED, Status.SIGNED, Status.BROADCAST, Status.MINED)

    key = models.CharField(max_length=200, unique=True)
    purpose = models.CharField(max_length=24)
    chain_id = models.PositiveBigIntegerField()
    to = models.CharField(max_length=42, blank=True)  # empty: a contract creation
    data = models.TextField()
    value_wei = Uint256Field(default=0)
    status = models.CharField(max_length=16, choices=Status, default=Status.WANTED)
    sender = models.CharField(max_length=42, blank=True)
    nonce = models.PositiveBigIntegerField(null=True)
    gas = models.PositiveBigIntegerField(null=True)
    max_fee_per_gas_wei = Uint256Field(null=True)
    max_priority_fee_per_gas_wei = Uint256Field(null=True)
    signed_bytes = models.BinaryField(null=True)
    hash = models.CharField(max_length=66, blank=True)
    block_hash = models.CharField(max_length=66, blank=True)
    block_number = models.PositiveBigIntegerField(null=True)
    gas_used = models.PositiveBigIntegerField(null=True)
    fee_wei = Uint256Field(null=True)  # what its block took for it, a rollup's fee for the data included
    contract_address = models.CharField(max_length=42, blank=True)
    batch = models.ForeignKey("self", models.PROTECT, null=True, related_name="members")
    cancels = models.BooleanField(default=False)  # what is signed is an empty transaction in the wish's place
    cancel_asked_at = models.DateTimeField(null=True)
    hurry_asked_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_text = models.TextField(blank=True)
    due_at = models.DateTimeField()
    nudged_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    signed_at = models.DateTimeField(null=True)
    broadcast_at = models.DateTimeField(null=True)
    mined_at = models.DateTimeField(null=True)
    final_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["chain_id", "sender", "nonce"],
                condition=Q(nonce__isnull=False),
                name="transaction_nonce_used_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "wanted",
                        "signed",
                        "broadcast",
                        "mined",
                        "final",
                        "reverted",
                        "replaced",
                        "batched",
                        "cancelled",
                    ]
                ),
                name="transaction_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["wanted", "reverted", "cancelled", "batched"])
                | Q(signed_bytes__isnull=False)
                | Q(batch__isnull=False),
                name="transaction_signed_before_sent",
            ),
            models.CheckConstraint(
                condition=~Q(status="batched") | Q(batch__isnull=False), name="transaction_batched_in_a_batch"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(status__in=["wanted", "signed", "broadcast", "mined"]),
                name="transaction_due",
            ),
            models.Index(fields=["signed_at"], name="transaction_signed_at"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"
