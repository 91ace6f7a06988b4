"""Working pictures over by a real pipeline on tiny weights: what stays, what changes, and the same when repeated."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from generation import recipe, rework
from generation.composition.windows import Margins
from generation.errors import CannotDo, LimitExceeded
from generation.pipelines import registry
from generation.pipelines.base import Pipeline
from generation.recipe import ReworkRecipe, Source
from tests.unit.generation import tiny_models

SIZE = (48, 40)


@pytest.fixture(scope="module", params=["stable_diffusion", "unclip"])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    save = getattr(tiny_models, f"save_{request.param}")
    return registry.load(str(save(tmp_path_factory.mktemp("models") / request.param)), threads=1)


def picture(size: tuple[int, int] = SIZE) -> Image.Image:
    y, x = np.mgrid[: size[1], : size[0]]
    return Image.fromarray(np.stack([x * 5, y * 5, 255 - x * 4], -1).astype(np.uint8))


def mask() -> Image.Image:
    drawn = Image.new("L", SIZE)
    ImageDraw.Draw(drawn).ellipse((10, 8, 30, 28), fill=255)
    return drawn


def asked(pipeline: Pipeline, operation: str, **more: object) -> ReworkRecipe:
    source = Source(operation, "0" * 64, SIZE, **more)  # type: ignore[arg-type]
    return replace(recipe.to_rework(pipeline.card, source, "a cat", "", 7), steps=4)


def paint(pipeline: Pipeline) -> rework.Paint:
    return lambda request: pipeline.paint([request], lambda step, steps_total: None)[0]


def inpaint(pipeline: Pipeline) -> ReworkRecipe:
    return asked(pipeline, "inpaint", mask_sha256="1" * 64, mask_box=mask().getbbox())


def test_what_the_mask_leaves_black_comes_back_pixel_for_pixel(pipeline: Pipeline) -> None:
    done = rework.work_over(inpaint(pipeline), picture(), mask(), paint(pipeline))
    changed = (np.asarray(done) != np.asarray(picture())).any(-1)
    white = np.asarray(mask()) > 0
    assert not changed[~white].any()
    assert changed[white].mean() > 0.9


def test_extended_picture_holds_the_given_one_where_it_was(pipeline: Pipeline) -> None:
    recipe_ = asked(pipeline, "outpaint", margins=Margins(20, 0, 31, 9))
    done = rework.work_over(recipe_, picture(), None, paint(pipeline))
    assert done.size == (99, 49)
    assert done.crop((20, 0, 68, 40)).tobytes() == picture().tobytes()
    assert np.asarray(done.crop((72, 0, 99, 49))).std() > 1
    assert recipe_.windows > 1


def test_image_to_image_is_nearer_to_the_picture_when_less_of_it_goes(pipeline: Pipeline) -> None:
    square = picture((40, 40))
    far = []
    for strength in (0.25, 1.0):
        source = Source("image-to-image", "0" * 64, (40, 40), strength)
        recipe_ = replace(recipe.to_rework(pipeline.card, source, "a cat", "", 7), steps=8)
        done = rework.work_over(recipe_, square, None, paint(pipeline))
        shrunk = done.resize((16, 16), Image.Resampling.BOX)
        given = square.resize((16, 16), Image.Resampling.BOX)
        far.append(np.abs(np.asarray(shrunk).astype(int) - np.asarray(given)).mean())
    assert far[0] < far[1]


@pytest.mark.parametrize("make", [inpaint, lambda pipeline: asked(pipeline, "image-to-image", strength=0.5)])
def test_repeat_is_the_same_picture_and_another_seed_another(
    pipeline: Pipeline, make: Callable[[Pipeline], ReworkRecipe]
) -> None:
    first, again, other = (
        rework.work_over(replace(make(pipeline), seed=seed), picture(), mask(), paint(pipeline)).tobytes()
        for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


def test_windows_have_noise_of_their_own_and_the_first_the_seed() -> None:
    seeds = [rework.seed_of(7, window) for window in range(5)]
    assert seeds[0] == 7
    assert len(set(seeds)) == 5
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_enlarged_picture_has_the_asked_side_and_is_refused_when_it_would_shrink() -> None:
    made = recipe.to_upscale("0" * 64, SIZE, 192)
    assert (made.enlarge, rework.upscale(picture(), made.output_px, made.enlarge).size) == ("lanczos", (192, 160))
    for side in (48, 8193):
        with pytest.raises(LimitExceeded, match="8,192"):
            recipe.to_upscale("0" * 64, SIZE, side)


def test_too_many_windows_are_refused_before_anything_is_queued(pipeline: Pipeline) -> None:
    with pytest.raises(LimitExceeded, match="at most 64"):
        asked(pipeline, "outpaint", margins=Margins(left_px=2000))


def test_model_that_cannot_is_refused_with_what_it_can(pipeline: Pipeline) -> None:
    source = Source("variation", "0" * 64, SIZE)
    with pytest.raises(CannotDo, match="It can: text-to-image"):
        recipe.to_rework(pipeline.card, source, "", "", 1)
