"""Whose job is next, in the database: fair between owners, weighted, priorities, and what shares a pass."""

import uuid
from collections import Counter
from typing import Any

import pytest

from generation import api, turns
from generation.models import Job, Turn

pytestmark = pytest.mark.django_db
A, B, C = (uuid.UUID(int=n) for n in (1, 2, 3))


def queue(owner: uuid.UUID, count: int = 1, **more: Any) -> list[Job]:
    return [api.ask(owner, str(uuid.uuid4()), "a boat", seeds=[n], **more)[0] for n in range(count)]


def claimed(count: int, **more: Any) -> list[uuid.UUID]:
    return [job.owner_id for _ in range(count) if (job := turns.claim("gpu", "w", **more)) is not None]


def test_owners_take_turns_when_one_has_asked_for_many_first() -> None:
    queue(A, 6)
    queue(B, 2)
    assert claimed(5) == [A, B, A, B, A]


def test_owner_of_weight_three_has_three_turns_to_one() -> None:
    Turn.objects.create(owner_id=A, weight=3)
    queue(A, 9)
    queue(B, 9)
    assert Counter(claimed(8)) == {A: 6, B: 2}


def test_dear_jobs_count_for_more_than_cheap_ones() -> None:
    queue(A, 4)
    queue(B, 8)
    Job.objects.filter(owner_id=A).update(cost=3)
    assert Counter(claimed(8)) == {A: 2, B: 6}


def test_turns_are_not_saved_up_by_staying_away() -> None:
    queue(A, 20)
    claimed(10)
    queue(B, 10)
    assert Counter(claimed(8)) == {A: 4, B: 4}


def test_priority_orders_an_owners_own_jobs_and_urgent_ones_come_before_everybodys() -> None:
    queue(A, 2)
    [sooner] = queue(A, priority=5)
    queue(B, 1)
    [urgent] = queue(C, priority=Job.URGENT)
    got = [job for _ in range(3) if (job := turns.claim("gpu", "w"))]
    assert got[0] == urgent
    assert sooner in got
    assert {job.owner_id for job in got[1:]} == {A, B}


def test_worker_is_given_nothing_of_other_pools_nor_models_that_it_may_not_load() -> None:
    [job] = queue(A)
    assert turns.claim("other", "w") is None
    assert turns.claim("gpu", "w", ["another-model"]) is None
    assert turns.claim("gpu", "w", [job.recipe["model"]]) == job
    assert turns.claim("gpu", "w") is None


def test_jobs_of_several_owners_share_a_pass_and_each_owner_pays_for_theirs() -> None:
    queue(A, 4)
    queue(B, 1)
    first = turns.claim("gpu", "w")
    assert first is not None
    beside = turns.claim_beside(first, "w", 3)
    assert Counter(job.owner_id for job in [first, *beside]) == {A: 3, B: 1}
    assert {job.status for job in beside} == {Job.Status.RUNNING}
    assert Turn.objects.get(owner_id=A).passed == 3 * first.cost


def test_nothing_shares_a_pass_with_another_size_or_model() -> None:
    [first, other] = queue(A, 2)
    Job.objects.filter(pk=other.pk).update(batch_key="of another size")
    assert turns.claim_beside(Job.objects.get(pk=first.pk), "w", 3) == [first]
    assert turns.claim_beside(Job.objects.get(pk=first.pk), "w", 3) == []
