"""Looking at pictures: their words, colours and likeness are computed once, away from any page.

The sweeper looks at a few each round, so a new picture can be found a moment after it is there; `manage.py look` does
all old ones at once. A picture whose file is gone is looked at too and found to have no look.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.models import F, FloatField, Func, Q, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone
from PIL import Image as Pillow

from generation import pictures
from generation.curation import colours, likeness, words
from generation.models import Image, Look, Tint
from generation.models.look import HalfVectorField

FROM_WIDTH_PX = 320
TWINS_AMONG = 8


class Distance(Func):
    """The Euclidean distance of a column of vectors from one vector; in ORDER BY the index serves it."""

    template = "%(expressions)s"
    arg_joiner = " <-> "
    output_field = FloatField()

    def __init__(self, column: str, vector: list[float]) -> None:
        field = HalfVectorField(numbers=len(vector))
        super().__init__(F(column), Cast(Value(field.get_prep_value(vector), output_field=TextField()), field))


@contextmanager
def nearest_first() -> Iterator[None]:
    """Within it the index goes on until the filters are satisfied, in order of distance (pgvector 0.8)."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL hnsw.iterative_scan = strict_order")
        yield


def take(most: int) -> int:
    """Look at up to so many pictures that nobody has looked at, oldest first; returns how many. May run twice."""
    due = Image.objects.filter(looked_at__isnull=True).select_related("job__prompt").order_by("created_at")
    return sum(_look(image) for image in due[:most])


def forget() -> int:
    """Have every picture looked at anew; returns how many that are."""
    return Image.objects.filter(looked_at__isnull=False).update(looked_at=None)


def _look(image: Image) -> bool:
    try:
        with Pillow.open(pictures.derivative(image.sha256, image.mime, FROM_WIDTH_PX)) as picture:
            seen = picture.convert("RGB")
    except pictures.StoreFull:
        return False  # there is no room for a small copy; another time
    except (OSError, SyntaxError, ValueError):
        seen = None
    vector = likeness.vector(seen) if seen else None
    twin = _twin(image, vector) if vector else None
    prompt = image.job.prompt if image.job else None
    with transaction.atomic():
        mine = Image.objects.filter(pk=image.pk, looked_at__isnull=True)
        if mine.update(looked_at=timezone.now(), words=words.index(prompt)) != 1:
            return False
        Look.objects.filter(pk=image.pk).delete()
        Tint.objects.filter(image=image).delete()
        Look.objects.create(
            image=image, owner_id=image.owner_id, palette=colours.palette(seen) if seen else [], likeness=vector,
            twin_of_id=twin,
        )  # fmt: skip
        Tint.objects.bulk_create(
            Tint(image=image, owner_id=image.owner_id, colour=colour, share=share)
            for colour, share in (colours.tints(seen) if seen else {}).items()
        )
    return True


def _twin(image: Image, vector: list[float]) -> uuid.UUID | None:
    """The first picture of the group that this one looks the same as."""
    firsts = Look.objects.filter(owner_id=image.owner_id, twin_of__isnull=True, likeness__isnull=False)
    with nearest_first():
        near = list(firsts.exclude(pk=image.pk).order_by(Distance("likeness", vector))[:TWINS_AMONG])
    return next((look.pk for look in near if likeness.are_twins(vector, look.likeness)), None)


def twins(
    owner_id: uuid.UUID, after: uuid.UUID | None = None, most: int = 20
) -> tuple[list[list[Image]], uuid.UUID | None]:
    """Groups of near-duplicates outside the trash, and where the next page begins; two queries."""
    seen = Look.objects.filter(owner_id=owner_id, twin_of__isnull=False, image__trashed_at__isnull=True)
    seen = seen.filter(twin_of__gt=after) if after else seen
    firsts = list(seen.order_by("twin_of").values_list("twin_of", flat=True).distinct()[: most + 1])
    more, firsts = len(firsts) > most, firsts[:most]
    rows = Image.objects.filter(Q(pk__in=firsts) | Q(look__twin_of__in=firsts), owner_id=owner_id, trashed_at=None)
    groups: dict[uuid.UUID, list[Image]] = {first: [] for first in firsts}
    for image in rows.select_related("job__prompt", "look").defer("words", "look__likeness").order_by("created_at"):
        groups[image.look.twin_of_id or image.pk].append(image)
    found = [group for group in groups.values() if len(group) > 1]
    return found, firsts[-1] if more else None
