"""Two pictures of one recipe side by side: identical, perceptually equal, or different, with the figures. Pure.

Perceptually equal means a mean structural similarity (SSIM, Wang et al. 2004, doi:10.1109/TIP.2003.819861; luminance,
blocks of 8 x 8, at most 1024 px wide as one looks at it) of at least 0.98. PSNR and the largest difference of a
channel are of all pixels.
"""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops

ALIKE_SSIM = 0.98
SEEN_PX = 1024
BLOCK_PX = 8
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

IDENTICAL, ALIKE, DIFFERENT = "identical", "alike", "different"


@dataclass(frozen=True)
class Comparison:
    """`psnr_db` is None for identical pixels (it would be infinite) and for sizes that differ."""

    verdict: str
    ssim: float
    psnr_db: float | None
    largest_difference: int  # of a channel, of 255
    share_differing: float  # of the pixels


def compare(stored: Image.Image, again: Image.Image) -> Comparison:
    """How a picture painted again stands beside the stored one."""
    if stored.size != again.size:
        return Comparison(DIFFERENT, 0.0, None, 255, 1.0)
    one, other = stored.convert("RGB"), again.convert("RGB")
    apart = ImageChops.difference(one, other)
    red, green, blue = apart.split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue).histogram()
    pixels = one.width * one.height
    if most[0] == pixels:
        return Comparison(IDENTICAL, 1.0, None, 0, 0.0)
    counts = apart.histogram()
    error = sum(counts[band * 256 + value] * value**2 for band in range(3) for value in range(256)) / (3 * pixels)
    ssim = structural_similarity(one, other)
    return Comparison(
        ALIKE if ssim >= ALIKE_SSIM else DIFFERENT, ssim, 10 * math.log10(255**2 / error),
        max(value for value in range(256) if most[value]), 1 - most[0] / pixels,
    )  # fmt: skip


def structural_similarity(one: Image.Image, other: Image.Image) -> float:
    """The mean over blocks, -1 to 1; both of one size, at least a block wide and high."""
    x, y = (_blocks(picture) for picture in (one, other))
    mean_x, mean_y = x.mean(-1), y.mean(-1)
    var_x, var_y = x.var(-1), y.var(-1)
    both = (x * y).mean(-1) - mean_x * mean_y
    of_light = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    of_form = (2 * both + C2) / (var_x + var_y + C2)
    return float((of_light * of_form).mean())


def _blocks(picture: Image.Image) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """(blocks, pixels of a block) of the luminance."""
    grey = picture.convert("L")
    if max(grey.size) > SEEN_PX:
        grey.thumbnail((SEEN_PX, SEEN_PX), Image.Resampling.BOX)
    values = np.asarray(grey, np.float64)
    high, wide = (side // BLOCK_PX * BLOCK_PX for side in values.shape)
    tiles = values[:high, :wide].reshape(high // BLOCK_PX, BLOCK_PX, wide // BLOCK_PX, BLOCK_PX)
    return tiles.transpose(0, 2, 1, 3).reshape(-1, BLOCK_PX**2)
