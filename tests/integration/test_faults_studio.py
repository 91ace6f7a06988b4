"""Faults of the studio's queue with one real worker that all of them share: out of memory, lost messages, a reset
broker, a full disk, a picture worked over by a worker that is killed. docs/faults.md says which test shows which row.
"""

import io
import os
import resource
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import redis
from django.conf import settings
from PIL import Image as Pillow
from PIL import ImageChops, ImageDraw

from generation import api, capacity
from generation.models import Image, Job
from tests.integration.test_jobs import pool_child, swept_until, wait_until_painting
from tests.support import workers
from tests.support.processes import ROOT, Process, poll, python

pytestmark = pytest.mark.django_db(transaction=True)
OWNER = uuid.UUID(int=9)
MB = 2**20

ASK_AND_DIE = """
import os, signal, uuid, django
django.setup()
from generation import api, nudges
nudges.send = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
api.ask(uuid.UUID(int=9), "dies", "a red apple", seeds=[11])
"""


@pytest.fixture(scope="module")
def gpu(django_db_setup: None) -> Iterator[Process]:
    with workers.worker("gpu") as process:
        yield process


def asked(seed: int, text: str = "a red apple") -> Job:
    [job] = api.ask(OWNER, str(uuid.uuid4()), text, seeds=[seed])
    return job


@contextmanager
def limited(child: psutil.Process, what: int, most: int) -> Iterator[None]:
    """The kernel gives this process no more than that, until the end."""
    before = resource.prlimit(child.pid, what)
    resource.prlimit(child.pid, what, (most, before[1]))
    try:
        yield
    finally:
        resource.prlimit(child.pid, what, before)


def test_child_announces_itself_with_its_memory_and_what_it_holds_warm(gpu: Process) -> None:
    swept_until(asked(1), Job.Status.SUCCEEDED)

    def warm() -> bool:
        return any(settings.MODEL in bench.warm for bench in capacity.benches())

    poll(warm, 30, "no bench says that it holds the model warm")
    [bench] = capacity.benches()
    assert (bench.pool, bench.memory_bytes > 0) == ("gpu", True)
    assert bench.device.startswith("cpu")


def test_job_is_dead_after_three_attempts_and_the_queue_goes_on_when_memory_never_suffices(gpu: Process) -> None:
    child = pool_child(gpu)
    swept_until(asked(2), Job.Status.SUCCEEDED)  # the model is warm: what is missing now is room for the picture
    with limited(child, resource.RLIMIT_DATA, child.memory_info().data + 40 * MB):
        large = asked(3)
        Job.objects.filter(pk=large.pk).update(recipe={**large.recipe, "output_px": 6144}, batch_key="")
        dead = swept_until(large, Job.Status.FAILED)
    assert (dead.error_code, dead.attempts) == ("out_of_memory", settings.JOB_ATTEMPTS)
    swept_until(asked(4), Job.Status.SUCCEEDED)
    assert pool_child(gpu).pid == child.pid


def test_job_is_painted_when_its_asker_died_between_commit_and_publish(gpu: Process) -> None:
    env = {**os.environ, **workers.environment(), "DJANGO_SETTINGS_MODULE": "config.settings"}
    died = subprocess.run(python("-c", ASK_AND_DIE), env=env, cwd=ROOT, capture_output=True, timeout=60)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    job = Job.objects.get(request_id__startswith="dies")
    assert (job.status, job.nudged_at) == (Job.Status.QUEUED, None)
    done = swept_until(job, Job.Status.SUCCEEDED)
    assert Image.objects.filter(job=done).count() == 1


def test_consumer_comes_back_when_the_broker_resets_its_connections(gpu: Process) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        assert client.client_kill_filter(_type="normal", skipme=True) > 0
    job = asked(5)
    done = swept_until(job, Job.Status.SUCCEEDED)
    assert done.attempts == 1


def test_job_fails_with_the_reason_and_no_half_file_when_the_disk_is_full(gpu: Process) -> None:
    swept_until(asked(6), Job.Status.SUCCEEDED)
    before = files()
    with limited(pool_child(gpu), resource.RLIMIT_FSIZE, 100_000):
        failed = swept_until(asked(7), Job.Status.FAILED)
    assert (failed.error_code, failed.attempts) == ("disk_full", settings.JOB_ATTEMPTS)
    assert files() == before
    api.retry(OWNER, failed.pk)
    swept_until(failed, Job.Status.SUCCEEDED)


@pytest.mark.parametrize("way", ["inpaint", "outpaint"])
def test_picture_worked_over_is_one_and_keeps_what_it_should_when_its_worker_is_killed(
    gpu: Process, way: str
) -> None:
    parent = picture()
    if way == "inpaint":
        job = api.rework(OWNER, f"kill {way}", parent.pk, way, "a red apple", mask=mask(), seeds=[8])[0]
    else:
        margins = api.Margins(64, 0, 64, 0)
        job = api.rework(OWNER, f"kill {way}", parent.pk, way, "a red apple", margins=margins, seeds=[8])[0]
    steps = api.model_card().max_steps  # time enough to be killed in
    Job.objects.filter(pk=job.pk).update(recipe={**job.recipe, "steps": steps}, steps_total=steps)
    swept_until(job, Job.Status.RUNNING)
    wait_until_painting(job)
    os.kill(pool_child(gpu).pid, signal.SIGKILL)
    done = swept_until(job, Job.Status.SUCCEEDED)
    assert done.attempts == 2
    [child] = Image.objects.filter(job=job)
    assert [edge.parent_id for edge in child.parentages.all()] == [parent.pk]
    with Pillow.open(api.picture_path(parent)) as before, Pillow.open(api.picture_path(child)) as after:
        if way == "outpaint":
            assert after.size == (before.width + 128, before.height)
            after = after.crop((64, 0, 64 + before.width, before.height))
        changed = ImageChops.difference(before.convert("RGB"), after.convert("RGB")).getbbox()
    if way == "outpaint":
        assert changed is None
    else:
        assert changed is not None
        assert changed[0] >= 40
        assert changed[2] <= 88


def picture() -> Image:
    buffer = io.BytesIO()
    Pillow.linear_gradient("L").resize((128, 128)).convert("RGB").save(buffer, "PNG")
    return api.upload(OWNER, "parent", buffer.getvalue())


def mask() -> bytes:
    drawn = Pillow.new("L", (128, 128))
    ImageDraw.Draw(drawn).rectangle((40, 40, 87, 87), fill=255)
    buffer = io.BytesIO()
    drawn.save(buffer, "PNG")
    return buffer.getvalue()


def files() -> set[str]:
    """Pictures and drafts of them; smaller copies follow when the job is over, and previews come and go."""
    folder = Path(settings.PICTURES_DIR)
    return {str(path) for path in folder.rglob("*") if path.is_file() and not {"previews", "derived"} & {*path.parts}}
