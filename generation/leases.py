"""Holding the jobs that a worker has claimed: a thread beats and looks for cancels, so that painting never waits for
the database.

After every step the thread asks which jobs are still this worker's; the next step then stops a painting whose jobs
are all gone. A job that was cancelled in the middle is noticed within two steps and touches no other. Progress is
written a few times a second. With the database away the beats fail, the painting goes on, and the lease decides.
"""

import logging
import threading
import time
import uuid
from collections.abc import Iterable
from types import TracebackType

from django import db
from django.conf import settings

from generation import jobs
from generation.errors import PaintCancelled
from generation.models import Job

log = logging.getLogger(__name__)
WRITE_EVERY_SECONDS = 0.25


class Lease:
    """`with Lease(jobs, worker) as lease:` and `lease.stepped(...)` after each step of the painting."""

    def __init__(self, claimed: Iterable[Job], worker: str) -> None:
        self._ids = [job.pk for job in claimed]
        self._worker = worker
        self._held = set(self._ids)
        self._progress: dict[str, int] = {}
        self._over = False
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"beat-{self._ids[0]}", daemon=True)

    def __enter__(self) -> "Lease":
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._over = True
        self._news.set()
        self._thread.join()

    def holds(self, job_id: uuid.UUID) -> bool:
        """As far as is known: who finishes a job asks again, by a conditional UPDATE."""
        return job_id in self._held

    def stepped(self, step: int, steps_total: int) -> None:
        """One step more; PaintCancelled when no job of these is this worker's any more."""
        if not self._held:
            raise PaintCancelled
        self._progress |= {"step": step, "steps_total": steps_total}
        self._news.set()

    def previewed(self, step: int) -> None:
        """A small picture of this step can be looked at."""
        self._progress |= {"preview_step": step}

    def _beat(self) -> None:
        written = time.monotonic()
        said: dict[str, int] = {}
        patience = settings.JOB_LEASE_SECONDS / 3
        try:
            while True:
                news = self._news.wait(patience)
                self._news.clear()
                if self._over:
                    return
                progress = dict(self._progress)
                due = time.monotonic() - written >= (WRITE_EVERY_SECONDS if said else 0)
                try:
                    if not news or (due and progress != said):
                        self._write(progress)
                        written, said = time.monotonic(), progress
                    else:
                        self._held &= jobs.held(self._held, self._worker)
                except db.Error as error:
                    log.warning("No beat for %s: %s", self._ids, str(error).splitlines()[0])
                    db.connections.close_all()
        finally:
            db.connections.close_all()

    def _write(self, progress: dict[str, int]) -> None:
        for job_id in list(self._held):
            try:
                jobs.beat(job_id, self._worker, **progress)
            except jobs.StaleTransition:
                self._held.discard(job_id)
