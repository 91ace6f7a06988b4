"""How a picture is found: by colours by name, likeness, near-duplicates, and words in two languages."""

import io
import uuid
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image as Pillow

from gallery.models import User
from generation import curation, pictures
from generation.curation import Filter, colours, likeness, looks
from generation.models import Image, Look, Tint
from generation.models.look import LIKENESS_NUMBERS
from generation.painter.data import scenes, styles
from tests.unit.gallery import factories as make

SIDE = 128


def scene(place: str, time: str, style: str = "oil", view: int = 0) -> Pillow.Image:
    pixels = styles.STYLES[style](scenes.paint(SIDE, view, place, time))
    return Pillow.fromarray(np.asarray(pixels).clip(0, 255).astype(np.uint8))


def as_jpeg(picture: Pillow.Image) -> Pillow.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=60)
    return Pillow.open(buffer).convert("RGB")


@pytest.fixture
def by() -> User:
    return User(pk=uuid.uuid4())


def keep(by: User, picture: Pillow.Image) -> Image:
    stored = pictures.put_png(picture, {"n": str(uuid.uuid4())})
    return Image.objects.create(
        owner_id=by.pk, request_id=uuid.uuid4(), sha256=stored.sha256, mime=stored.mime, width_px=picture.width,
        height_px=picture.height, size_bytes=stored.size_bytes, made_by="human",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("hex", "name"),
    [("ff0000", "red"), ("a83522", "red"), ("ff8c00", "orange"), ("ffd700", "yellow"), ("2e8b57", "green"),
     ("1e3f8f", "blue"), ("87ceeb", "blue"), ("7b2fa0", "purple"), ("ffb6c1", "pink"), ("ff69b4", "pink"),
     ("7b4a21", "brown"), ("000000", "black"), ("808080", "grey"), ("ffffff", "white"), ("fbfaf7", "white")],
)  # fmt: skip
def test_colour_has_the_name_that_people_give_it(hex: str, name: str) -> None:
    half = Pillow.new("RGB", (64, 64), "#" + hex)
    assert colours.tints(half) == {name: 100}
    assert colours.palette(half) == ["#" + hex]


def test_vector_keeps_its_length_for_any_picture() -> None:
    for picture in (Pillow.new("RGB", (1, 1)), Pillow.new("RGBA", (3000, 2)), Pillow.new("1", (5, 900))):
        assert len(likeness.vector(picture)) == LIKENESS_NUMBERS


def test_same_picture_is_a_twin_at_other_sizes_and_when_compressed_and_others_are_not() -> None:
    scenery = [scene(place, time) for place in ("sea", "forest", "city", "desert") for time in ("day", "night")]
    vectors = [likeness.vector(picture) for picture in scenery]
    for picture, vector in zip(scenery, vectors, strict=True):
        for again in (picture.resize((64, 64)), picture.resize((400, 400)), as_jpeg(picture)):
            changed = likeness.vector(again)
            assert [likeness.are_twins(changed, other) for other in vectors].count(True) == 1
            assert likeness.are_twins(changed, vector)


@pytest.mark.django_db
def test_pictures_are_looked_at_once_and_found_by_colour_most_of_it_first(by: User) -> None:
    reds = [Pillow.new("RGB", (64, 64), "#1e3f8f") for _ in range(3)]
    for share, picture in zip((16, 48, 32), reds, strict=True):
        picture.paste((200, 20, 20), (0, 0, 64, share))
    images = [keep(by, picture) for picture in reds]
    assert curation.take(2) == 2
    assert curation.take(9) == 1
    assert curation.take(9) == 0
    found = curation.page(by.pk, Filter(colour="red"), size=2)
    assert [image.pk for image in found.images] == [images[1].pk, images[2].pk]
    behind = curation.page(by.pk, Filter(colour="red"), after=found.after, size=2)
    assert [image.pk for image in behind.images] == [images[0].pk]
    assert curation.page(by.pk, Filter(colour="red"), before=behind.before, size=2) == found
    assert curation.page(by.pk, Filter(colour="green")).images == []
    assert curation.page(uuid.uuid4(), Filter(colour="red")).images == []
    assert Look.objects.get(pk=images[1].pk).palette[0].startswith("#c")


