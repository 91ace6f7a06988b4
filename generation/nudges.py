"""Messages to the workers. A message only wakes a worker; the row is the wish, and `resend` finds what was not heard.

`send` never fails the caller: with the broker away the row waits for the sweeper.
"""

import datetime as dt
import logging
import uuid

from celery import current_app
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from generation.models import Job

log = logging.getLogger(__name__)
AGAIN_AFTER = dt.timedelta(seconds=15)


def send(job_id: uuid.UUID, pool: str = "gpu") -> bool:
    """Wake a worker of the pool for this job; False when the broker is away."""
    try:
        current_app.send_task("generation.make", args=[str(job_id)], queue=pool, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("The broker is away (%s); the sweeper will send job %s", error, job_id)
        return False
    Job.objects.filter(pk=job_id).update(nudged_at=timezone.now())
    return True


def resend(limit: int = 100) -> int:
    """Send every queued job that was never sent, or sent a while ago and not claimed since (a lost broker)."""
    old = timezone.now() - AGAIN_AFTER
    waiting = Job.objects.filter(Q(nudged_at__isnull=True) | Q(nudged_at__lt=old), status=Job.Status.QUEUED)
    ids = list(waiting.order_by("created_at").values_list("pk", "pool")[:limit])
    return sum(send(job_id, pool) for job_id, pool in ids)
