"""Where a model paints on a canvas of any size: everything that is free, nothing that is known."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from generation.composition import windows
from generation.composition.windows import Margins

SIDES = st.integers(8, 40)
GROWTH = st.integers(0, 90)


@given(SIDES, SIDES, GROWTH, GROWTH, GROWTH, GROWTH)
@settings(max_examples=60, deadline=None)
def test_windows_cover_all_that_grew_and_see_what_is_known(
    width: int, height: int, left: int, top: int, right: int, bottom: int
) -> None:
    margins = Margins(left, top, right, bottom)
    side, boxes = windows.around((width, height), margins)
    canvas = margins.around((width, height))
    known = Image.new("L", canvas)
    known.paste(255, margins.box((width, height)))
    for box in boxes:
        assert box[2] - box[0] == box[3] - box[1] == side
        assert min(box) >= 0
        assert (box[2] <= canvas[0], box[3] <= canvas[1]) == (True, True)
        assert known.crop(box).getbbox() is not None, "a window that sees nothing known"
        known.paste(255, box)
    assert known.getextrema() == (255, 255)


def test_small_mask_is_one_window_with_as_much_around_it() -> None:
    assert windows.over_mask((1000, 800), (500, 400, 600, 450), 64) == (200, [(450, 325, 650, 525)])
    assert windows.over_mask((1000, 800), (0, 0, 10, 10), 64) == (64, [(0, 0, 64, 64)])
    assert windows.over_mask((1000, 800), (0, 0, 800, 800), 64) == (800, [(0, 0, 800, 800)])


def test_mask_wider_than_a_window_is_covered_from_its_ends() -> None:
    side, boxes = windows.over_mask((900, 300), (10, 10, 890, 290), 64)
    covered = Image.new("L", (900, 300))
    for box in boxes:
        covered.paste(255, box)
    assert side == 300
    assert covered.crop((10, 10, 890, 290)).getextrema() == (255, 255)
    assert 0 in {boxes[0][0], 900 - boxes[0][2]}


def test_grown_canvas_holds_the_picture_and_repeats_its_border() -> None:
    picture = Image.linear_gradient("L").resize((20, 10)).convert("RGB")
    canvas, free = windows.grow(picture, Margins(5, 4, 3, 2))
    assert canvas.size == free.size == (28, 16)
    assert canvas.crop((5, 4, 25, 14)).tobytes() == picture.tobytes()
    assert free.crop((5, 4, 25, 14)).getextrema() == (0, 0)
    assert canvas.getpixel((0, 0)) == picture.getpixel((0, 0))
    assert canvas.getpixel((27, 15)) == picture.getpixel((19, 9))


@pytest.mark.parametrize("extent", [2, 30])
def test_laid_window_changes_what_is_free_and_nothing_else(extent: int) -> None:
    canvas, free = Image.new("RGB", (64, 64), (10, 20, 30)), Image.new("L", (64, 64))
    ImageDraw.Draw(free).rectangle((20, 20, 20 + extent, 20 + extent), fill=255)
    before = free.copy()
    windows.lay(canvas, free, Image.new("RGB", (64, 64), (200, 0, 0)), (0, 0, 64, 64))
    for at in itertools.product(range(64), repeat=2):
        if not before.getpixel(at):
            assert canvas.getpixel(at) == (10, 20, 30)
    middle = 20 + extent // 2
    assert canvas.getpixel((middle, middle)) == (200, 0, 0)
    assert free.getbbox() is None
