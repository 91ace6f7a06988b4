"""How much one owner may ask for: open jobs, pictures a day, pictures a minute.

`take` holds the owner's row locked until the caller's transaction ends, so two requests at once cannot both take the
last place. What is counted are jobs themselves; there is no counter that could drift.
"""

import datetime as dt
import uuid

from django.conf import settings
from django.utils import timezone

from generation.errors import QuotaReached
from generation.models import Job, Turn


def take(owner_id: uuid.UUID, pictures: int) -> None:
    """QuotaReached unless this many more may be queued now. Call it inside the transaction that queues them."""
    Turn.objects.get_or_create(owner_id=owner_id)
    turn = Turn.objects.select_for_update().get(owner_id=owner_id)
    mine, now = Job.objects.filter(owner_id=owner_id), timezone.now()
    waiting = mine.filter(status__in=Job.OPEN).count()
    if waiting + pictures > settings.JOBS_OPEN_PER_OWNER:
        raise QuotaReached(
            "quota_open", f"{waiting} of your pictures are waiting or being painted; "
            f"at most {settings.JOBS_OPEN_PER_OWNER} may be at once.", "Wait for some of them, or cancel some.", 60,
        )  # fmt: skip
    for code, most, span, words in (
        ("quota_minute", settings.PICTURES_PER_MINUTE, dt.timedelta(minutes=1), "minute"),
        ("quota_day", _per_day(turn), dt.timedelta(days=1), "day"),
    ):
        recent = mine.filter(created_at__gt=now - span)
        if recent.count() + pictures > most:
            oldest = recent.order_by("created_at").values_list("created_at", flat=True).first()
            wait = span - (now - oldest) if oldest else span
            raise QuotaReached(
                code, f"At most {most} pictures a {words} are painted for one person.",
                "Ask for fewer, or come back later.", max(1, int(wait.total_seconds()) + 1),
            )  # fmt: skip


def left(owner_id: uuid.UUID) -> int:
    """How many more pictures this owner may ask for today."""
    turn = Turn.objects.filter(owner_id=owner_id).first()
    day = Job.objects.filter(owner_id=owner_id, created_at__gt=timezone.now() - dt.timedelta(days=1)).count()
    return max(0, _per_day(turn) - day)


def _per_day(turn: Turn | None) -> int:
    own = turn.pictures_per_day if turn else None
    return settings.PICTURES_PER_DAY if own is None else own
