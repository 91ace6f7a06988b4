"""The first painter through the door that every model comes through."""

from dataclasses import replace

import pytest
from PIL import Image, ImageStat

from generation.errors import LimitExceeded, PaintCancelled
from generation.pipelines import registry
from generation.pipelines.base import PaintRequest, Pipeline

APPLE = PaintRequest(
    prompt="a red apple",
    negative_prompt="",
    seed=3,
    width_px=64,
    height_px=64,
    steps=12,
    guidance_scale=3.0,
)
CITY = replace(APPLE, prompt="a city at night", seed=4)


@pytest.fixture(scope="module")
def painter() -> Pipeline:
    return registry.load("ninefold-painter-1")


def unheeded(step: int, steps_total: int) -> None:
    """Nobody watches."""


def test_painter_paints_red_in_the_middle_when_asked_for_a_red_apple(painter: Pipeline) -> None:
    [apple] = painter.paint([APPLE], unheeded)
    assert (apple.mode, apple.size) == ("RGB", (64, 64))
    red, green, blue = ImageStat.Stat(apple.crop((24, 28, 40, 44))).mean
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
    [without_red] = painter.paint([replace(APPLE, negative_prompt="red")], unheeded)
    assert _redness(without_red) < _redness(plain)


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
    with pytest.raises(LimitExceeded, match="What fits: 64 x 64"):
        painter.paint([replace(APPLE, width_px=1024)], unheeded)


def _redness(image: Image.Image) -> float:
    red, green, blue = ImageStat.Stat(image).mean
    return red - (green + blue) / 2


@pytest.fixture(scope="module")
def third() -> Pipeline:
    return registry.load(registry.THIRD_PAINTER)


def test_third_painter_paints_the_apple_red_on_the_ground_that_was_asked_for(third: Pipeline) -> None:
    asked = replace(
        APPLE, prompt="an apple on a blue background", steps=third.card.default_steps,
        guidance_scale=third.card.default_guidance_scale,
    )  # fmt: skip
    [apple] = third.paint([asked], unheeded)
    red, _, blue = ImageStat.Stat(apple.crop((24, 28, 40, 44))).mean
    assert red > blue + 60
    red, _, blue = ImageStat.Stat(apple.crop((1, 1, 7, 7))).mean
    assert blue > red + 60


def test_committed_weights_of_both_painters_are_small_enough_for_the_repository() -> None:
    both = [path.stat().st_size for path in registry.BUILT_IN[registry.THIRD_PAINTER].parent.rglob("*.safetensors")]
    assert sum(both) < 60 * 2**20


@pytest.mark.parametrize("name", ["ninefold-painter-1", "ninefold-painter-3"])
def test_pictures_of_one_forward_pass_are_bit_for_bit_those_of_each_seed_alone(name: str) -> None:
    pipeline = registry.load(name)
    first = replace(APPLE, steps=6, guidance_scale=pipeline.card.default_guidance_scale)
    asked = [replace(first, seed=seed) for seed in (1, 2)] + [
        replace(first, prompt="a city at night in a very old oil painting of a harbour", seed=4),
        replace(first, prompt="sea", seed=5),
    ]
    seen: list[tuple[int, int]] = []
    together = pipeline.paint(asked, lambda *step: seen.append(step))
    assert seen[-1] == (6, 6)  # four pictures, one pass a step
    for request, picture in zip(asked, together, strict=True):
        [alone] = pipeline.paint([request], unheeded)
        assert alone.tobytes() == picture.tobytes()
