"""A picture dropped on the studio: its recipe comes back; what carries none, or a forged one, is refused."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from gallery.models import User
from generation import api as generation
from generation import pictures, recipe
from generation.models import Image, Job
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db
RECIPE = recipe.PaintRecipe(
    "ninefold-painter-4", "0" * 64, "a red boat, \"quoted\" & 'so'", "", 77, 20, 4.0, 64, 64, "kuwahara", 1024
)


@pytest.fixture
def by() -> User:
    return make.artist("Han")


@pytest.fixture
def client(by: User) -> Client:
    client = Client()
    client.force_login(by)
    return client


def png(text: str | None, key: str = "ninefold.recipe") -> bytes:
    info, buffer = PngInfo(), io.BytesIO()
    if text is not None:
        info.add_itxt(key, text)
    Pillow.new("RGB", (16, 16)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def written(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False)


def drop(client: Client, data: bytes, name: str = "a.png") -> Any:
    return client.post("/studio/recall/", {"recipe": SimpleUploadedFile(name, data)})


def test_words_and_seed_of_the_recipe_come_back_into_the_form(client: Client) -> None:
    answer = drop(client, png(written(RECIPE.document())))
    assert answer.status_code == 200
    form = answer.context["form"]
    assert (form["text"].value(), form["seed"].value(), form["count"].value()) == (RECIPE.prompt, 77, 1)
    text = answer.content.decode()
    assert "What would be different today" in text
    assert "00000000…000000" in text
    card = generation.model_card()
    same = replace(RECIPE, model_sha256=card.sha256, steps=card.default_steps, model=card.name,
                   guidance_scale=card.default_guidance_scale)  # fmt: skip
    assert "the same picture can be expected" in drop(client, png(written(same.document()))).content.decode()


def test_large_webp_of_ours_carries_the_recipe_too(client: Client) -> None:
    stored = pictures.put_png(Pillow.new("RGB", (64, 64)), {"ninefold.recipe": written(RECIPE.document())})
    large = pictures.derivative(stored.sha256, stored.mime, 1280).read_bytes()
    assert drop(client, large, "a.webp").context["form"]["text"].value() == RECIPE.prompt
    small = pictures.derivative(stored.sha256, stored.mime, 320).read_bytes()
    assert drop(client, small, "a.webp").status_code == 422


def test_own_picture_brings_the_words_as_they_were_typed(client: Client, by: User) -> None:
    image = make.picture(by, "붉은 배", text_en="a red boat")
    assert image.job
    answer = drop(client, png(written(image.job.recipe)))
    assert answer.context["form"]["text"].value() == "붉은 배"
    assert f"/studio/pictures/{image.pk}/" in answer.content.decode()
    exact = pictures.path(image.sha256).read_bytes()  # without a recipe inside, known by its bytes
    assert drop(client, exact).context["form"]["text"].value() == "붉은 배"
    other = Client()
    other.force_login(make.artist())
    theirs = drop(other, png(written(image.job.recipe)))
    assert theirs.context["form"]["text"].value() == "a red boat"
    assert str(image.pk) not in theirs.content.decode()


def test_composition_leads_to_its_picture_and_leaves_the_form_empty(client: Client, by: User) -> None:
    image = make.retouched(by)
    document = recipe.UpscaleRecipe(image.sha256, "lanczos", 2048).document()
    answer = drop(client, png(written(document)))
    assert "no words to paint by" in answer.content.decode()
    assert not answer.context["form"]["text"].value()


DOCUMENT = RECIPE.document()


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        (png(None), 422, "carries no recipe"),
        (png("x", "parameters"), 422, "carries no recipe"),
        (png("{"), 422, "no recipe of Ninefold"),
        (png("[1]"), 422, "no recipe of Ninefold"),
        (png("{}"), 422, "no recipe of Ninefold"),
        (png(written(DOCUMENT | {"operation": "rm"})), 422, "no recipe of Ninefold"),
        (png(written(DOCUMENT | {"more": 1})), 422, "no recipe of Ninefold"),
        (png(written(DOCUMENT | {"seed": "7"})), 422, "no recipe of Ninefold"),
        (png(written(DOCUMENT | {"seed": True})), 422, "no recipe of Ninefold"),
        (png(written(DOCUMENT | {"prompt": ["x"]})), 422, "no recipe of Ninefold"),
        (png(written({k: v for k, v in DOCUMENT.items() if k != "prompt"})), 422, "no recipe of Ninefold"),
        (png(written(DOCUMENT | {"prompt": "x" * 40_000})), 422, "no recipe of Ninefold"),
        (png("x" * 2_000_000), 422, "no recipe of Ninefold"),
        (png("[" * 30_000), 422, "no recipe of Ninefold"),
        (png("x")[:60], 422, "ends before"),
        (b"<svg onload=alert(1)>", 415, "not a PNG"),
        (b"RIFF\0\0\0\0WEBPxxxx", 422, "ends before"),
    ],
)
def test_file_is_refused_with_words_when_it_brings_no_recipe(
    client: Client, data: bytes, status: int, said: str
) -> None:
    answer = drop(client, data)
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert not Image.objects.exists()
    assert not Job.objects.exists()


def test_nothing_chosen_is_answered_with_words(client: Client) -> None:
    answer = client.post("/studio/recall/", {})
    assert (answer.status_code, "Choose a picture first." in answer.content.decode()) == (422, True)
