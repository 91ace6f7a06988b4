"""Wishes: what is asked, read and written down, with every change to the words said."""

import dataclasses
import uuid
from typing import Any

import pytest

from generation import api, wishes
from generation.errors import LimitExceeded
from generation.models import Job, Prompt, Turn, Workbench
from generation.pipelines import registry
from generation.wishes import Wish

CARD = registry.card(registry.OUR_PAINTER)
WEIGHING = dataclasses.replace(CARD, takes_weights=True)
OWNER = uuid.UUID(int=1)


def test_wish_is_read_once_per_combination_with_presets_behind() -> None:
    first, second = wishes.read(Wish("{빨간|파란} 배", presets=("neon", "oil-painting")), CARD)
    assert (first.text, first.translated) == ("빨간 배", "a red ship")
    assert first.english == "a red ship, oil painting, visible brushstrokes, rich pigment, neon light"
    assert second.text == "파란 배"
    assert first.translator.startswith("kiwi-dictionary")


def test_correction_is_read_and_the_translation_kept_when_a_hand_changed_it() -> None:
    [reading] = wishes.read(Wish("빨간 배", english="a red pear"), CARD)
    assert (reading.translated, reading.english, reading.notices) == ("a red ship", "a red pear", ("corrected",))
    [same] = wishes.read(Wish("빨간 배", english="a red ship"), CARD)
    assert same.notices == ()


@pytest.mark.parametrize(
    ("text", "takes", "english", "notices"),
    [
        ("a (red:1.3) boat", False, "a red boat", ("weights_stripped",)),
        ("a (red:1.3) boat", True, "a (red:1.3) boat", ()),
        ("(빨간:1.3) 배", False, "a red ship", ("weights_stripped",)),
        ("(빨간:1.3) 배", True, "a (red:1.3) ship", ()),
    ],
)
def test_weights_reach_the_model_or_are_said_to_be_stripped(
    text: str, takes: bool, english: str, notices: tuple[str, ...]
) -> None:
    [reading] = wishes.read(Wish(text), WEIGHING if takes else CARD)
    assert (reading.english, reading.notices) == (english, notices)


@pytest.mark.parametrize(
    "wish",
    [Wish("{a|b|c|d|e|f} {1|2|3|4|5|6|7}"), Wish("{a|b|c|d|e}", count=9), Wish("{a|b}", english="one of them"),
     Wish("a", count=10), Wish("a", count=0)],
)  # fmt: skip
def test_wish_is_refused_with_its_number_when_it_is_too_much(wish: Wish) -> None:
    with pytest.raises(LimitExceeded):
        wishes.read(wish, CARD)


@pytest.mark.django_db
def test_wish_is_written_down_with_all_that_changed_its_words() -> None:
    asked: dict[str, Any] = {"presets": ["calm"], "seeds": [4, 5], "negative_text": "사람"}
    made = api.ask(OWNER, "w", "{빨간|파란} (배:1.2)", **asked)
    assert [job.recipe["seed"] for job in made] == [4, 5, 4, 5]
    assert api.ask(OWNER, "w", "{빨간|파란} (배:1.2)", **asked) == made
    first, second = Prompt.objects.order_by("request_id")
    assert (first.text, second.text) == ("빨간 (배:1.2)", "파란 (배:1.2)")
    assert first.template == second.template == "{빨간|파란} (배:1.2)"
    assert (first.presets, first.notices) == (["calm"], ["weights_stripped"])
    assert first.negative_text_en == made[0].recipe["negative_prompt"] == "a person"
    assert made[0].recipe["prompt"] == first.text_en == "a red ship, calm, quiet mood"
    with pytest.raises(api.RequestIdReused):
        api.ask(OWNER, "w", "{빨간|파란} (배:1.2)", **{**asked, "presets": []})
    assert Job.objects.count() == 4


@pytest.mark.django_db
def test_preview_says_readings_and_pictures_and_writes_nothing() -> None:
    outlook = api.preview(OWNER, "{빨간|파란} 배", count=3)
    assert (outlook.pictures, len(outlook.readings), outlook.seconds) == (6, 2, None)
    assert (Prompt.objects.count(), Job.objects.count()) == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [("JOBS_OPEN_PER_OWNER", 2, "quota_open"), ("PICTURES_PER_MINUTE", 2, "quota_minute"),
     ("PICTURES_PER_DAY", 2, "quota_day")],
)  # fmt: skip
def test_ask_is_refused_with_a_time_when_a_quota_is_reached(
    settings: Any, setting: str, value: int, code: str
) -> None:
    setattr(settings, setting, value)
    api.ask(OWNER, "a", "a boat", count=2)
    with pytest.raises(api.QuotaReached) as refused:
        api.ask(OWNER, "b", "a boat")
    assert (refused.value.code, refused.value.status) == (code, 429)
    assert refused.value.retry_after_seconds > 0
    assert api.ask(uuid.UUID(int=2), "b", "a boat")
    assert Job.objects.filter(owner_id=OWNER).count() == 2


@pytest.mark.django_db
def test_own_quota_counts_when_an_owner_has_one() -> None:
    Turn.objects.create(owner_id=OWNER, pictures_per_day=1)
    api.ask(OWNER, "a", "a boat")
    with pytest.raises(api.QuotaReached):
        api.ask(OWNER, "b", "a boat")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("memory_bytes", "may_load", "said"), [(10, [], "needs"), (2**40, ["another"], "There are: another")]
)
def test_ask_is_refused_before_it_queues_when_no_worker_can_make_it(
    memory_bytes: int, may_load: list[str], said: str
) -> None:
    Workbench.objects.create(name="w", pool="gpu", device="cpu", memory_bytes=memory_bytes, may_load=may_load)
    with pytest.raises(LimitExceeded, match=said):
        api.ask(OWNER, "a", "a boat")
    assert not Prompt.objects.exists()
