"""What the site and its queue add to painting: 32 pictures through both, first preview, cancel.

The baseline is what an artist's own script would do with the same pipeline in one process, warm: call it once a
picture, enlarge, save a PNG. Both paint the same seeds, in four rounds of eight by turns, so that a machine that is
busy with something else slows both. The site gives each picture its small copy as well; in batches, and one by one.
"""

import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

from generation import api, enlarge, making, turns
from generation.models import Job
from generation.pipelines import registry
from generation.pipelines.base import PaintRequest
from tests.benchmarks.conftest import Figure
from tests.support import workers
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS, EACH = 4, 8
PROMPT = "mountains at sunset, oil painting"


@pytest.fixture(params=["", "1"], ids=["batches", "one by one"])
def site(request: pytest.FixtureRequest) -> Iterator[Client]:
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    client = Client()
    client.force_login(make.artist("Bench"))
    with workers.worker("gpu", {"BATCH_PICTURES": request.param}):
        paint_at(client, 1, 999)
        yield client


def paint_at(client: Client, count: int, seed: int) -> list[Job]:
    """Ask the site for so many pictures, as the studio's form does, and wait for all."""
    wish = {"request_id": str(uuid.uuid4()), "text": PROMPT, "negative_text": "", "count": count, "seed": seed}
    assert client.post("/studio/", wish).status_code == 302
    mine = Job.objects.filter(prompt__request_id=wish["request_id"])
    while mine.filter(status__in=Job.OPEN).exists():
        time.sleep(0.1)  # a page asks once a second
    assert mine.filter(status="succeeded").count() == count
    return list(mine)


def paint_bare(pipeline: Any, seeds: range, folder: Path) -> None:
    card = pipeline.card
    for seed in seeds:
        asked = PaintRequest(
            PROMPT, "", seed, card.native_px, card.native_px, card.default_steps, card.default_guidance_scale
        )
        [picture] = pipeline.paint([asked], lambda step, steps_total: None)
        way = enlarge.best_method(card.native_px, settings.OUTPUT_PX)
        enlarge.enlarge(picture, settings.OUTPUT_PX, way).save(folder / f"{seed}.png", compress_level=4)


def test_site_and_queue_beside_a_bare_loop(
    figure: Figure, site: Client, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    pipeline = registry.load(settings.MODEL)
    paint_bare(pipeline, range(998, 999), tmp_path)
    bare = through = 0.0
    for number in range(ROUNDS):
        seeds = range(number * EACH, (number + 1) * EACH)
        began = time.perf_counter()
        paint_bare(pipeline, seeds, tmp_path)
        bare += time.perf_counter() - began
        began = time.perf_counter()
        paint_at(site, EACH, seeds.start)
        through += time.perf_counter() - began
    how = request.node.callspec.id
    figure(f"32 pictures through site and queue, {how}", through, "s", bare, "the bare loop")


def test_first_preview_and_cancel_in_steps(figure: Figure) -> None:
    owner = uuid.UUID(int=5)
    registry.load(settings.MODEL)
    worst, first = 0, 0
    for seed in range(10):
        [job] = api.ask(owner, str(uuid.uuid4()), PROMPT, seeds=[seed])
        claimed = turns.claim("gpu", "bench")
        assert claimed == job
        seen = {"step": 0, "preview": 0, "cancelled_at": 0}

        def watch(job: Job = job, seen: dict[str, int] = seen) -> None:
            """The web process, in another session: sees the progress, and cancels in the middle."""
            while not seen["cancelled_at"]:
                row = Job.objects.get(pk=job.pk)
                seen["preview"] = seen["preview"] or row.preview_step
                if row.step >= 5:
                    api.cancel(owner, job.pk)
                    seen["cancelled_at"] = seen["step"]
            connections.close_all()

        stepped = making.leases.Lease.stepped

        def counted(lease: Any, step: int, total: int, seen: dict[str, int] = seen, stepped: Any = stepped) -> None:
            seen["step"] = step
            stepped(lease, step, total)

        making.leases.Lease.stepped = counted  # type: ignore[method-assign]
        thread = threading.Thread(target=watch)
        thread.start()
        try:
            making.make([claimed], "bench")
        finally:
            making.leases.Lease.stepped = stepped  # type: ignore[method-assign]
            thread.join()
        worst = max(worst, seen["step"] - seen["cancelled_at"])
        first = max(first, seen["preview"])
    figure("first preview at the latest", first, "step")
    figure("painting goes on after a cancel", worst, "steps")
