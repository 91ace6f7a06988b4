"""Whose job is next: fair turns between owners by weight, and with it the jobs that can share its forward pass.

Start-time fair queueing (Goyal, Vin & Chen 1997, doi:10.1109/90.649569). An owner's next job starts where their last
one ended, or at the clock if that is later; the earliest start is next, and of equal ones the job that has waited
longest. A message to a worker says only that something waits: which job it makes is decided here, at the moment when
it has its hands free. Claims of all workers wait for one another at the clock's row, for a few milliseconds.
"""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import F, Min, Q, QuerySet
from django.db.models.functions import Greatest

from generation import jobs
from generation.models import Job, Turn
from generation.models.queue import CLOCK


def claim(pool: str, worker: str, may_load: Collection[str] = ()) -> Job | None:
    """The next job of the pool, now this worker's; None when nothing waits that it may make."""
    rows = Job.objects.filter(pool=pool, status=Job.Status.QUEUED)
    if may_load:
        rows = rows.filter(Q(recipe__model__in=list(may_load)) | Q(recipe__model__isnull=True))
    return _claim(rows, worker)


def claim_beside(job: Job, worker: str, most: int) -> list[Job]:
    """Up to `most` further jobs that may be painted in one forward pass with this one, in fair turns as well."""
    rows = Job.objects.filter(pool=job.pool, status=Job.Status.QUEUED, batch_key=job.batch_key)
    found: list[Job] = []
    while job.batch_key and len(found) < most:
        one = _claim(rows, worker)
        if one is None:
            break
        found.append(one)
    return found


def _claim(rows: "QuerySet[Job]", worker: str) -> Job | None:
    if not rows.exists():
        return None
    with transaction.atomic():
        Turn.objects.get_or_create(owner_id=CLOCK)
        clock = Turn.objects.select_for_update().get(owner_id=CLOCK)
        while True:
            chosen = _next(rows, clock.passed)
            if chosen is None:
                return None
            try:
                job = jobs.claim(chosen.pk, worker)
            except jobs.StaleTransition:
                continue  # cancelled in between
            _charge(job, clock)
            return job


def _next(rows: "QuerySet[Job]", clock: float) -> Job | None:
    urgent = rows.filter(priority__gte=Job.URGENT).order_by("-priority", "created_at").first()
    if urgent is not None:
        return urgent
    heads = {row["owner_id"]: row["first"] for row in rows.values("owner_id").annotate(first=Min("created_at"))}
    if not heads:
        return None
    passed = dict(Turn.objects.filter(owner_id__in=heads).values_list("owner_id", "passed"))
    owner = min(heads, key=lambda one: (max(passed.get(one, 0.0), clock), heads[one]))
    return rows.filter(owner_id=owner).order_by("-priority", "created_at").first()


def _charge(job: Job, clock: Turn) -> None:
    """The owner's next job starts after this one; the clock stands where this one started."""
    Turn.objects.get_or_create(owner_id=job.owner_id)
    mine = Turn.objects.filter(owner_id=job.owner_id)
    start = max(float(mine.values_list("passed", flat=True).get()), clock.passed)
    paid: Any = Greatest(F("passed"), clock.passed) + float(job.cost) / Greatest(F("weight"), 1)
    mine.update(passed=paid)
    if job.priority < Job.URGENT and start > clock.passed:
        Turn.objects.filter(owner_id=CLOCK).update(passed=start)
