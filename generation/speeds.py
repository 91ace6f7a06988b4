"""How long pictures take, as measured: for the estimate before queueing and the time left after.

A kind is pool, model, size, steps and output size. The figure is a running mean in which the last ten or so pictures
count; a worker that slows down is believed within a few pictures. Nothing is guessed: None until one was painted.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, FloatField, Sum, Value, When

from generation import capacity
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
    return _ahead(_Queue.of(pool), owner_id, one_more=1)


def seconds_left(mine: Sequence[Job]) -> float | None:
    """Until the last of these open jobs of one owner is done; None while nothing like them was painted yet."""
    longest = 0.0
    for pool in {job.pool for job in mine}:
        seconds = _ahead(_Queue.of(pool), mine[0].owner_id, one_more=0)
        if seconds is None:
            return None
        longest = max(longest, seconds)
    return longest


def seconds_of_step(job: Job, seconds_each: float | None) -> float | None:
    """How long a running job still takes, from the share of its steps that are behind it."""
    if seconds_each is None or not job.steps_total:
        return seconds_each
    return seconds_each * max(0.0, 1 - job.step / job.steps_total)


def known(jobs: Iterable[Job]) -> dict[str, float]:
    """The measured seconds of these jobs' kinds, by kind."""
    kinds = {kind(job.pool, job.recipe) for job in jobs}
    return dict(Speed.objects.filter(kind__in=kinds).values_list("kind", "seconds")) if kinds else {}


@dataclass(frozen=True)
class _Queue:
    """The open jobs of one pool: pictures still to make (a begun one counts for what is left of it) by owner."""

    by_owner: dict[uuid.UUID, float]
    seconds_each: float | None
    workers: int

    @classmethod
    def of(cls, pool: str) -> "_Queue":
        left = Case(
            When(status=Job.Status.RUNNING, steps_total__gt=0, then=1.0 - F("step") * 1.0 / F("steps_total")),
            default=Value(1.0), output_field=FloatField(),
        )  # fmt: skip
        rows = Job.objects.filter(pool=pool, status__in=Job.OPEN).values("owner_id").annotate(n=Sum(left))
        lately = Speed.objects.filter(kind__startswith=f"{pool}:").order_by("-measured_at")[:LAST]
        seconds = [row.seconds for row in lately]
        each = sum(seconds) / len(seconds) if seconds else None
        return cls({row["owner_id"]: row["n"] for row in rows}, each, capacity.workers(pool))


def _ahead(queue: _Queue, owner_id: uuid.UUID, one_more: int) -> float | None:
    mine = queue.by_owner.get(owner_id, 0.0)
    others = sum(min(n, mine + one_more) for owner, n in queue.by_owner.items() if owner != owner_id)
    pictures = mine + others
    if not pictures:
        return 0.0
    return None if queue.seconds_each is None else pictures * queue.seconds_each / queue.workers
