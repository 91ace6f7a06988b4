"""Our painter through the door that every model comes through."""

from dataclasses import replace

import pytest
from PIL import ImageStat

from generation.errors import LimitExceeded, PaintCancelled
from generation.pipelines import registry
from generation.pipelines.base import PaintRequest, Pipeline

APPLE = PaintRequest(
    prompt="a red apple",
    negative_prompt="",
    seed=3,
    width_px=256,
    height_px=256,
    steps=12,
    guidance_scale=1.5,
)
CITY = replace(APPLE, prompt="a city at night", seed=4)


@pytest.fixture(scope="module")
def painter() -> Pipeline:
    return registry.load("ninefold-painter-4")


def unheeded(step: int, steps_total: int) -> None:
    """Nobody watches."""


def test_painter_paints_red_in_the_middle_when_asked_for_a_red_apple(painter: Pipeline) -> None:
    [apple] = painter.paint([APPLE], unheeded)
    assert (apple.mode, apple.size) == ("RGB", (256, 256))
    red, green, blue = ImageStat.Stat(apple.crop((96, 112, 160, 176))).mean
    assert red > 180
    assert max(green, blue) < 120


def test_painter_paints_dark_when_asked_for_night(painter: Pipeline) -> None:
    [city] = painter.paint([CITY], unheeded)
    assert ImageStat.Stat(city.convert("L")).mean[0] < 80


def test_picture_is_the_same_when_painted_alone_or_in_a_batch(painter: Pipeline) -> None:
    requests = [replace(APPLE, seed=seed) for seed in (1, 2)] + [CITY]
    together = painter.paint(requests, unheeded)
    alone = [painter.paint([request], unheeded)[0] for request in reversed(requests)][::-1]
    assert [image.tobytes() for image in together] == [image.tobytes() for image in alone]
    assert together[0].tobytes() != together[1].tobytes()


def test_picture_changes_when_negative_prompt_is_given(painter: Pipeline) -> None:
    [plain] = painter.paint([APPLE], unheeded)
    [other] = painter.paint([replace(APPLE, negative_prompt="a watercolor")], unheeded)
    assert other.tobytes() != plain.tobytes()


def test_steps_are_counted_over_the_batch_when_painting_two(painter: Pipeline) -> None:
    seen: list[tuple[int, int]] = []
    painter.paint([replace(APPLE, steps=2), replace(CITY, steps=3)], lambda *step: seen.append(step))
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_painting_stops_at_once_when_callback_cancels(painter: Pipeline) -> None:
    seen: list[int] = []

    def cancel_at_second(step: int, steps_total: int) -> None:
        seen.append(step)
        if step == 2:
            raise PaintCancelled

    [before] = painter.paint([APPLE], unheeded)
    with pytest.raises(PaintCancelled):
        painter.paint([APPLE, CITY], cancel_at_second)
    assert seen == [1, 2]
    assert painter.paint([APPLE], unheeded)[0].tobytes() == before.tobytes()


def test_painter_refuses_request_when_size_does_not_fit(painter: Pipeline) -> None:
    with pytest.raises(LimitExceeded, match="What fits: 256 x 256"):
        painter.paint([replace(APPLE, width_px=1024)], unheeded)


def test_apple_is_red_on_the_ground_that_was_asked_for(painter: Pipeline) -> None:
    [apple] = painter.paint([replace(APPLE, prompt="an apple on a blue background", steps=20)], unheeded)
    red, _, blue = ImageStat.Stat(apple.crop((96, 112, 160, 176))).mean
    assert red > blue + 60
    red, _, blue = ImageStat.Stat(apple.crop((4, 4, 28, 28))).mean
    assert blue > red + 60


def test_pictures_of_one_forward_pass_are_bit_for_bit_those_of_each_seed_alone(painter: Pipeline) -> None:
    first = replace(APPLE, steps=6, guidance_scale=painter.card.default_guidance_scale)
    asked = [replace(first, seed=seed) for seed in (1, 2)] + [
        replace(first, prompt="a city at night in a very old oil painting of a harbour", seed=4),
        replace(first, prompt="sea", seed=5),
    ]
    seen: list[tuple[int, int]] = []
    together = painter.paint(asked, lambda *step: seen.append(step))
    assert seen[-1] == (6, 6)  # four pictures, one pass a step
    for request, picture in zip(asked, together, strict=True):
        [alone] = painter.paint([request], unheeded)
        assert alone.tobytes() == picture.tobytes()
