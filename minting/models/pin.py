"""Bytes that must stay, one row per place that shall hold them."""

from datetime import datetime

from django.db import models
from django.db.models import Q


class Pin(models.Model):
    """`cid` shall be kept at `place` (minting/ipfs/places.py names them); minting/ipfs/pins.py holds every edge.

    The bytes are in the store on this machine before the row is written, so a worker needs nothing but the row.
    `verified_at` is when every byte was last read back and compared, `sampled_at` when some were, chosen by chance.
    """

    class Status(models.TextChoices):
        WANTED = "wanted"
        UPLOADED = "uploaded"
        PINNED = "pinned"
        LOST = "lost"

    cid = models.CharField(max_length=80)
    place = models.CharField(max_length=24)
    status = models.CharField(max_length=16, choices=Status, default=Status.WANTED)
    size_bytes = models.PositiveBigIntegerField()
    mime = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    nudged_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_text = models.TextField(blank=True)
    verified_at = models.DateTimeField(null=True)
    sampled_at = models.DateTimeField(null=True)
    mended_at = models.DateTimeField(null=True)  # when it was last found lost, and put back
    created_at = models.DateTimeField(auto_now_add=True)

    @property
    def proven_at(self) -> datetime | None:
        """When bytes were last read back and compared, some or all."""
        return max((at for at in (self.verified_at, self.sampled_at) if at), default=None)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cid", "place"], name="pin_once_per_place"),
            models.CheckConstraint(
                condition=Q(status__in=["wanted", "uploaded", "pinned", "lost"]), name="pin_status_is_known"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="pin_due")]

    def __str__(self) -> str:
        return f"{self.cid} at {self.place}: {self.status}"
