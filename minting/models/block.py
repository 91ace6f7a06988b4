"""The chain as it was read: blocks by hash and parent, and the logs of our contracts in them."""

from django.db import models


class Block(models.Model):
    """A canonical block that the indexer has walked. A reorganisation deletes it, and with it all it carried."""

    hash = models.CharField(max_length=66, primary_key=True)
    chain_id = models.PositiveBigIntegerField()
    number = models.PositiveBigIntegerField()
    parent_hash = models.CharField(max_length=66)
    mined_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain_id", "number"], name="block_one_per_number")]

    def __str__(self) -> str:
        return f"block {self.number}"


class Log(models.Model):
    """One event of our contracts, as the node gave it. Every projection points here and dies with it."""

    block = models.ForeignKey(Block, on_delete=models.CASCADE, related_name="logs")
    log_index = models.PositiveIntegerField()
    transaction_hash = models.CharField(max_length=66, db_index=True)
    address = models.CharField(max_length=42)
    event = models.CharField(max_length=40)
    args = models.JSONField()  # members by their Solidity names, integers as decimal strings

    class Meta:
        constraints = [models.UniqueConstraint(fields=["block", "log_index"], name="log_once_per_block")]

    def __str__(self) -> str:
        return f"{self.event} {self.transaction_hash}"
