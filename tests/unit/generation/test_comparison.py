"""Two pictures side by side: what counts as identical, as perceptually equal, and as different."""

import numpy as np
import pytest
from PIL import Image

from generation import comparison


@pytest.fixture
def picture() -> Image.Image:
    y, x = np.mgrid[:96, :128]
    return Image.fromarray(np.stack([x * 2, y * 2, (x * y) % 256], -1).astype(np.uint8))


def shifted(picture: Image.Image, by: int, share: float = 1.0) -> Image.Image:
    values = np.asarray(picture).astype(int)
    chosen = np.random.default_rng(0).random(values.shape[:2]) < share
    values[chosen] += by
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def test_same_pixels_are_identical(picture: Image.Image) -> None:
    found = comparison.compare(picture, picture.copy())
    assert (found.verdict, found.ssim, found.psnr_db, found.largest_difference) == ("identical", 1.0, None, 0)


def test_last_bits_that_differ_are_perceptually_equal_with_the_figures(picture: Image.Image) -> None:
    found = comparison.compare(picture, shifted(picture, 1, share=0.01))
    assert found.verdict == "alike"
    assert found.largest_difference == 1
    assert 0.005 < found.share_differing < 0.015
    assert found.psnr_db is not None
    assert found.psnr_db > 60
    assert found.ssim > 0.999


def test_another_picture_and_another_size_are_different(picture: Image.Image) -> None:
    other = picture.transpose(Image.Transpose.ROTATE_180)
    assert comparison.compare(picture, other).verdict == "different"
    assert comparison.compare(picture, picture.resize((64, 48))).verdict == "different"


def test_similarity_is_that_of_the_formula_when_one_is_flat_grey() -> None:
    flat, brighter = Image.new("L", (64, 64), 100), Image.new("L", (64, 64), 110)
    wanted = (2 * 100 * 110 + comparison.C1) / (100**2 + 110**2 + comparison.C1)
    assert comparison.structural_similarity(flat, brighter) == pytest.approx(wanted)
