"""Larger pictures by plain arithmetic: nothing is invented, no network looks at the picture.

The first painter gives 64 pixels and works are shown at 1024. Each way of enlarging has a name in English
and Korean, and the page of a work shows it. The same picture in gives the same picture out.

- `lanczos`: resampling with the Lanczos kernel of three lobes. Faithful; soft and blocky at 16 times.
- `kuwahara`: Lanczos in stages with a generalised Kuwahara filter at four and eight times the size (Papari,
  Petkov & Campisi 2007, doi:10.1109/TIP.2007.903912). Around each pixel it looks at eight neighbourhoods and
  takes the mean of the calmest ones, so that edges come out crisp and areas flat, as in gouache. It changes
  the texture of a picture, which is why the page says so.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PIL import Image, ImageFilter, ImageMath

RGB = "RGB"
LANCZOS = Image.Resampling.LANCZOS

KUWAHARA_STAGES = (4, 8)
KUWAHARA_RADIUS_PX = 5
SECTORS = 8
BLUR_PASSES = 2
BLUR_RADIUS_PX = 3
CALM = 4.0
"""A variance of 8-bit values, three channels together, below which neighbourhoods are equally calm."""


@dataclass(frozen=True)
class Method:
    name_en: str
    name_ko: str
    apply: Callable[[Image.Image, tuple[int, int]], Image.Image]
    min_factor: float


def enlarge(image: Image.Image, size_px: int, method: str = "lanczos") -> Image.Image:
    """An RGB picture whose longer side has `size_px`; ValueError if the method does not suit the factor."""
    factor = size_px / max(image.size)
    if factor < METHODS[method].min_factor:
        least = METHODS[method].min_factor
        raise ValueError(f"{METHODS[method].name_en} enlarges by {least:g} times or more, not by {factor:g}.")
    width, height = (max(1, round(side * factor)) for side in image.size)
    return METHODS[method].apply(image.convert(RGB), (width, height))


def best_method(from_px: int, size_px: int) -> str:
    """The way that looks best for this factor: `kuwahara` for small pictures, `lanczos` for the rest."""
    return "kuwahara" if size_px >= METHODS["kuwahara"].min_factor * from_px else "lanczos"


def _lanczos(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image.resize(size, LANCZOS)


def _kuwahara(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    width, height = image.size
    image = image.filter(ImageFilter.GaussianBlur(0.7))  # the painter's own pixel grid
    for factor in KUWAHARA_STAGES:
        if width * factor <= size[0]:
            image = smooth(image.resize((width * factor, height * factor), LANCZOS))
    return image.resize(size, LANCZOS).filter(ImageFilter.UnsharpMask(radius=3, percent=60, threshold=0))


def smooth(image: Image.Image, radius_px: int = KUWAHARA_RADIUS_PX) -> Image.Image:
    """The generalised Kuwahara filter. Neighbourhoods are one blurred picture seen from eight sides."""
    margin = radius_px + BLUR_PASSES * BLUR_RADIUS_PX
    channels = [band.convert("F") for band in _with_margin(image, margin).split()]
    means = [_blur(channel) for channel in channels]
    squares = [_blur(_product(channel, channel)) for channel in channels]
    variance = _sum(_variance(square, mean) for square, mean in zip(squares, means, strict=True))
    weight = ImageMath.lambda_eval(lambda at: (CALM / (abs(at["v"]) + CALM)) ** 4 + 1e-12, v=variance)
    weighted = [_product(weight, mean) for mean in means]

    angles = [2 * math.pi * sector / SECTORS for sector in range(SECTORS)]
    ways = [(round(radius_px * math.cos(angle)), round(radius_px * math.sin(angle))) for angle in angles]
    total = _sum(_shift(weight, *way) for way in ways)
    bands = [_ratio(_sum(_shift(part, *way) for way in ways), total) for part in weighted]
    width, height = image.size
    return Image.merge(RGB, bands).crop((margin, margin, margin + width, margin + height))


def _with_margin(image: Image.Image, margin: int) -> Image.Image:
    """The picture with its border pixels repeated outwards."""
    width, height = image.size
    wide = Image.new(image.mode, (width + 2 * margin, height))
    wide.paste(image.crop((0, 0, 1, height)).resize((margin, height)), (0, 0))
    wide.paste(image.crop((width - 1, 0, width, height)).resize((margin, height)), (width + margin, 0))
    wide.paste(image, (margin, 0))
    full = Image.new(image.mode, (wide.width, height + 2 * margin))
    full.paste(wide.crop((0, 0, wide.width, 1)).resize((wide.width, margin)), (0, 0))
    full.paste(wide.crop((0, height - 1, wide.width, height)).resize((wide.width, margin)), (0, height + margin))
    full.paste(wide, (0, margin))
    return full


def _blur(channel: Image.Image) -> Image.Image:
    """Running means, twice each way: nearly a Gaussian, on floats, which Pillow's own blur does not take."""
    offsets = range(-BLUR_RADIUS_PX, BLUR_RADIUS_PX + 1)
    for _ in range(BLUR_PASSES):
        for right, down in ((1, 0), (0, 1)):
            total = _sum(_shift(channel, right * offset, down * offset) for offset in offsets)
            channel = ImageMath.lambda_eval(lambda at: at["t"] / float(len(offsets)), t=total)
    return channel


def _shift(channel: Image.Image, right: int, down: int) -> Image.Image:
    return channel.transform(channel.size, Image.Transform.AFFINE, (1, 0, right, 0, 1, down))


def _sum(channels: Iterable[Image.Image]) -> Image.Image:
    first, *others = channels
    for other in others:
        first = ImageMath.lambda_eval(lambda at: at["a"] + at["b"], a=first, b=other)
    return first


def _product(one: Image.Image, other: Image.Image) -> Image.Image:
    product: Image.Image = ImageMath.lambda_eval(lambda at: at["a"] * at["b"], a=one, b=other)
    return product


def _variance(square: Image.Image, mean: Image.Image) -> Image.Image:
    variance: Image.Image = ImageMath.lambda_eval(lambda at: at["s"] - at["m"] * at["m"], s=square, m=mean)
    return variance


def _ratio(part: Image.Image, total: Image.Image) -> Image.Image:
    ratio: Image.Image = ImageMath.lambda_eval(lambda at: at["p"] / at["t"] + 0.5, p=part, t=total)
    return ratio.convert("L")


METHODS: dict[str, Method] = {
    "lanczos": Method("Lanczos resampling", "란초시 보간", _lanczos, min_factor=1),
    "kuwahara": Method(
        "Lanczos resampling in stages with an edge-preserving Kuwahara filter",
        "단계별 란초시 보간과 윤곽을 살리는 쿠와하라 필터",
        _kuwahara,
        min_factor=KUWAHARA_STAGES[0],
    ),
}
