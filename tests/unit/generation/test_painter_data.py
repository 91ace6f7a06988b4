"""The pictures and captions that the painter learns from, made of plain shapes in place of the drawings."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from generation.painter.data import captions, compositions, drawings, palette, scenes, styles, table
from generation.painter.data.compose import Studio
from generation.painter.data.compositions import Composition
from generation.prompts.translate import to_english

ATTRIBUTIONS = Path(__file__).parents[3] / "docs" / "attributions.md"


def disc() -> np.ndarray:
    """A red disc with a black eye, as a drawing."""
    side = drawings.SHEET_PX
    y, x = np.mgrid[:side, :side] / side - 0.5
    pixels = np.zeros((side, side, 4), np.uint8)
    pixels[np.hypot(x, y) < 0.49] = (220, 40, 40, 255)
    pixels[np.hypot(x, y) < 0.1] = (10, 10, 10, 255)
    return pixels


@pytest.fixture(scope="module")
def studio() -> Studio:
    pixels = disc()
    return Studio(
        drawings.Drawing(subject, source.rendering, pixels)
        for source in drawings.SOURCES
        for subject in drawings.subjects()
    )


def some(count: int, held_back: bool = False) -> list[Composition]:
    return [compositions.draw(np.random.default_rng([5, i]), held_back) for i in range(count)]


def test_subjects_have_a_name_of_their_own_in_each_language() -> None:
    known = drawings.subjects()
    assert 80 <= len(known) <= 140
    assert len({subject.en for subject in known}) == len({subject.ko for subject in known}) == len(known)


@pytest.mark.parametrize("style", [None, *styles.STYLES])
def test_picture_is_the_same_when_painted_twice_and_another_in_a_new_view(studio: Studio, style: str | None) -> None:
    composition = Composition("fox", place="meadow", style=style)
    first, again, other = (studio.paint(dataclasses.replace(composition, view=view), 64) for view in (0, 0, 1))
    assert (first.shape, first.dtype) == ((64, 64, 3), np.uint8)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("place", scenes.PLACES)
def test_large_picture_is_the_small_one_when_shrunk(studio: Studio, place: str) -> None:
    composition = Composition("fox", place=place, time="sunset")
    small = studio.paint(composition, 64).astype(float)
    large = studio.paint(composition, 256).astype(float).reshape(64, 4, 64, 4, 3).mean((1, 3))
    assert np.abs(small - large).mean() < 6


def test_night_is_darker_than_day_when_the_place_is_the_same(studio: Studio) -> None:
    day, night = (studio.paint(Composition(place="beach", time=time), 64).mean() for time in ("day", "night"))
    assert night < day / 2


def test_layers_are_the_picture_when_laid_together(studio: Studio, tmp_path: Path) -> None:
    """The row's ground under its body gives the row's picture, where no style went over it."""
    table.write(tmp_path, studio, 60, seed=3, layers=True)
    learned = table.read(tmp_path)
    assert learned.layers is not None
    plain = [row.image for row in learned.rows if row.composed().style is None]
    assert any(learned.rows[image].composed().place for image in plain)
    ground, body, cover = np.split(learned.layers[plain].astype(float), (3, 6), axis=-1)
    off = np.abs(ground * (1 - cover / 255) + body - learned.pictures[plain])
    assert off.mean() < 1
    assert cover.max() == 255


def test_layers_are_left_out_when_nobody_learns_from_them(studio: Studio, tmp_path: Path) -> None:
    table.write(tmp_path, studio, 2, seed=3)
    assert table.read(tmp_path).layers is None


def test_subject_looks_the_other_way_in_every_second_view() -> None:
    pixels = disc()
    pixels[:, : drawings.SHEET_PX // 2, 3] = 0
    half = Studio(
        drawings.Drawing(subject, source.rendering, pixels)
        for source in drawings.SOURCES
        for subject in drawings.subjects()
    )
    right, left = (half.paint(Composition("fox", ground="white", view=view), 64) for view in (0, 1))
    assert np.array_equal(right, left[:, ::-1])
    assert right[:, 32:].mean() < right[:, :32].mean() - 20


def test_drawing_takes_the_colour_and_keeps_its_eye_when_painted_over() -> None:
    blue = palette.recolour(disc(), "blue")
    middle = drawings.SHEET_PX // 2
    assert blue[middle, middle, :3].max() < 40
    red, green, blue_part = (int(value) for value in blue[middle, middle // 2, :3])
    assert blue_part > green > red


def test_held_back_combination_is_never_drawn_when_training() -> None:
    training, held = some(3000), some(300, held_back=True)
    key = [dataclasses.replace(one, close=False, view=0) for one in training]
    assert not any(one.held_back for one in training)
    assert all(one.held_back for one in held)
    assert not {dataclasses.replace(one, view=0) for one in held} & set(key)
    for part in ("subject", "paint", "ground", "place", "style"):
        assert {getattr(one, part) for one in held} <= {getattr(one, part) for one in training}


def test_caption_names_every_part_when_in_english() -> None:
    for composition in some(300):
        caption = captions.english(composition)
        if composition.subject:
            assert composition.subject in caption
        if composition.style:
            assert captions.STYLES[composition.style][0] in caption
        if composition.paint:
            assert captions.colour_en(composition.paint) in caption


@pytest.mark.parametrize("subject", drawings.subjects(), ids=lambda subject: subject.en)
def test_korean_caption_reads_as_the_english_one_when_translated(subject: drawings.Subject) -> None:
    """For each subject with a place, a time and a style of its turn; what the painter reads is the translation."""
    turn = drawings.subjects().index(subject)
    place, style = list(scenes.PLACES)[turn % 11], list(styles.STYLES)[turn % 11]
    composition = Composition(subject.en, place=place, time=scenes.TIMES[turn % 7], style=style)
    read = to_english(captions.korean(composition)).english
    assert subject.en in read
    assert captions.STYLES[style][0] in read
    assert any(words.split()[-1] in read for words in (*captions.PLACE_WHERE[place], *captions.PLACE_NAMES[place]))


def test_longer_table_begins_with_the_shorter_one_when_the_seed_is_the_same(studio: Studio, tmp_path: Path) -> None:
    for name, count in (("short", 3), ("long", 5)):
        table.write(tmp_path / name, studio, count, seed=4)
    short, long = table.read(tmp_path / "short"), table.read(tmp_path / "long")
    assert list(long.rows[:3]) == list(short.rows)
    assert np.array_equal(long.pictures[:3], short.pictures)


def test_row_has_coyos_columns_and_no_invented_score(studio: Studio, tmp_path: Path) -> None:
    table.write(tmp_path, studio, 1, seed=4)
    row = json.loads((tmp_path / table.ROWS).read_text("utf-8"))
    for column in ("id", "image", "text", "width", "height", "source", "licence"):
        assert row[column] is not None
    for score in ("clip_similarity", "aesthetic_score", "watermark_score", "nsfw_score"):
        assert row[score] is None
    assert "MIT" in row["licence"]


def test_every_source_of_drawings_is_attributed() -> None:
    text = ATTRIBUTIONS.read_text("utf-8")
    for source in drawings.SOURCES:
        assert source.attribution() in text
        assert source.licence in drawings.LICENCES