@pytest.mark.django_db
def test_what_looks_alike_comes_first_and_nobody_elses(by: User) -> None:
    sea, sea_too, city = (
        keep(by, scene("sea", "day")),
        keep(by, scene("sea", "dawn")),
        keep(by, scene("city", "night")),
    )
    theirs = keep(User(pk=uuid.uuid4()), scene("sea", "day"))
    curation.take(9)
    with CaptureQueriesContext(connection) as made:
        found = curation.page(by.pk, Filter(like=sea.pk)).images
    assert [image.pk for image in found] == [sea.pk, sea_too.pk, city.pk]
    assert len([one for one in made if "SELECT" in one["sql"]]) == 2
    curation.drop(by.pk, [sea_too.pk])
    assert curation.page(by.pk, Filter(like=sea.pk)).images == [sea, city]
    assert curation.page(by.pk, Filter(like=theirs.pk)).images == []


@pytest.mark.django_db
def test_near_duplicates_are_grouped_until_one_is_left(by: User) -> None:
    sea = scene("sea", "day")
    first, city = keep(by, sea), keep(by, scene("city", "night"))
    small, pressed = keep(by, sea.resize((64, 64))), keep(by, as_jpeg(sea))
    keep(User(pk=uuid.uuid4()), sea)
    curation.take(9)
    assert curation.twins(by.pk) == ([[first, small, pressed]], None)
    assert Look.objects.get(pk=city.pk).twin_of is None
    curation.drop(by.pk, [first.pk])
    assert curation.twins(by.pk)[0] == [[small, pressed]]
    curation.drop(by.pk, [small.pk])
    assert curation.twins(by.pk)[0] == []


@pytest.mark.django_db
def test_groups_are_paged(by: User) -> None:
    for time in ("day", "night", "sunset"):
        for _ in range(2):
            keep(by, scene("sea", time))
    curation.take(9)
    first, after = curation.twins(by.pk, most=2)
    rest, end = curation.twins(by.pk, after, most=2)
    assert (len(first), len(rest), end) == (2, 1, None)


@pytest.mark.django_db
def test_picture_without_its_file_is_looked_at_too_and_all_can_be_looked_at_anew(by: User) -> None:
    image, gone = keep(by, scene("sea", "day")), keep(by, scene("city", "day"))
    Path(pictures.path(gone.sha256)).unlink()
    call_command("look", stdout=io.StringIO())
    assert Look.objects.get(pk=gone.pk).likeness is None
    Look.objects.filter(pk=image.pk).update(palette=[])
    call_command("look", anew=True, stdout=io.StringIO())
    assert Look.objects.get(pk=image.pk).palette
    assert Tint.objects.filter(image=image).count() == len(set(Tint.objects.values_list("colour", flat=True)))
    assert looks.take(5) == 0


@pytest.mark.django_db
def test_words_find_prompts_in_both_languages(by: User) -> None:
    lake = make.picture(by, "a quiet lake with two red boats")
    cat = make.picture(by, "눈 속의 고양이가 있는 밤, 수채화", text_en="a cat in the snow at night, watercolour")
    make.picture(User(pk=uuid.uuid4()), "a lake")
    curation.take(9)
    for asked, found in {
        "lake": [lake], "boat": [lake], "Boats": [lake], "quie": [lake], "lake boat": [lake], "lake cat": [],
        "고양이": [cat], "고양이 수채": [cat], "밤": [cat], "cat": [cat], "호수": [lake], "고양이 호수": [],
        "red & ' | !*:": [lake], "?!": [cat, lake],
    }.items():  # fmt: skip
        shown = curation.page(by.pk, Filter(text=asked)).images
        assert shown == found, asked
