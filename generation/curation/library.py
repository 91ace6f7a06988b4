"""One owner's pictures a page at a time: filtered, ordered, and as fast behind a hundred thousand as at the first.

A page begins where the last one ended (keyset paging, Winand, "No Offset"): the cursor holds the last row's place in
the order, and an index is entered there. Two queries a page at most, whatever is asked. Nothing here counts rows.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan

from generation.curation import looks, words
from generation.errors import InputRefused
from generation.models import STARS_MAX, Image, Look

PER_PAGE = 60
NEWEST, OLDEST, BEST = ORDERS = ("newest", "oldest", "best")


class BadCursor(InputRefused):
    """A cursor that was not written here."""

    status = 400

    def __init__(self) -> None:
        super().__init__("cursor", "This place in the list is not understood.", "Begin at its first page.")


@dataclass(frozen=True)
class Filter:
    """What to show. Dates are days in UTC, both included; `stars` is the least; `order` one of ORDERS.

    With `colour`, one of Tint.COLOURS, what has most of it comes first; with `like`, what looks most like that
    picture, a page of it and no more. Words are looked for in prompts, see words.py.
    """

    text: str = ""
    colour: str = ""
    like: uuid.UUID | None = None
    stars: int = 0
    kind: str = ""
    model: str = ""
    prompt: uuid.UUID | None = None
    board: uuid.UUID | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    trash: bool = False
    order: str = NEWEST


@dataclass(frozen=True)
class Page:
    """Pictures in order, and the cursors of the pages before and behind; empty where there is none."""

    images: list[Image]
    before: str = ""
    after: str = ""


class _Row(Func):
    """SQL's row value, which one index can compare as a whole."""

    template = "(%(expressions)s)"
    arg_joiner = ", "
    output_field = BooleanField()


