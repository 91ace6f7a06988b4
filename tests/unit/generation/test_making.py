"""What a worker does with the jobs that it has claimed, in this process, with the built-in painter."""

import glob
import io
import os
import resource
import threading
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from PIL import Image as Pillow

from generation import api, jobs, making, previews, speeds, turns
from generation.errors import OutOfMemory, PictureWithheld
from generation.models import Image, Job, Repaint
from generation.pipelines import registry
from generation.pipelines.base import OnLook, OnStep, PaintRequest, Pipeline, unseen

pytestmark = pytest.mark.django_db(transaction=True)
OWNER, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
WORKER = "w"


@pytest.fixture(autouse=True)
def small(settings: Any) -> Iterator[None]:
    """Pictures of the painter's own size: enlarging is tested elsewhere."""
    settings.OUTPUT_PX = 256
    making._fits.clear()
    yield
    making._fits.clear()


class Wrapped:
    """The real pipeline with something that happens before it paints, or at a step."""

    def __init__(self, before: Any = None, at_step: Any = None) -> None:
        self.real: Pipeline = registry.load(registry.OUR_PAINTER)
        self.card = self.real.card
        self.before, self.at_step = before, at_step
        self.sizes: list[int] = []

    def paint(
        self, requests: Sequence[PaintRequest], on_step: OnStep, on_look: OnLook = unseen
    ) -> list[Pillow.Image]:
        self.sizes.append(len(requests))
        if self.before:
            self.before(requests)

        def stepped(step: int, steps_total: int) -> None:
            if self.at_step:
                self.at_step(step)
            on_step(step, steps_total)

        return self.real.paint(requests, stepped, on_look)


@pytest.fixture
def wrapped(monkeypatch: pytest.MonkeyPatch) -> Any:
    def wrap(**more: Any) -> Wrapped:
        made = Wrapped(**more)
        monkeypatch.setattr(registry, "load", lambda *_, **__: made)
        return made

    return wrap


def claimed(count: int) -> list[Job]:
    first = turns.claim("gpu", WORKER)
    assert first is not None
    return [first, *turns.claim_beside(first, WORKER, count - 1)]


def asked(owner: uuid.UUID, *seeds: int, text: str = "a red apple") -> list[Job]:
    rows = api.ask(owner, str(uuid.uuid4()), text, seeds=list(seeds))
    for row in rows:  # a dozen steps are enough to tell pictures apart
        Job.objects.filter(pk=row.pk).update(recipe={**row.recipe, "steps": 12})
    return [Job.objects.get(pk=row.pk) for row in rows]


def test_pictures_of_a_batch_across_owners_are_those_that_each_seed_gives_alone() -> None:
    asked(OWNER, 1, 2)
    asked(OTHER, 3, text="a city at night")
    together = claimed(4)
    assert len(together) == 3
    making.make(together, WORKER)
    by_seed = {image.job.recipe["seed"]: image.sha256 for image in Image.objects.select_related("job")}
    for owner, seed, text in ((OWNER, 2, "a red apple"), (OTHER, 3, "a city at night")):
        [again] = asked(owner, seed, text=text)
        making.make(claimed(1), WORKER)
        assert Image.objects.get(job=again).sha256 == by_seed[seed]
    assert Job.objects.filter(status=Job.Status.SUCCEEDED).count() == 5


def test_batch_becomes_smaller_and_costs_no_attempt_when_memory_is_short(wrapped: Any) -> None:
    def short(requests: Sequence[PaintRequest]) -> None:
        if len(requests) > 2:
            raise OutOfMemory("The machine ran out of memory while painting.")

    pipeline = wrapped(before=short)
    asked(OWNER, 1, 2, 3, 4)
    making.make(claimed(4), WORKER)
    assert pipeline.sizes == [4, 2, 2]
    assert set(Job.objects.values_list("status", "attempts")) == {("succeeded", 1)}
    [later] = asked(OWNER, 5)
    assert making.most_beside(later) == 2


