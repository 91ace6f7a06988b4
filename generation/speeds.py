"""How long pictures take, as measured: for the estimate before queueing and the time left after.

A kind is pool, model, size, steps and output size. The figure is a running mean in which the last ten or so pictures
count; a worker that slows down is believed within a few pictures. Nothing is guessed: None until one was painted.
"""

import uuid
from typing import Any

from django.db.models import Count

from generation.models import Job, Speed

LAST = 10


def kind(pool: str, document: dict[str, Any]) -> str:
    """The row that a recipe's time is kept under."""
    facts = (document.get(name, "") for name in ("operation", "model", "width_px", "steps", "output_px"))
    return ":".join((pool, *map(str, facts)))[:200]


def measured(of: str, seconds: float) -> None:
    """One more picture of this kind took so long. Two at once may count as one: a mean can bear it."""
    row = Speed.objects.filter(kind=of).first()
    if row is None:
        Speed.objects.get_or_create(kind=of, defaults={"seconds": seconds})
        return
    samples = min(row.samples + 1, LAST)
    Speed.objects.filter(kind=of).update(seconds=row.seconds + (seconds - row.seconds) / samples, samples=samples)


def seconds(of: str) -> float | None:
    """What a picture of this kind takes, or None."""
    return Speed.objects.filter(kind=of).values_list("seconds", flat=True).first()


def seconds_ahead(pool: str, owner_id: uuid.UUID) -> float | None:
    """How long the pool's open jobs keep it busy before a new job of this owner is begun, under fair turns.

    Each other owner has as many turns before it as this owner has jobs waiting, and one more.
    """
    open_jobs = Job.objects.filter(pool=pool, status__in=Job.OPEN)
    by_owner = {row["owner_id"]: row["n"] for row in open_jobs.values("owner_id").annotate(n=Count("pk"))}
    mine = by_owner.pop(owner_id, 0)
    ahead = mine + sum(min(theirs, mine + 1) for theirs in by_owner.values())
    if not ahead:
        return 0.0
    mean = [row.seconds for row in Speed.objects.filter(kind__startswith=f"{pool}:")]
    return ahead * sum(mean) / len(mean) if mean else None
