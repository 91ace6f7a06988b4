"""The trash: out of sight at once, back at any time for 30 days, and only then are bytes deleted.

A row is never deleted, so no lineage loses a step. Bytes are kept, however long they lie here, while anything rests
on them: a child, a signed copy, a job that waits to work the picture over, a second picture of the same bytes, or
what the caller of `empty` names as held (the gallery's works, which this engine does not know).
"""

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from generation import pictures
from generation.curation.marks import own
from generation.models import Credential, Image, Job, Parentage

DAYS = 30
AT_ONCE = 200
UNTOUCHED = dt.timedelta(days=1)  # bytes that were written anew since then may belong to a row that is just coming


def drop(owner_id: uuid.UUID, image_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Put pictures into the trash; the ids of those that were not in it, for undoing."""
    rows = own(owner_id, image_ids).filter(trashed_at__isnull=True)
    moved = list(rows.values_list("pk", flat=True))
    Image.objects.filter(pk__in=moved, trashed_at__isnull=True).update(trashed_at=timezone.now())
    return moved


def restore(owner_id: uuid.UUID, image_ids: Sequence[uuid.UUID]) -> None:
    """Take pictures out of the trash, with their stars and boards as they were; harmless for others."""
    own(owner_id, image_ids).filter(emptied_at__isnull=True).update(trashed_at=None)


def due() -> Iterator[uuid.UUID]:
    """Pictures that have lain in the trash for 30 days and that nothing in this engine rests on, oldest first."""
    before = timezone.now() - dt.timedelta(days=DAYS)
    rows = Image.objects.filter(trashed_at__lt=before, emptied_at__isnull=True)
    rows = rows.exclude(Exists(Parentage.objects.filter(parent=OuterRef("pk"))))
    rows = rows.exclude(Exists(Credential.objects.filter(image=OuterRef("pk"))))
    inputs = Job.objects.filter(status__in=Job.OPEN).values_list("inputs", flat=True)
    waiting = {pk for named in inputs for pk in named}
    for pk in rows.order_by("trashed_at").values_list("pk", flat=True).iterator(chunk_size=AT_ONCE):
        if str(pk) not in waiting:
            yield pk


def empty(held: Callable[[Sequence[uuid.UUID]], Collection[uuid.UUID]]) -> int:
    """Delete the bytes of what is due, but for those that `held` names of the ids it is given. May run twice."""
    found = list(due())
    emptied = 0
    for start in range(0, len(found), AT_ONCE):
        chunk = found[start : start + AT_ONCE]
        keep = set(held(chunk))
        emptied += sum(_empty(pk) for pk in chunk if pk not in keep)
    return emptied


def _empty(pk: uuid.UUID) -> bool:
    now = timezone.now()
    with transaction.atomic():
        still = Image.objects.filter(pk=pk, trashed_at__lt=now - dt.timedelta(days=DAYS), emptied_at__isnull=True)
        if still.update(emptied_at=now) != 1:
            return False
        row = Image.objects.only("sha256", "mime").get(pk=pk)
        shared = Image.objects.filter(sha256=row.sha256, emptied_at__isnull=True).exists()
    if not shared:
        pictures.forget(row.sha256, row.mime, not_after=now - UNTOUCHED)
    return True
