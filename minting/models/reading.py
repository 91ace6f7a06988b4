"""How far the chain was read, and what stops the reading, as the indexer last said it."""

from django.db import models


class Reading(models.Model):
    """One row per chain; minting/management/commands/index.py writes it, the page of health reads it."""

    chain_id = models.PositiveBigIntegerField(primary_key=True)
    block_number = models.PositiveBigIntegerField(null=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_text = models.TextField(blank=True)
    is_halted = models.BooleanField(default=False)  # it does not pass by itself: a person must look
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"chain {self.chain_id}: {self.error_code or self.block_number}"
