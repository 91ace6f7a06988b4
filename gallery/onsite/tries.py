"""How often one network address may try codes: thirty tries in ten minutes, those that were right not counted.

Counted in the database, for all processes together; gallery/limits.py says what an address is. Kept as a keyed hash
for a day.
"""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from gallery import limits
from gallery.errors import GalleryError
from gallery.models import ClaimTry

TRIES, SPAN = 30, timedelta(minutes=10)
KEPT = timedelta(days=1)


class TooManyTries(GalleryError):
    """Wait; `retry_after_seconds` says how long."""

    code: ClassVar[str] = "too_many_tries"
    status: ClassVar[int] = 429
    title = "Too many codes were tried from here"
    next_step = "Wait ten minutes and try again."

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("Too many codes were tried from this network.")
        self.retry_after_seconds = retry_after_seconds


def count(request: HttpRequest) -> ClaimTry:
    """Counts this try; TooManyTries from the thirty-first on."""
    now = timezone.now()
    ClaimTry.objects.filter(since__lt=now - KEPT).delete()
    row, _ = ClaimTry.objects.get_or_create(visitor=_visitor(request), since=_span(now))
    ClaimTry.objects.filter(pk=row.pk).update(tries=F("tries") + 1)
    row.refresh_from_db()
    if row.tries > TRIES:
        raise TooManyTries(int((row.since + SPAN - now).total_seconds()) + 1)
    return row


def forgive(row: ClaimTry) -> None:
    """The code was right: this try does not count."""
    ClaimTry.objects.filter(pk=row.pk, tries__gte=1).update(tries=F("tries") - 1)


def _span(now: datetime) -> datetime:
    return now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % SPAN


def _visitor(request: HttpRequest) -> str:
    return salted_hmac("claim try", limits.address(request)).hexdigest()
