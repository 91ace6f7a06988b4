"""The prompt form of the studio: builder, reading before painting, correction by hand, wildcards, quotas."""

import uuid
from typing import Any

import pytest
from django.test import Client

from gallery.models import User
from generation import api
from generation.models import Job, Prompt
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> User:
    return make.artist("Han")


@pytest.fixture
def client(by: User) -> Client:
    client = Client()
    client.force_login(by)
    return client


def wish(**changes: Any) -> dict[str, Any]:
    return {
        "request_id": str(uuid.uuid4()),
        "text": "빨간 배",
        "negative_text": "",
        "count": "1",
        "seed": "4",
    } | changes


def test_reading_shows_translation_pictures_and_quota_and_queues_nothing(client: Client) -> None:
    answer = client.post("/studio/reading/", wish(count="2", mood="calm"), HTTP_HX_REQUEST="true")
    text = answer.content.decode()
    assert "a red ship, calm, quiet mood" in text
    assert ">a red ship</textarea>" in text
    assert "2 pictures will be painted." in text
    assert "<html" not in text
    assert (Job.objects.count(), Prompt.objects.count()) == (0, 0)


def test_reading_is_a_whole_page_with_what_was_typed_when_there_is_no_script(client: Client) -> None:
    text = client.post("/studio/reading/", wish(details="바다 위", light="neon")).content.decode()
    assert "<html" in text
    assert "바다 위</textarea>" in text
    assert 'value="neon" checked' in text
    assert '<details class="builder" open>' in text


def test_correction_is_painted_and_shown_beside_what_the_translator_said(client: Client, by: User) -> None:
    client.post("/studio/", wish(english="a red pear"))
    job = Job.objects.get()
    assert (job.recipe["prompt"], job.prompt.translated) == ("a red pear", "a red ship")
    image = make.picture(by)
    job.prompt.jobs.filter(pk=job.pk).update(prompt=None)
    image.job.prompt = job.prompt
    image.job.save(update_fields=["prompt"])
    text = client.get(f"/studio/pictures/{image.pk}/").content.decode()
    for said in ("빨간 배", "a red pear", "a red ship", api.preview(by.pk, "빨간 배").readings[0].translator):
        assert said in text


def test_builder_adds_details_and_presets_to_one_prompt(client: Client) -> None:
    asked = wish(text="a boat", details="old wood", medium="gouache", composition="thirds")
    assert client.post("/studio/", asked).status_code == 302
    prompt = Prompt.objects.get()
    assert (prompt.text, prompt.presets) == ("a boat, old wood", ["gouache", "thirds"])
    assert prompt.text_en.startswith("a boat, old wood, gouache painting")


def test_wildcards_become_one_prompt_each_when_painted(client: Client) -> None:
    text = client.post("/studio/reading/", wish(text="{빨간|파란} 배"), HTTP_HX_REQUEST="true").content.decode()
    assert "2 combinations" in text
    client.post("/studio/", wish(text="{빨간|파란} 배"))
    assert sorted(Prompt.objects.values_list("text", flat=True)) == ["빨간 배", "파란 배"]


@pytest.mark.parametrize("text", ["{a|b", "__nosuch__", "(cat:7)", "{a|b|c|d|e|f} {a|b|c|d|e|f|g}"])
@pytest.mark.parametrize("path", ["/studio/", "/studio/reading/"])
def test_prompt_is_refused_beside_its_field_when_its_signs_are_unclear(client: Client, path: str, text: str) -> None:
    answer = client.post(path, wish(text=text))
    assert answer.status_code == 422
    assert answer.context["form"].errors["text"]
    assert not Job.objects.exists()


@pytest.mark.parametrize("changes", [{"mood": "neon"}, {"medium": "nosuch"}, {"english": "a\u202eb"}])
def test_prompt_is_refused_when_a_choice_is_not_offered(client: Client, changes: dict[str, str]) -> None:
    assert client.post("/studio/", wish(**changes)).status_code == 422
    assert not Job.objects.exists()


def test_prompt_is_refused_with_words_when_the_quota_is_reached(client: Client, settings: Any) -> None:
    settings.PICTURES_PER_MINUTE = 1
    answer = client.post("/studio/?lang=ko", wish(count="2"))
    assert answer.status_code == 422
    assert "1분 동안" in answer.content.decode()
    assert not Job.objects.exists()


def test_reading_is_for_artists_alone() -> None:
    stranger = Client()
    stranger.force_login(make.person())
    assert stranger.post("/studio/reading/", wish()).status_code == 403
    assert Client().post("/studio/reading/", wish()).status_code == 302