def test_job_is_dead_after_three_attempts_and_says_why_when_memory_never_suffices(wrapped: Any) -> None:
    def never(_: Sequence[PaintRequest]) -> None:
        raise OutOfMemory("The machine ran out of memory while painting.")

    wrapped(before=never)
    [job] = asked(OWNER, 1)
    for attempt in (1, 2, 3):
        making.make(claimed(1), WORKER)
        job.refresh_from_db()
        assert (job.attempts, job.error_code) == (attempt, "out_of_memory")
    assert job.status == Job.Status.FAILED
    assert "Try again later" in job.error_text


def test_one_refused_picture_of_a_batch_fails_alone(wrapped: Any) -> None:
    def refuse(requests: Sequence[PaintRequest]) -> None:
        if any(request.seed == 2 for request in requests):
            raise PictureWithheld("The safety checker of this model blanked the picture.")

    pipeline = wrapped(before=refuse)
    rows = asked(OWNER, 1, 2, 3)
    making.make(claimed(3), WORKER)
    assert pipeline.sizes == [3, 1, 1, 1]
    assert [Job.objects.get(pk=row.pk).status for row in rows] == ["succeeded", "failed", "succeeded"]
    assert Job.objects.get(pk=rows[1].pk).error_code == "withheld"


def test_cancelled_job_of_a_batch_gives_no_picture_and_the_others_theirs(wrapped: Any) -> None:
    rows = asked(OWNER, 1, 2)

    def at(step: int) -> None:
        if step == 3:
            in_another_session(lambda: api.cancel(OWNER, rows[0].pk))

    wrapped(at_step=at)
    making.make(claimed(2), WORKER)
    assert [Job.objects.get(pk=row.pk).status for row in rows] == ["cancelled", "succeeded"]
    assert Image.objects.count() == 1


def test_painting_stops_within_two_steps_when_its_job_is_cancelled(wrapped: Any) -> None:
    [job] = asked(OWNER, 1)
    Job.objects.filter(pk=job.pk).update(recipe={**job.recipe, "steps": 40})
    seen: list[int] = []

    def at(step: int) -> None:
        seen.append(step)
        if step == 5:
            in_another_session(lambda: api.cancel(OWNER, job.pk))

    wrapped(at_step=at)
    making.make(claimed(1), WORKER)
    assert seen[-1] <= 7
    assert Job.objects.get(pk=job.pk).status == Job.Status.CANCELLED


def test_small_preview_is_there_by_the_second_step_and_gone_at_the_end(wrapped: Any) -> None:
    [job] = asked(OWNER, 1)
    looked: dict[int, bool] = {}

    def at(step: int) -> None:
        looked[step] = previews.path(job.pk).is_file()

    wrapped(at_step=at)
    making.make(claimed(1), WORKER)
    assert looked[2]
    assert not previews.path(job.pk).exists()


def test_preview_shows_about_the_picture_when_half_of_the_steps_are_done() -> None:
    painter = registry.load(registry.OUR_PAINTER)
    shown: list[Pillow.Image | None] = []
    request = PaintRequest("a red apple", "", 3, 256, 256, 12, 1.5)
    [done] = painter.paint([request], lambda *_: None, lambda step, look: shown.extend(look()) if step == 8 else None)
    [half] = shown
    assert half is not None
    assert similar(half, done) > 0.9


def similar(one: Pillow.Image, other: Pillow.Image) -> float:
    import numpy as np

    pair = [np.asarray(picture.convert("L").resize((16, 16)), float).ravel() for picture in (one, other)]
    return float(np.corrcoef(*pair)[0, 1])


def test_time_that_pictures_took_is_measured_and_told_before_and_while_painting() -> None:
    [job] = asked(OWNER, 1)
    assert api.preview(OWNER, "a red apple").seconds is None
    making.make(claimed(1), WORKER)
    each = speeds.seconds(speeds.kind("gpu", job.recipe))
    assert each is not None
    assert each > 0
    [other] = asked(OTHER, 1)
    [mine] = asked(OWNER, 2)
    assert api.seconds_left([mine]) == pytest.approx(2 * each)
    jobs.claim(mine.pk, WORKER)
    jobs.beat(mine.pk, WORKER, step=9, steps_total=12)
    mine.refresh_from_db()
    assert api.seconds_each([mine, other])[mine.pk] == pytest.approx(each / 4)


