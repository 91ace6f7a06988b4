"""Messages to the pin and chain workers. A message only wakes a worker; the row is the wish.

`send` never fails the caller; `resend` sends every row that is due and of which no worker was told since.
"""

import logging
from contextlib import suppress

from celery import current_app
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from minting.ipfs import pins
from minting.models import Pin, Transaction
from minting.transactions import outbox, watch

log = logging.getLogger(__name__)
TASKS: dict[type[Pin] | type[Transaction], str] = {Pin: "minting.pin", Transaction: "minting.send"}


def send(row: type[Pin] | type[Transaction], pk: int) -> bool:
    """Wake a worker for this row; False when the broker is away."""
    try:
        current_app.send_task(TASKS[row], args=[pk], retry=False)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("The broker is away (%s); the sweeper will send %s %s", error, row.__name__, pk)
        return False
    row.objects.filter(pk=pk).update(nudged_at=timezone.now())
    return True


def send_watch() -> None:
    """Have a chain worker look at the signers' balances, where nobody has for a while."""
    if watch.is_due(settings.CHAIN_ID):
        with suppress(OperationalError, RedisError, OSError):
            current_app.send_task("minting.watch", retry=False, expires=1)


def resend() -> int:
    """Send what is due and unheard; returns how many messages went out."""
    return sum([send(Pin, pk) for pk in pins.due()] + [send(Transaction, pk) for pk in outbox.due()])