def page(owner_id: uuid.UUID, wanted: Filter, *, after: str = "", before: str = "", size: int = PER_PAGE) -> Page:
    """The page behind the cursor `after`, or the one that ends before `before`; BadCursor."""
    if wanted.like and not wanted.trash:
        return Page(_alike(owner_id, wanted, size))
    names, _ = _order(wanted)
    backwards = bool(before) and not after
    found = list(rows(owner_id, wanted, after=after, before=before)[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([])
    return Page(
        found,
        _written(found[0], names) if (after or (backwards and more)) else "",
        _written(found[-1], names) if (backwards or more) else "",
    )


def rows(owner_id: uuid.UUID, wanted: Filter, *, after: str = "", before: str = "") -> QuerySet[Image]:
    """The pictures behind `after` in order, or those before `before` from there backwards; BadCursor."""
    names, descending = _order(wanted)
    backwards = bool(before) and not after
    conditions = _conditions(owner_id, wanted)
    if after or before:
        than = LessThan if descending != backwards else GreaterThan
        place = [Value(value) for value in _read(after or before, names)]
        conditions.append(than(_Row(*map(F, names)), _Row(*place)))
    sign = "-" if descending != backwards else ""
    found = Image.objects.filter(*conditions).annotate(**{f"at_{n}": F(name) for n, name in enumerate(names)})
    return _shown(found).order_by(*(f"{sign}{name}" for name in names))


def _alike(owner_id: uuid.UUID, wanted: Filter, size: int) -> list[Image]:
    """The nearest to the picture, itself first; nothing where it has not been looked at."""
    look = Look.objects.filter(pk=wanted.like, owner_id=owner_id, likeness__isnull=False).first()
    if look is None or look.likeness is None:
        return []
    conditions = [Q(look__likeness__isnull=False), *_conditions(owner_id, replace(wanted, colour=""))]
    with looks.nearest_first():
        return list(_shown(Image.objects.filter(*conditions).order_by(_distance(look.likeness)))[:size])


def _distance(vector: list[float]) -> looks.Distance:
    return looks.Distance("look__likeness", vector)


def _shown(rows: QuerySet[Image]) -> QuerySet[Image]:
    return rows.select_related("job__prompt").defer("words", "job__recipe", "notices")


def models(owner_id: uuid.UUID) -> list[str]:
    """The models that painted for this owner, by name: one probe of the index for each, not a scan of all rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE found (model) AS (
                (SELECT model FROM generation_image WHERE owner_id = %(owner)s AND trashed_at IS NULL
                 ORDER BY model LIMIT 1)
                UNION ALL
                SELECT (SELECT model FROM generation_image WHERE owner_id = %(owner)s AND trashed_at IS NULL
                        AND model > found.model ORDER BY model LIMIT 1)
                FROM found WHERE found.model IS NOT NULL
            ) SELECT model FROM found WHERE model <> ''
            """,
            {"owner": owner_id},
        )
        return [name for (name,) in cursor.fetchall()]


def _conditions(owner_id: uuid.UUID, wanted: Filter) -> list[Any]:
    """All of them, for one call of filter(): what is said of a placement is then said of one and the same."""
    found: list[Any] = [Q(owner_id=owner_id, trashed_at__isnull=not wanted.trash)]
    if wanted.trash:
        found.append(Q(emptied_at__isnull=True))
    asked = words.query(wanted.text)
    if asked is not None:
        found.append(Q(words=asked))
    if wanted.colour:
        found.append(Q(tints__owner_id=owner_id, tints__colour=wanted.colour))
    if wanted.board:
        found.append(Q(placements__board=wanted.board, placements__board__owner_id=owner_id))
    if wanted.stars:  # of the most there are as an equality, which an index serves in order of time
        found.append(Q(stars=STARS_MAX) if wanted.stars == STARS_MAX else Q(stars__gte=wanted.stars))
    if wanted.kind:
        found.append(Q(kind=wanted.kind))
    if wanted.model:
        found.append(Q(model=wanted.model))
    if wanted.prompt:
        found.append(Q(job__prompt=wanted.prompt))
    created_at = "placements__created_at" if wanted.board else "created_at"
    if wanted.since:
        found.append(Q(**{f"{created_at}__gte": dt.datetime.combine(wanted.since, dt.time(), dt.UTC)}))
    if wanted.until:
        end = wanted.until + dt.timedelta(days=1)
        found.append(Q(**{f"{created_at}__lt": dt.datetime.combine(end, dt.time(), dt.UTC)}))
    return found


def _order(wanted: Filter) -> tuple[list[str], bool]:
    """(the columns that place a row, whether they descend), each order served by an index of its own."""
    if wanted.trash:
        return ["trashed_at", "id"], True
    if wanted.colour:
        return ["tints__share", "tints__image_id"], True
    dated = ["placements__created_at", "placements__image_id"] if wanted.board else ["created_at", "id"]
    if wanted.order == BEST:
        return ["stars", *dated], True
    return dated, wanted.order != OLDEST


def _written(image: Image, names: list[str]) -> str:
    values = [getattr(image, f"at_{number}") for number in range(len(names))]
    return "~".join(value.isoformat() if isinstance(value, dt.datetime) else str(value) for value in values)


_READ: dict[str, Any] = {"stars": int, "share": int, "id": uuid.UUID, "image_id": uuid.UUID}


def _read(cursor: str, names: list[str]) -> list[Any]:
    parts = cursor.split("~")
    if len(parts) != len(names):
        raise BadCursor
    try:
        values = [
            _READ.get(name.rpartition("__")[2], dt.datetime.fromisoformat)(part)
            for name, part in zip(names, parts, strict=True)
        ]
    except ValueError:
        raise BadCursor from None
    if any(isinstance(value, dt.datetime) and value.tzinfo is None for value in values):
        raise BadCursor
    if any(isinstance(value, int) and not 0 <= value < 2**15 for value in values):
        raise BadCursor
    return values
