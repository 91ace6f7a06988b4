"""A vector of a picture, near to that of another which looks alike: where it is light, which colours, which edges.

It sees form and colour, not what is shown: two boats in other places are as far apart as a boat and a house. It needs
no weights and no download. Three parts, each of about
the same say: the Colour Layout Descriptor (an 8 x 8 copy in
YCbCr, its cosine transform, low frequencies first), the Edge Histogram Descriptor (five kinds of edge in each of
sixteen fields) and the shares of the eleven basic colours.

References: ISO/IEC 15938-3:2002, sections 6.5 and 8.1; Manjunath and others, "Color and texture descriptors", IEEE
Trans. Circuits and Systems for Video Technology 11(6), 2001.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from generation.curation import colours
from generation.models.look import LIKENESS_NUMBERS

ALIKE_BELOW: Final = 0.5
TWIN_LAYOUT_BELOW: Final = 0.04
"""Two pictures are near-duplicates when they are alike and their layouts are closer than this. Of 154 scenes that the
painter learns from, halved, doubled, or saved as JPEG at quality 60, all were found again by it, of those cropped by
2 % on each side 88 %; 7 % of the scenes themselves were taken for another one, of the same place, hour and manner."""
_KEPT: Final = (15, 6, 6)  # coefficients of Y, Cb, Cr
_FIELDS: Final = 4
_EDGE_PX: Final = 128
_LAYOUT_WEIGHT, _EDGE_WEIGHT, _COLOUR_WEIGHT = 0.5, 1.2, 0.8
_KERNELS: Final = np.array(
    [[1, -1, 1, -1], [1, 1, -1, -1], [2**0.5, 0, 0, -(2**0.5)], [0, 2**0.5, -(2**0.5), 0], [2, -2, -2, 2]]
)  # vertical, horizontal, two diagonals, none of these; over the means of 2 x 2 quarters
_EDGE_FROM: Final = 11 / 255
Array = NDArray[np.float64]


def vector(picture: Pillow.Image) -> list[float]:
    """LIKENESS_NUMBERS numbers; their Euclidean distance is 0 for the same picture and seldom above 1.5."""
    plain = picture.convert("RGB")
    parts = (
        _layout(plain) * _LAYOUT_WEIGHT,
        np.sqrt(_edges(plain)) * _EDGE_WEIGHT,
        np.sqrt(colours.shares(plain)) * _COLOUR_WEIGHT,
    )
    found = np.concatenate(parts)
    assert found.size == LIKENESS_NUMBERS
    return [float(number) for number in found]


def are_twins(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two vectors are of near-duplicates: one picture at two sizes, or saved in two ways."""
    apart = np.asarray(one) - np.asarray(other)
    layout = np.linalg.norm(apart[: sum(_KEPT)])
    return bool(np.linalg.norm(apart) < ALIKE_BELOW and layout < TWIN_LAYOUT_BELOW)


def _layout(picture: Pillow.Image) -> Array:
    small = picture.resize((64, 64), Pillow.Resampling.BOX).resize((8, 8), Pillow.Resampling.BOX)
    planes = np.asarray(small.convert("YCbCr"), dtype=np.float64) / 255 - 0.5
    kept = []
    for plane, count in zip(np.moveaxis(planes, -1, 0), _KEPT, strict=True):
        spectrum = _DCT @ plane @ _DCT.T / 8
        kept.append(np.array([spectrum[y, x] for y, x in _ZIGZAG[:count]]))
    return np.concatenate(kept)


def _edges(picture: Pillow.Image) -> Array:
    """For each of sixteen fields the share of its blocks with each kind of edge, over all 1/16 at most."""
    grey = np.asarray(picture.convert("L").resize((_EDGE_PX, _EDGE_PX), Pillow.Resampling.BOX), np.float64) / 255
    blocks = grey.reshape(_EDGE_PX // 4, 2, 2, _EDGE_PX // 4, 2, 2).mean(axis=(2, 5))  # (y, quarter, x, quarter)
    quarters = blocks.transpose(0, 2, 1, 3).reshape(_EDGE_PX // 4, _EDGE_PX // 4, 4)
    strength = np.abs(quarters @ _KERNELS.T)
    kind, is_edge = strength.argmax(-1), strength.max(-1) >= _EDGE_FROM
    side = _EDGE_PX // 4 // _FIELDS
    found = np.zeros((_FIELDS, _FIELDS, len(_KERNELS)))
    for number in range(len(_KERNELS)):
        hits = ((kind == number) & is_edge).reshape(_FIELDS, side, _FIELDS, side)
        found[..., number] = hits.mean(axis=(1, 3))
    return found.ravel() / _FIELDS**2


_ROWS = np.arange(8)
_DCT: Final = (
    np.cos(np.pi * (2 * _ROWS[None, :] + 1) * _ROWS[:, None] / 16) * np.where(_ROWS == 0, 0.5**0.5, 1)[:, None]
)
_ZIGZAG: Final = sorted(((y, x) for y in range(8) for x in range(8)), key=lambda p: (p[0] + p[1], p[0]))
