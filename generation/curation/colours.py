"""Which colours a picture has, as people name them: the eleven basic colour terms (Berlin & Kay 1969), and a palette.

Each pixel of a small copy is put under a name by its lightness, chroma and hue in CIELAB (D65); the bounds are those
of this module, set by eye. Pure: picture in, figures out.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from generation.models.look import Tint

SIDE_PX: Final = 64
LEAST_SHARE: Final = 4  # per cent; less of a colour is not what a picture is searched by
PALETTE: Final = 5
# Hue in degrees of CIELAB up to which a name goes, counted from 0; the last goes round to the first.
_HUES: Final = ((20, "pink"), (50, "red"), (75, "orange"), (105, "yellow"), (185, "green"), (310, "blue"),
                (335, "purple"), (360, "pink"))  # fmt: skip
Array = NDArray[np.float64]


def tints(picture: Pillow.Image) -> dict[str, int]:
    """Per cent by name, of the colours that make up at least LEAST_SHARE."""
    names = _names(lab(_small(picture)))
    counts = np.bincount(names.ravel(), minlength=len(Tint.COLOURS)) * 100 / names.size
    return {Tint.COLOURS[place]: round(share) for place, share in enumerate(counts) if share >= LEAST_SHARE}


def shares(picture: Pillow.Image) -> Array:
    """The share of each of Tint.COLOURS, 0 to 1."""
    names = _names(lab(_small(picture)))
    return np.bincount(names.ravel(), minlength=len(Tint.COLOURS)) / names.size


def palette(picture: Pillow.Image) -> list[str]:
    """The main colours as "#rrggbb", the largest first (median cut, Heckbert 1982)."""
    few = _small(picture).quantize(PALETTE, Pillow.Quantize.MEDIANCUT, dither=Pillow.Dither.NONE)
    flat = few.getpalette() or []
    found: Any = few.getcolors() or []
    by_count = sorted(found, reverse=True)
    return ["#" + bytes(flat[3 * place : 3 * place + 3]).hex() for _, place in by_count]


def lab(picture: Pillow.Image) -> Array:
    """(height, width, 3) of L, a, b."""
    rgb = np.asarray(picture, dtype=np.float64) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = linear @ np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    t = xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    result: Array = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
    return result


def _small(picture: Pillow.Image) -> Pillow.Image:
    return picture.convert("RGB").resize((SIDE_PX, SIDE_PX), Pillow.Resampling.BOX)


def _names(pixels: Array) -> NDArray[np.int64]:
    light, a, b = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    place = {name: number for number, name in enumerate(Tint.COLOURS)}
    bounds = [bound for bound, _ in _HUES]
    of_hue = np.array([place[name] for _, name in _HUES])
    names = of_hue[np.minimum(np.searchsorted(bounds, hue, side="right"), len(_HUES) - 1)]
    warm = (hue >= 20) & (hue < 85)
    names = np.where((hue < 50) & (light > 65), place["pink"], names)
    names = np.where(((hue < 20) | (hue >= 335)) & (light < 45) & (chroma > 40), place["red"], names)
    names = np.where(warm & (light < 55) & (chroma < 55) & (hue > 40), place["brown"], names)
    names = np.where(warm & (light < 35), place["brown"], names)
    grey = chroma < 11
    names = np.where(grey, place["grey"], names)
    names = np.where((light > 88) & (chroma < 14), place["white"], names)
    return np.where((light < 16) & (chroma < 22), place["black"], names)
