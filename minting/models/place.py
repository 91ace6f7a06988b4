"""A place that keeps copies, as we have met it: when it last answered, and when it may be called again."""

from django.db import models


class Place(models.Model):
    """One row per configured place that is not this machine; minting/ipfs/visits.py holds every change.

    `next_at` hands out the turns: whoever moves it ahead may call then, so all workers together keep to the rate.
    """

    name = models.CharField(max_length=24, unique=True)
    next_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # since it last answered
    error_code = models.CharField(max_length=40, blank=True)
    error_text = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name
