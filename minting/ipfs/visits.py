"""Calls to places that are not ours: in turn, not too often, and later and later while a place is not well.

`turn` hands out the time of the next call by one UPDATE, for all workers on all machines. A place that does not
answer is left in peace for 2, 4, 8 … 900 seconds, whatever number of pins wait for it.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from minting.errors import MintingError, PlaceBusy, PlaceUnreachable
from minting.models import Place

log = logging.getLogger(__name__)
BACKOFF_SECONDS: Final = 2
BACKOFF_SECONDS_MAX: Final = 900


def turn(name: str) -> datetime:
    """When the caller may call; moves the next one's turn behind it. Not to be used when it lies far ahead."""
    now = timezone.now()
    Place.objects.get_or_create(name=name, defaults={"next_at": now})
    row = Place.objects.filter(name=name)
    while True:
        seen = row.values_list("next_at", flat=True).get()
        if seen > now + timedelta(seconds=BACKOFF_SECONDS):
            return seen
        after = Greatest(F("next_at"), now) + timedelta(seconds=1 / settings.PLACE_CALLS_PER_SECOND)
        if row.filter(next_at=seen).update(next_at=after):
            return max(seen, now)


def answered(name: str) -> None:
    """It did what it was asked, or said clearly that it does not have it."""
    before = Place.objects.filter(name=name, failures__gt=0).update(failures=0, error_code="", error_text="")
    Place.objects.filter(name=name).update(answered_at=timezone.now())
    if before:
        log.warning("%s answers again", name)


def failed(name: str, error: MintingError) -> None:
    """It did not answer, refuses, or gives other bytes than ours. Only silence keeps others from calling it."""
    now = timezone.now()
    if isinstance(error, PlaceBusy):
        answered(name)
        wait = timedelta(seconds=error.wait_seconds)
        Place.objects.filter(name=name).update(next_at=Greatest(F("next_at"), now + wait))
        return
    Place.objects.filter(name=name).update(
        failures=F("failures") + 1, failed_at=now, error_code=error.code, error_text=str(error)[:2000]
    )
    failures = Place.objects.values_list("failures", flat=True).get(name=name)
    if isinstance(error, PlaceUnreachable):
        wait = min(BACKOFF_SECONDS * 2 ** min(failures - 1, 20), BACKOFF_SECONDS_MAX)
        Place.objects.filter(name=name).update(next_at=Greatest(F("next_at"), now + timedelta(seconds=wait)))
    if failures == 1:
        log.error("%s keeps copies and is not well: %s", name, error)


def state(names: Sequence[str]) -> dict[str, str]:
    """What is wrong, by place; empty words for one that is well or was not called yet."""
    rows = {row.name: row for row in Place.objects.filter(name__in=names)}
    return {
        name: f"{rows[name].failures} times in a row: {rows[name].error_text}"
        if name in rows and rows[name].failures
        else ""
        for name in names
    }
