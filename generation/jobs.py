"""The Job state machine: one function per edge, each one conditional UPDATE.

A claim is a lease: who claims a job beats while working, and a lease that lapses (the worker was killed) is seen by
`requeue_lapsed`, which queues the job again or, after the last attempt, fails it. No edge does input or output.

    queued --claim--> running --succeed--> succeeded
       ^                 | --fail--> failed (or back to queued when it may be tried again)
       |  <-- lapse -----|
    queued, running --cancel--> cancelled;  failed, cancelled --retry--> queued
"""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from generation.errors import GenerationError
from generation.models import Image, Job, Repaint

Status = Job.Status
TAKEN = "generation_job_taken"
"""The channel on which a worker hears, with the commit, that a job is no longer its own."""
Made = TypeVar("Made", Image, Repaint)


class StaleTransition(Exception):
    """The row was not in the state that this edge leaves from: someone else moved it. Nothing was changed."""


def _lease() -> dt.datetime:
    return timezone.now() + dt.timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _move(job_id: uuid.UUID, old: str, holder: str | None = None, /, **changes: Any) -> None:
    rows = Job.objects.filter(pk=job_id, status=old)
    if holder is not None:
        rows = rows.filter(worker=holder)
    if rows.update(**changes) != 1:
        raise StaleTransition(f"Job {job_id} is not {old}" + (f" for {holder}" if holder else ""))


def claim(job_id: uuid.UUID, worker: str) -> Job:
    """queued -> running, for this worker alone."""
    _move(
        job_id, Status.QUEUED, status=Status.RUNNING, worker=worker, lease_until=_lease(), step=0,
        preview_step=0, attempts=F("attempts") + 1, started_at=timezone.now(), error_code="", error_text="",
    )  # fmt: skip
    return Job.objects.select_related("prompt").get(pk=job_id)


def beat(job_id: uuid.UUID, worker: str, **progress: int) -> None:
    """Prolong the lease and say how far it is (`step`, `steps_total`, `preview_step`, or nothing new).

    StaleTransition when the job is no longer this worker's.
    """
    _move(job_id, Status.RUNNING, worker, lease_until=_lease(), **progress)


def held(job_ids: Iterable[uuid.UUID], worker: str) -> set[uuid.UUID]:
    """Those of these jobs that are still this worker's: neither cancelled nor taken back."""
    rows = Job.objects.filter(pk__in=list(job_ids), status=Status.RUNNING, worker=worker)
    return set(rows.values_list("pk", flat=True))


def succeed(job_id: uuid.UUID, worker: str, made: Made) -> Made:
    """running -> succeeded, with what it made, in one commit: a job has its picture or is not finished."""
    with transaction.atomic():
        _move(
            job_id, Status.RUNNING, worker, status=Status.SUCCEEDED, lease_until=None, finished_at=timezone.now(),
            step=F("steps_total"),
        )  # fmt: skip
        made.save(force_insert=True)
    return made


def fail(job_id: uuid.UUID, worker: str, error: GenerationError) -> None:
    """running -> queued while it may be tried again, else failed, with the reason."""
    job = Job.objects.get(pk=job_id)
    again = error.retryable and job.attempts < settings.JOB_ATTEMPTS
    _move(
        job_id, Status.RUNNING, worker, status=Status.QUEUED if again else Status.FAILED, lease_until=None,
        nudged_at=None, finished_at=None if again else timezone.now(), error_code=error.code,
        error_text=f"{error} {error.next_step}".strip(),
    )  # fmt: skip


def cancel(job_id: uuid.UUID) -> None:
    """queued or running -> cancelled. A worker that paints it hears of it with the commit and stops."""
    rows = Job.objects.filter(pk=job_id, status__in=Job.OPEN)
    with transaction.atomic():
        if rows.update(status=Status.CANCELLED, lease_until=None, finished_at=timezone.now()) != 1:
            raise StaleTransition(f"Job {job_id} is over")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [TAKEN, str(job_id)])


def retry(job_id: uuid.UUID) -> None:
    """failed or cancelled -> queued, with the same recipe and three fresh attempts."""
    rows = Job.objects.filter(pk=job_id, status__in=(Status.FAILED, Status.CANCELLED))
    changed = rows.update(
        status=Status.QUEUED, attempts=0, nudged_at=None, finished_at=None, step=0, error_code="", error_text=""
    )
    if changed != 1:
        raise StaleTransition(f"Job {job_id} has not failed")


def requeue_lapsed() -> int:
    """running with a lapsed lease -> queued, or failed after the last attempt. Returns how many moved."""
    lapsed = Job.objects.filter(status=Status.RUNNING, lease_until__lt=timezone.now())
    dead = lapsed.filter(attempts__gte=settings.JOB_ATTEMPTS).update(
        status=Status.FAILED, lease_until=None, finished_at=timezone.now(), error_code="worker_lost",
        error_text="The worker was lost three times while it painted this. Try again, or ask for a smaller picture.",
    )  # fmt: skip
    back = lapsed.filter(attempts__lt=settings.JOB_ATTEMPTS).update(
        status=Status.QUEUED, lease_until=None, nudged_at=None
    )
    return dead + back
