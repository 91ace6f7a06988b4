"""Holding the jobs that a worker has claimed: a thread beats and hears of cancels, so that painting never waits for
the database.

Whoever takes a job from its worker says so by NOTIFY in the same commit; the thread listens, and the next step stops
a painting whose jobs are all gone. A job that is cancelled in the middle is noticed within two steps and touches no
other. Progress is written a few times a second, and that tells as well, should a word be lost. With the database away
the beats fail, the painting goes on, and the lease decides.
"""

import logging
import select
import socket
import threading
import time
import uuid
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import psycopg
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
        self._session: Any = None  # psycopg's, which listens
        self._over = False
        self._wake, self._waker = socket.socketpair()
        self._thread = threading.Thread(target=self._beat, name=f"beat-{self._ids[0]}", daemon=True)

    def __enter__(self) -> "Lease":
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._over = True
        self._waker.send(b".")
        self._thread.join()
        self._wake.close()
        self._waker.close()

    def holds(self, job_id: uuid.UUID) -> bool:
        """As far as is known: who finishes a job asks again, by a conditional UPDATE."""
        return job_id in self._held

    def stepped(self, step: int, steps_total: int) -> None:
        """One step more; PaintCancelled when no job of these is this worker's any more."""
        if not self._held:
            raise PaintCancelled
        self._progress |= {"step": step, "steps_total": steps_total}

    def previewed(self, step: int) -> None:
        """A small picture of this step can be looked at."""
        self._progress |= {"preview_step": step}

    def _beat(self) -> None:
        written = time.monotonic()
        said: dict[str, int] = {}
        patience = settings.JOB_LEASE_SECONDS / 3
        try:
            while not self._over:
                try:
                    progress, waited = dict(self._progress), time.monotonic() - written
                    if waited >= patience or (progress != said and waited >= WRITE_EVERY_SECONDS):
                        self._write(progress)
                        written, said = time.monotonic(), progress
                    self._listen(WRITE_EVERY_SECONDS)
                except (db.Error, psycopg.Error, OSError) as error:
                    log.warning("No beat for %s: %s", self._ids, str(error).splitlines()[:1])
                    db.connections.close_all()
                    time.sleep(WRITE_EVERY_SECONDS)
        finally:
            db.connections.close_all()

    def _listen(self, seconds: float) -> None:
        """Wait so long, or until somebody took a job from its worker, or the lease is over."""
        if self._session is None or self._session is not db.connection.connection:
            with db.connection.cursor() as cursor:
                cursor.execute(f"LISTEN {jobs.TAKEN}")
            self._session = db.connection.connection
            # Words that come beside the answer to a query are given to the handler; the rest are read below.
            self._session.add_notify_handler(lambda word: self._taken(word.payload))
            self._held &= jobs.held(self._held, self._worker)  # what was said before we listened
        session = self._session.pgconn
        ready, _, _ = select.select([session.socket, self._wake], [], [], seconds)
        if session.socket in ready:
            session.consume_input()
            while (word := session.notifies()) is not None:
                self._taken(word.extra.decode())

    def _taken(self, job_id: str) -> None:
        self._held.discard(uuid.UUID(job_id))

    def _write(self, progress: dict[str, int]) -> None:
        for job_id in list(self._held):
            try:
                jobs.beat(job_id, self._worker, **progress)
            except jobs.StaleTransition:
                self._held.discard(job_id)