def test_picture_painted_again_is_identical_byte_for_byte_on_the_same_machine() -> None:
    asked(OWNER, 1)
    making.make(claimed(1), WORKER)
    image = Image.objects.get()
    assert image.made_with["torch"]
    job = api.paint_again(OWNER, "again", image.pk)
    assert api.paint_again(OWNER, "again", image.pk) == job
    making.make(claimed(1), WORKER)
    found, still = api.painted_again(image)
    assert found is not None
    assert (found.verdict, found.same_bytes, found.reasons, still) == ("identical", True, [], None)
    assert Image.objects.count() == 1


def test_picture_painted_again_says_why_it_differs_when_weights_and_libraries_are_others() -> None:
    [job] = asked(OWNER, 1)
    making.make(claimed(1), WORKER)
    image = Image.objects.get()
    then = {**image.made_with, "torch": "1.0", "model_sha256": "0" * 64}
    Image.objects.update(made_with=then)
    # As if other weights had painted it: the stored recipe has another seed than the stored picture was painted from.
    Job.objects.filter(pk=job.pk).update(recipe={**job.recipe, "seed": 2, "model_sha256": "0" * 64})
    api.paint_again(OWNER, "again", image.pk)
    making.make(claimed(1), WORKER)
    found = Repaint.objects.get()
    assert found.verdict == "different"
    assert [reason["what"] for reason in found.reasons] == ["model_sha256", "torch"]
    assert found.ssim < 0.9


def test_picture_is_enlarged_by_the_networks_own_way_tile_by_tile_and_says_so() -> None:
    buffer = io.BytesIO()
    Pillow.radial_gradient("L").resize((160, 80)).convert("RGB").save(buffer, "PNG")
    parent = api.upload(OWNER, "small", buffer.getvalue())
    assert api.enlarging_ways() == ("lanczos", "learned")
    job = api.upscale(OWNER, "larger", parent.pk, 500, "learned")
    assert (job.recipe["enlarge"], job.recipe["model"]) == ("learned", settings.UPSCALER)
    making.make(claimed(1), WORKER)
    job.refresh_from_db()
    assert job.status == "succeeded"
    image = Image.objects.get(job=job)
    assert (image.width_px, image.height_px) == (500, 250)
    api.paint_again(OWNER, "again", image.pk)
    making.make(claimed(1), WORKER)
    assert Repaint.objects.get().verdict == "identical"


def test_way_to_enlarge_that_is_not_here_is_refused_before_it_queues(settings: Any) -> None:
    [job] = asked(OWNER, 1)
    making.make(claimed(1), WORKER)
    image = Image.objects.get(job=job)
    settings.UPSCALER = ""
    assert api.enlarging_ways() == ("lanczos",)
    with pytest.raises(api.InputRefused):
        api.upscale(OWNER, "larger", image.pk, 128, "learned")
    with pytest.raises(api.InputRefused):
        api.upscale(OWNER, "larger", image.pk, 128, "kuwahara")


def test_picture_of_a_hand_has_no_recipe_to_run_again() -> None:
    buffer = io.BytesIO()
    Pillow.new("RGB", (64, 64), "red").save(buffer, "PNG")
    image = api.upload(OWNER, "mine", buffer.getvalue())
    with pytest.raises(api.InputRefused):
        api.paint_again(OWNER, "again", image.pk)


def test_full_disk_fails_the_job_with_the_reason_and_leaves_no_half_file() -> None:
    [job] = asked(OWNER, 777)
    before = set(files())
    for _ in range(3):
        [one] = claimed(1)
        most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, most[1]))  # what a disk without room answers, nearly
        try:
            making.make([one], WORKER)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, most)
    job.refresh_from_db()
    assert (job.status, job.error_code, job.attempts) == ("failed", "disk_full", 3)
    assert set(files()) == before
    api.retry(OWNER, job.pk)
    making.make(claimed(1), WORKER)
    assert Image.objects.filter(job=job).count() == 1


def files() -> list[str]:
    """All but the smaller copies, which follow a picture when they may."""
    found = glob.glob(f"{settings.PICTURES_DIR}/**", recursive=True, include_hidden=True)
    return [path for path in found if os.path.isfile(path) and "/derived/" not in path]


def in_another_session(what: Any) -> None:
    """As the web process would: another connection, committed before this returns."""

    def run() -> None:
        try:
            what()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
