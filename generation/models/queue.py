"""What the queue remembers: whose turn it is, how fast models paint, which workers there are and what they hold."""

import uuid

from django.db import models

CLOCK = uuid.UUID(int=0)


class Turn(models.Model):
    """How much of the painters' time an owner has had, for fair queueing (Goyal, Vin & Chen 1997, start-time fair
    queueing). `passed` grows by the cost of each claimed job divided by `weight`; whoever has passed least is next.
    The row of the owner CLOCK holds the latest start, so that nobody saves up turns by staying away.
    """

    owner_id = models.UUIDField(primary_key=True)
    weight = models.PositiveSmallIntegerField(default=1)
    passed = models.FloatField(default=0)
    pictures_per_day = models.PositiveIntegerField(null=True)  # instead of the site's quota

    def __str__(self) -> str:
        return f"{self.owner_id} {self.passed:g}"


class Speed(models.Model):
    """Seconds a picture takes, measured: `seconds` is a running mean over the last ten or so of its kind."""

    kind = models.CharField(primary_key=True, max_length=200)  # pool, model, size and steps
    seconds = models.FloatField()
    samples = models.PositiveIntegerField(default=1)
    measured_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.kind}: {self.seconds:.2f} s"


class Workbench(models.Model):
    """A worker as it announced itself: its pool, device, memory, and the models it may load (none named: any)."""

    name = models.CharField(primary_key=True, max_length=120)
    pool = models.CharField(max_length=40)
    device = models.CharField(max_length=80)
    memory_bytes = models.PositiveBigIntegerField()
    seen_at = models.DateTimeField(auto_now=True)
    warm = models.JSONField(default=list)
    may_load = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.name} {self.pool} {self.device}"
