"""Messages to the workers. A message only wakes a worker of a pool; the rows are the wishes, and whose turn it is is
decided when the worker has its hands free (generation/turns.py).

`send` never fails the caller: with the broker away the row waits for the sweeper. `resend` sends as many messages as
there are rows waiting without one: it asks the broker how many it still holds, so that a long queue is not told again
and again.
"""

import datetime as dt
import logging
import uuid

from celery import current_app
from django.db.models import Count
from django.utils import timezone
from kombu.exceptions import ChannelError, OperationalError
from redis.exceptions import RedisError

from generation.models import Job

log = logging.getLogger(__name__)
AGAIN_AFTER = dt.timedelta(seconds=15)
AWAY = (OperationalError, RedisError, OSError)


def send(job_id: uuid.UUID, pool: str = "gpu") -> bool:
    """Wake a worker of the pool for this job; False when the broker is away."""
    try:
        current_app.send_task("generation.make", args=[pool], queue=pool, retry=False)
    except AWAY as error:
        log.warning("The broker is away (%s); the sweeper will send job %s", error, job_id)
        return False
    Job.objects.filter(pk=job_id).update(nudged_at=timezone.now())
    return True


def resend(limit: int = 100) -> int:
    """Send what waits without a message: rows never sent, or sent a while ago and lost with the broker."""
    sent = 0
    waiting = Job.objects.filter(status=Job.Status.QUEUED).order_by()
    for row in waiting.values("pool").annotate(n=Count("pk")):
        pool, of_pool = row["pool"], waiting.filter(pool=row["pool"])
        unsent = list(
            of_pool.filter(nudged_at__isnull=True).order_by("created_at").values_list("pk", flat=True)[:limit]
        )
        old = of_pool.filter(nudged_at__lt=timezone.now() - AGAIN_AFTER).order_by("created_at")
        if not unsent and not old.exists():
            continue
        there = _messages(pool)
        if there is None:
            continue
        lost = max(0, row["n"] - len(unsent) - there)
        ids = [*unsent, *old.values_list("pk", flat=True)[: min(lost, limit)]]
        sent += sum(send(job_id, pool) for job_id in ids)
    return sent


def _messages(pool: str) -> int | None:
    """How many messages the broker holds for this pool; None when it is away."""
    try:
        with current_app.connection_for_write() as connection:
            queue = connection.default_channel.queue_declare(pool, passive=True)
            return int(queue.message_count)
    except AWAY as error:
        log.warning("The broker is away (%s)", error)
        return None
    except ChannelError:
        return 0  # no such queue yet
