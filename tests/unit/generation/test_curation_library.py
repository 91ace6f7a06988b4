"""Paging, filters and orders of the library: each picture once, and no slower behind a hundred thousand."""

import datetime as dt
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generation import curation
from generation.curation import Filter, library
from generation.models import Image, Prompt
from tests.support import many_pictures

pytestmark = pytest.mark.django_db
FEW, MANY = 1_000, 20_000
BLOCKS_MAX = 1_000  # of 8 KiB, of the table and its indexes; each row of a page costs about ten with its prompt


@pytest.fixture
def owner() -> uuid.UUID:
    owner = uuid.uuid4()
    many_pictures.insert(owner, 100)
    many_pictures.insert(uuid.uuid4(), 20)
    return owner


def walked(owner: uuid.UUID, wanted: Filter, size: int = 7) -> list[Image]:
    """Every page forwards, each read backwards from the next one as well."""
    found: list[Image] = []
    page = library.page(owner, wanted, size=size)
    assert page.before == ""
    while True:
        found += page.images
        if not page.after:
            return found
        behind = library.page(owner, wanted, after=page.after, size=size)
        assert library.page(owner, wanted, before=behind.before, size=size) == page
        page = behind


@pytest.mark.parametrize("order", library.ORDERS)
def test_each_picture_comes_once_and_in_order(owner: uuid.UUID, order: str) -> None:
    Image.objects.filter(stars=0).update(created_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))  # many at one moment
    found = walked(owner, Filter(order=order))
    assert len(found) == len({image.pk for image in found}) == 100
    key = {"best": lambda i: (-i.stars, -i.created_at.timestamp()), "oldest": lambda i: i.created_at.timestamp(),
           "newest": lambda i: -i.created_at.timestamp()}[order]  # fmt: skip
    assert [key(image) for image in found] == sorted(key(image) for image in found)


def test_filters_leave_out_what_is_not_wanted(owner: uuid.UUID) -> None:
    rows = list(Image.objects.filter(owner_id=owner).select_related("job__prompt"))
    prompt = Prompt.objects.filter(owner_id=owner).first()
    assert prompt
    day = dt.date(2026, 1, 1)
    wants: list[tuple[Filter, Callable[[Any], bool]]] = [
        (Filter(stars=3), lambda i: i.stars >= 3),
        (Filter(kind="rework"), lambda i: i.kind == "rework"),
        (Filter(model="karlo-v1-alpha", order="best"), lambda i: i.model == "karlo-v1-alpha"),
        (Filter(prompt=prompt.pk), lambda i: i.job.prompt_id == prompt.pk),
        (Filter(since=day, until=day), lambda i: i.created_at.date() == day),
        (Filter(since=day + dt.timedelta(days=1)), lambda i: i.created_at.date() > day),
        (Filter(stars=3, kind="paint"), lambda i: i.stars >= 3 and i.kind == "paint"),
    ]
    for wanted, fits in wants:
        assert {image.pk for image in walked(owner, wanted)} == {image.pk for image in rows if fits(image)}, wanted


def test_board_shows_its_pictures_in_every_order_and_nobody_elses(owner: uuid.UUID) -> None:
    board, other = curation.create(owner, "One"), curation.create(owner, "Two")
    ids = list(Image.objects.filter(owner_id=owner).values_list("pk", flat=True)[:30])
    curation.place(owner, board.pk, ids)
    curation.place(owner, other.pk, ids[:3])
    for order in library.ORDERS:
        assert {image.pk for image in walked(owner, Filter(board=board.pk, order=order))} == set(ids)
    assert library.page(uuid.uuid4(), Filter(board=board.pk)).images == []


def test_models_are_named_once_each(owner: uuid.UUID) -> None:
    assert curation.models(owner) == sorted(many_pictures.MODELS)
    assert curation.models(uuid.uuid4()) == []


@pytest.mark.parametrize(
    "cursor", ["x", "~", "1~2", "2026-01-01T00:00:00+00:00~x", "2026-01-01T00:00:00~" + str(uuid.UUID(int=7)), "~~~~"]
)
def test_cursor_is_refused_when_it_was_not_written_here(owner: uuid.UUID, cursor: str) -> None:
    with pytest.raises(curation.BadCursor):
        library.page(owner, Filter(), after=cursor)


WANTED = {
    "newest": Filter(), "oldest": Filter(order="oldest"), "best": Filter(order="best"), "stars": Filter(stars=5),
    "kind": Filter(kind="upload"), "model": Filter(model="karlo-v1-alpha"), "days": Filter(since=dt.date(2026, 1, 1)),
    "trash": Filter(trash=True),
}  # fmt: skip


def cost(owner: uuid.UUID, wanted: Filter, after: str = "") -> tuple[int, str]:
    """(blocks of the table and its indexes that a page touches, its plan)."""
    rows = library.rows(owner, wanted, after=after)[: library.PER_PAGE + 1]
    [plan] = json.loads(rows.explain(format="json", analyze=True, buffers=True))
    return plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"], json.dumps(plan)


def queries(owner: uuid.UUID, wanted: Filter) -> int:
    with CaptureQueriesContext(connection) as made:
        library.page(owner, wanted)
        library.models(owner)
    return len(made)


def test_page_costs_the_same_when_there_is_twenty_times_as_much() -> None:
    """tests/benchmarks/bench_studio_page.py does it with a hundred thousand."""
    owner = uuid.uuid4()
    board = curation.create(owner, "Board")
    wants = WANTED | {"board": Filter(board=board.pk)}
    there = 0
    for count in (FEW, MANY):
        many_pictures.insert(owner, count - there, there)
        many_pictures.put_on_board(board.pk, owner)
        Image.objects.filter(owner_id=owner, kind="compose", trashed_at=None).update(trashed_at=timezone.now())
        there = count
        many_pictures.analyze()
        for name, wanted in wants.items():
            assert queries(owner, wanted) == 2, name
            if count == MANY:
                blocks, plan = cost(owner, wanted)
                assert blocks < BLOCKS_MAX, f"{name}: {plan}"
                assert '"Sort"' not in plan, f"{name}: {plan}"
                assert '"Seq Scan"' not in plan, f"{name}: {plan}"
    half = Image.objects.filter(owner_id=owner, trashed_at=None).order_by("created_at")[MANY // 2]
    blocks, plan = cost(owner, Filter(), after=f"{half.created_at.isoformat()}~{half.pk}")
    assert blocks < BLOCKS_MAX, plan
