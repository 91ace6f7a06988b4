"""Jobs with real worker processes: killed, doubled, cancelled, with the broker emptied. One picture each time."""

import hashlib
import os
import signal
import uuid
from collections.abc import Iterator

import psutil
import pytest
import redis
from django.conf import settings
from django.core.management import call_command

from generation import api, jobs, nudges
from generation.models import Image, Job
from tests.support import workers
from tests.support.processes import Process, poll

pytestmark = pytest.mark.django_db(transaction=True)
OWNER = uuid.UUID(int=7)


@pytest.fixture(scope="module")
def gpu(django_db_setup: None) -> Iterator[Process]:
    """One worker for the tests that leave it alive; loading a model takes longer than painting."""
    with workers.worker("gpu") as process:
        yield process


def status(job: Job) -> str:
    return Job.objects.values_list("status", flat=True).get(pk=job.pk)


def swept_until(job: Job, *wanted: str, seconds: float = 90) -> Job:
    def there() -> bool:
        call_command("sweep", once=True)
        return status(job) in wanted

    poll(there, seconds, f"job is {status(job)}, wanted {wanted}")
    return Job.objects.get(pk=job.pk)


def wait_until_painting(job: Job) -> None:
    def begun() -> bool:
        row = Job.objects.get(pk=job.pk)
        assert row.status in Job.OPEN, row.error_text
        return row.step >= 2

    poll(begun, 90, "the job was not begun")


def pool_child(worker: Process) -> psutil.Process:
    return psutil.Process(worker.pid).children()[0]


def slow() -> Job:
    """A job long enough to be killed in the middle of: as many steps as the model takes."""
    [job] = api.ask(OWNER, f"slow-{uuid.uuid4()}", "mountains at sunset", seeds=[5])
    document = {**job.recipe, "steps": api.model_card().max_steps}
    Job.objects.filter(pk=job.pk).update(recipe=document)
    return Job.objects.get(pk=job.pk)


def test_job_gives_one_picture_when_the_whole_worker_is_killed_and_another_comes() -> None:
    first = workers.start("gpu")
    first.wait_for_line("ready.")
    job = slow()
    swept_until(job, Job.Status.RUNNING)
    wait_until_painting(job)
    first.kill()
    with workers.worker("gpu"):
        done = swept_until(job, Job.Status.SUCCEEDED)
    assert done.attempts == 2
    assert Image.objects.filter(owner_id=OWNER).count() == 1


def test_job_gives_one_picture_of_its_bytes_when_a_worker_paints_it(gpu: Process) -> None:
    [job] = api.ask(OWNER, "plain", "mountains at sunset, oil painting", seeds=[3])
    swept_until(job, Job.Status.SUCCEEDED)
    image = Image.objects.get(job=job)
    data = api.picture_path(image).read_bytes()
    assert hashlib.sha256(data).hexdigest() == image.sha256
    assert (image.width_px, image.height_px) == (settings.OUTPUT_PX, settings.OUTPUT_PX)
    assert b"ninefold.recipe" in data


def test_job_gives_one_picture_when_the_pool_child_is_killed_in_the_middle(gpu: Process) -> None:
    job = slow()
    swept_until(job, Job.Status.RUNNING)
    wait_until_painting(job)
    os.kill(pool_child(gpu).pid, signal.SIGKILL)
    done = swept_until(job, Job.Status.SUCCEEDED)
    assert done.attempts == 2
    assert Image.objects.filter(job=job).count() == 1


def test_job_gives_one_picture_when_its_message_comes_three_times(gpu: Process) -> None:
    [job] = api.ask(OWNER, "thrice", "a red apple", seeds=[1])
    for _ in range(3):
        nudges.send(job.pk)
    done = swept_until(job, Job.Status.SUCCEEDED)
    poll(lambda: _queue_length() == 0, 20, "messages are left")
    assert done.attempts == 1
    assert Image.objects.filter(job=job).count() == 1


def test_job_is_painted_when_the_broker_was_emptied(gpu: Process) -> None:
    first = slow()
    swept_until(first, Job.Status.RUNNING)
    asked = api.ask(OWNER, "flushed", "a red apple", seeds=[1, 2])
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushall()
    Job.objects.filter(status=Job.Status.QUEUED).update(nudged_at=None)  # as after the sweeper's patience
    for job in [first, *asked]:
        swept_until(job, Job.Status.SUCCEEDED)
    assert Image.objects.count() == 3


def test_cancel_stops_its_own_job_only_when_two_are_asked(gpu: Process) -> None:
    doomed, other = slow(), slow()
    swept_until(doomed, Job.Status.RUNNING)
    wait_until_painting(doomed)
    api.cancel(OWNER, doomed.pk)
    swept_until(other, Job.Status.SUCCEEDED)
    assert status(doomed) == Job.Status.CANCELLED
    assert not Image.objects.filter(job=doomed).exists()


def test_compose_lays_nine_panels_at_full_resolution_when_they_are_the_owners(gpu: Process) -> None:
    asked = api.ask(OWNER, "nine", "a beach at sunset", seeds=range(9))
    for job in asked:
        swept_until(job, Job.Status.SUCCEEDED)
    panels = [Image.objects.get(job=job).pk for job in asked]
    whole = swept_until(api.compose(OWNER, "whole", panels), Job.Status.SUCCEEDED)
    image = Image.objects.get(job=whole)
    assert (image.width_px, image.height_px) == (3 * settings.OUTPUT_PX, 3 * settings.OUTPUT_PX)
    assert [edge.parent_id for edge in image.parentages.all()] == panels
    assert [step.kind for step in api.lineage(image)] == ["paint"] * 9 + ["compose"]


def test_job_fails_for_good_with_the_reason_when_its_worker_is_lost_three_times() -> None:
    [job] = api.ask(OWNER, "lost", "a red apple", seeds=[1])
    for number in range(settings.JOB_ATTEMPTS):
        jobs.claim(job.pk, f"worker {number}")
        Job.objects.filter(pk=job.pk).update(lease_until="2020-01-01T00:00Z")
        jobs.requeue_lapsed()
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Job.Status.FAILED, "worker_lost")
    again = api.retry(OWNER, job.pk)
    assert (again.status, again.attempts, again.recipe) == (Job.Status.QUEUED, 0, job.recipe)


def _queue_length() -> int:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        return int(client.llen("gpu"))
