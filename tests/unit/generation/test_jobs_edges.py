import uuid

import pytest

from generation import api, jobs
from generation.models import Image, Job, Prompt

pytestmark = pytest.mark.django_db
OWNER, STRANGER = uuid.UUID(int=1), uuid.UUID(int=2)


@pytest.fixture
def job() -> Job:
    [job] = api.ask(OWNER, "one", "a red apple", seeds=[1])
    return job


def test_ask_gives_the_same_jobs_when_the_request_is_repeated(job: Job) -> None:
    assert api.ask(OWNER, "one", "a red apple", seeds=[1]) == [job]
    assert (Prompt.objects.count(), Job.objects.count()) == (1, 1)


@pytest.mark.parametrize(("text", "seeds"), [("a green apple", [1]), ("a red apple", [2]), ("a red apple", [1, 2])])
def test_ask_refuses_when_a_request_id_comes_with_another_body(job: Job, text: str, seeds: list[int]) -> None:
    with pytest.raises(api.RequestIdReused):
        api.ask(OWNER, "one", text, seeds=seeds)
    assert Job.objects.count() == 1


def test_ask_keeps_owners_apart_when_they_use_the_same_request_id(job: Job) -> None:
    [other] = api.ask(STRANGER, "one", "a green apple", seeds=[2])
    assert other.pk != job.pk


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "prompt_empty"), (" \n", "prompt_empty"), ("x" * 2001, "prompt_too_long"), ("a\0b", "forbidden_character"),
     ("a\u202eb", "forbidden_character"), ("뷁뷁뷁", "untranslated")],
)  # fmt: skip
def test_ask_refuses_with_the_reason_when_words_are_not_taken(text: str, code: str) -> None:
    with pytest.raises(api.InputRefused) as refused:
        api.ask(OWNER, "bad", text)
    assert refused.value.code == code
    assert str(refused.value)
    assert (Prompt.objects.count(), Job.objects.count()) == (0, 0)


@pytest.mark.parametrize("seeds", [[-1], [2**32], [1.5], [True], list(range(10))])
def test_ask_refuses_when_seeds_are_out_of_range(seeds: list[int]) -> None:
    with pytest.raises(api.InputRefused) as refused:
        api.ask(OWNER, "bad", "a red apple", seeds=seeds)
    assert refused.value.code == "limit"


def test_ask_records_both_languages_when_the_prompt_is_korean() -> None:
    [job] = api.ask(OWNER, "ko", "노을 지는 바다, 유화", seeds=[1])
    prompt = job.prompt
    assert (prompt.text, prompt.language) == ("노을 지는 바다, 유화", "ko")
    assert "sunset" in prompt.text_en
    assert prompt.translator
    assert job.recipe["prompt"] == prompt.text_en


def test_claim_is_given_to_one_worker_when_two_ask(job: Job) -> None:
    jobs.claim(job.pk, "first")
    with pytest.raises(jobs.StaleTransition):
        jobs.claim(job.pk, "second")
    assert Job.objects.get(pk=job.pk).worker == "first"


def test_beat_refuses_when_the_job_was_given_to_another_worker(job: Job) -> None:
    jobs.claim(job.pk, "first")
    with pytest.raises(jobs.StaleTransition):
        jobs.beat(job.pk, "second", step=1, steps_total=40)


def test_succeed_leaves_no_picture_when_the_lease_was_lost(job: Job) -> None:
    jobs.claim(job.pk, "first")
    Job.objects.filter(pk=job.pk).update(lease_until="2020-01-01T00:00Z")
    assert jobs.requeue_lapsed() == 1
    jobs.claim(job.pk, "second")
    image = Image(
        owner_id=OWNER, request_id="x", job=job, sha256="0" * 64, mime="image/png", width_px=1, height_px=1,
        size_bytes=1, made_by="machine",
    )  # fmt: skip
    with pytest.raises(jobs.StaleTransition):
        jobs.succeed(job.pk, "first", image)
    assert Image.objects.count() == 0


def test_cancel_and_retry_are_harmless_when_repeated(job: Job) -> None:
    api.cancel(OWNER, job.pk)
    api.cancel(OWNER, job.pk)
    assert Job.objects.get(pk=job.pk).status == Job.Status.CANCELLED
    assert api.retry(OWNER, job.pk).status == Job.Status.QUEUED
    assert api.retry(OWNER, job.pk).status == Job.Status.QUEUED


def test_job_is_not_found_when_it_is_anothers(job: Job) -> None:
    with pytest.raises(api.NoSuchPicture):
        api.cancel(STRANGER, job.pk)
    with pytest.raises(api.NoSuchPicture):
        api.retry(STRANGER, job.pk)
