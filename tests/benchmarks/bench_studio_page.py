"""The studio's library at 1,000, 10,000 and 100,000 pictures: server time of a page, queries, blocks that it touches.

The time is the median of a whole request by Django's test client, template and session included, without the network.
Queries must be as many at every size; that alone passes or fails.
"""

import json
import statistics
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from generation import curation
from generation.curation import Filter, library
from generation.models import Image
from tests.benchmarks.conftest import Figure
from tests.support import many_pictures
from tests.unit.gallery import factories as make

SIZES = (1_000, 10_000, 100_000)
ROUNDS = 9
PAGE = "/studio/pictures/"


@pytest.mark.django_db
def test_library_page(figure: Figure, settings: Any) -> None:
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)
    by, client = make.artist("Han"), Client()
    client.force_login(by)
    many_pictures.insert(uuid.uuid4(), SIZES[0])  # somebody else's
    board = curation.create(by.pk, "Everything")
    there, first, queries = 0, {}, {}
    for size in SIZES:
        many_pictures.insert(by.pk, size - there, there)
        many_pictures.put_on_board(board.pk, by.pk)
        many_pictures.look(by.pk)
        many_pictures.analyze()
        there = size
        half = Image.objects.filter(owner_id=by.pk).order_by("-created_at", "-pk")[size // 2]
        deep = f"{half.created_at.isoformat()}~{half.pk}"
        pages = {
            "studio": ("/studio/", {}, None),
            "newest": (PAGE, {}, Filter()),
            "in the middle": (PAGE, {"after": deep}, Filter()),
            "most stars": (PAGE, {"order": "best"}, Filter(order="best")),
            "three stars": (PAGE, {"stars": "3"}, Filter(stars=3)),
            "model": (PAGE, {"model": "karlo-v1-alpha"}, Filter(model="karlo-v1-alpha")),
            "board": (PAGE, {"board": str(board.pk)}, Filter(board=board.pk)),
            "board, most stars": (
                PAGE,
                {"board": str(board.pk), "order": "best"},
                Filter(board=board.pk, order="best"),
            ),
            "common word": (PAGE, {"q": "boat"}, Filter(text="boat")),
            "rare words": (PAGE, {"q": "lake 104"}, Filter(text="lake 104")),
            "colour": (PAGE, {"colour": "red"}, Filter(colour="red")),
            "likeness": (PAGE, {"like": str(half.pk)}, None),
        }
        for name, (path, asked, wanted) in pages.items():
            seconds = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                answer = client.get(path, asked)
                seconds.append(time.perf_counter() - began)
                assert answer.status_code == 200
            with CaptureQueriesContext(connection) as made:
                client.get(path, asked)
            queries.setdefault(name, set()).add(len(made))
            took = statistics.median(seconds) * 1000
            first.setdefault(name, took)
            figure(f"{name}, {size:,} pictures", took, "ms", first[name], f"{SIZES[0]:,} pictures")
            if wanted is not None:
                after = deep if "after" in asked else ""
                rows = library.rows(by.pk, wanted, after=after)[: library.PER_PAGE + 1]
                [plan] = json.loads(rows.explain(format="json", analyze=True, buffers=True))
                blocks = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
                figure(f"{name}, {size:,} pictures: blocks", blocks, "blocks of 8 KiB")
    for name, counts in queries.items():
        assert len(counts) == 1, (name, counts)
        figure(f"{name}: queries at every size", counts.pop(), "queries")
