"""Ways of painting, as filters on a finished scene: what oil, ink or glass would leave of it.

Grain, strokes, facets and dots lie the same way in every picture of a style (a fixed seed): a small model then learns
the manner once instead of learning noise. The filters take and give (side, side, 3) in 0..255 and say their
lengths in parts of the side. They imitate techniques; no painter's work was looked at by a program.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.painter.data.palette import Picture, Plane, blur, contrast, luma, saturate

FIELD_SEED = 9
PAPER = np.array((247, 242, 230), np.float32)
INK = np.array((28, 28, 34), np.float32)
Labels = NDArray[np.intp]


@lru_cache(maxsize=32)
def noise(side: int, grid: int, seed: int = FIELD_SEED) -> Plane:
    """Smooth noise in 0..1 with about `grid` bumps a side."""
    coarse = np.random.default_rng(seed).random((grid, grid)).astype(np.float32)
    plane = np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC), np.float32)
    return np.clip(plane, 0, 1)


@lru_cache(maxsize=32)
def cells(side: int, across: int, stretch: float = 1.0) -> Labels:
    """Each pixel's nearest of about `across` squared jittered sites; `stretch` makes leaning, longer cells."""
    rng = np.random.default_rng(FIELD_SEED + across)
    grid = (np.stack(np.meshgrid(np.arange(across), np.arange(across)), -1).reshape(-1, 2) + 0.5) / across
    sites = grid + rng.uniform(-0.42, 0.42, grid.shape) / across
    steps = (np.arange(side) + 0.5) / side
    x, y = np.meshgrid(steps, steps)
    labels = np.zeros((side, side), np.intp)
    turned = np.array(((1, 1), (-1, 1))) / np.sqrt(2) * np.array(((1 / stretch,), (stretch,)))
    at, of = np.stack([x, y], -1) @ turned.T, sites @ turned.T
    for row in range(side):
        labels[row] = ((at[row, :, None] - of[None]) ** 2).sum(-1).argmin(-1)
    return labels


def cell_means(picture: Picture, labels: Labels) -> Picture:
    count = np.bincount(labels.ravel()) + 1e-6
    means = [np.bincount(labels.ravel(), picture[..., band].ravel()) / count for band in range(3)]
    return np.stack(means, -1).astype(np.float32)[labels]


@lru_cache(maxsize=32)
def cell_random(side: int, across: int, seed: int, stretch: float = 1.0) -> Plane:
    """One number in -1..1 for each cell."""
    labels = cells(side, across, stretch)
    numbers: Plane = np.random.default_rng(seed).uniform(-1, 1, int(labels.max()) + 1).astype(np.float32)[labels]
    return numbers


def borders(labels: Labels) -> NDArray[np.bool_]:
    """Pixels where a cell meets its right or lower neighbour."""
    edge = np.zeros(labels.shape, bool)
    edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    edge[1:] |= labels[1:] != labels[:-1]
    return edge


def edges(picture: Picture, radius: float = 0.006) -> Plane:
    """Where brightness changes, 0 to about 1."""
    plane = luma(blur(picture, radius * len(picture)))
    down, right = np.gradient(plane)
    scale: Plane = np.hypot(down, right) * np.float32(len(picture) / 128 / 18)
    return np.clip(scale, 0, 1.5)


def calm(picture: Picture, radius: float) -> Picture:
    """Kuwahara's filter: each pixel takes the mean of the calmest of four neighbourhoods."""
    reach = max(1, round(radius * len(picture) / 2))
    grey = luma(picture)
    mean, square = _box(picture, reach), _box((grey**2)[..., None], reach)[..., 0]
    spread = square - _box(grey[..., None], reach)[..., 0] ** 2
    side = len(picture)
    spread, mean = np.pad(spread, reach, "edge"), np.pad(mean, ((reach, reach), (reach, reach), (0, 0)), "edge")
    best, out = np.full(grey.shape, np.inf, np.float32), picture
    for down in (0, 2 * reach):
        for right in (0, 2 * reach):
            seen = slice(down, down + side), slice(right, right + side)
            shifted, moved = spread[seen], mean[seen]
            calmer = shifted < best
            best, out = np.where(calmer, shifted, best), np.where(calmer[..., None], moved, out)
    return out


def _box(picture: Picture, reach: int) -> Picture:
    """Mean over (2 reach + 1) squared pixels, borders repeated."""
    width = 2 * reach + 1
    for axis in (0, 1):
        pad = [(0, 0)] * 3
        pad[axis] = (reach + 1, reach)
        sums = np.cumsum(np.pad(picture, pad, "edge"), axis, dtype=np.float64)
        upper, lower = [slice(None)] * 3, [slice(None)] * 3
        upper[axis], lower[axis] = slice(width, None), slice(None, -width)
        picture = ((sums[tuple(upper)] - sums[tuple(lower)]) / width).astype(np.float32)
    return picture


def _vignette(side: int, width: float) -> Plane:
    """1 inside, ragged towards 0 at the border, as paint on paper."""
    steps = np.minimum(np.arange(side), np.arange(side)[::-1]) / side
    margin = np.minimum(steps[:, None], steps[None]).astype(np.float32)
    return np.clip((margin + (noise(side, 9) - 0.6) * 0.09) / width, 0, 1)


def oil(picture: Picture) -> Picture:
    side = len(picture)
    body = contrast(calm(picture, 0.04), 1.2)
    strokes = cell_means(body, cells(side, 18, 3.2)) * 0.45 + body * 0.55
    strokes = strokes + cell_random(side, 18, 3, 3.2)[..., None] * 15
    varnish = np.array((1, 0.95, 0.84), np.float32) * (0.72 + 0.28 * _vignette(side, 0.3))[..., None]
    return saturate(strokes, 1.2) * varnish


def watercolour(picture: Picture) -> Picture:
    side = len(picture)
    wash = saturate(calm(blur(picture, side / 110), 0.04), 1.15) * 0.7 + 255 * 0.3
    wash = wash + ((noise(side, 14) - 0.5) * 34)[..., None] - edges(picture, 0.012)[..., None] * 38
    cover = _vignette(side, 0.06)[..., None]
    return np.clip(wash * cover + np.array((252, 250, 244), np.float32) * (1 - cover), 0, 255)


def ink_wash(picture: Picture) -> Picture:
    side = len(picture)
    tone = np.clip((luma(calm(blur(picture, side / 120), 0.04)) - 128) * 1.3 + 160, 20, 255) / 255
    tone = np.clip(tone - edges(picture, 0.008) * 0.55, 0, 1)
    tone = 1 - (1 - tone) * _vignette(side, 0.14)
    inked: Picture = PAPER * tone[..., None] + INK * (1 - tone[..., None])
    seal = slice(round(0.85 * side), round(0.95 * side))
    inked[seal, seal] = (190, 45, 40)
    return inked


def woodcut(picture: Picture) -> Picture:
    side = len(picture)
    tone = 0.16 + 0.84 * luma(contrast(blur(picture, side / 120), 1.3)) / 255
    rows = (np.arange(side, dtype=np.float32) / side * 16 + 0.25) % 1
    ramp = np.abs(rows - 0.5)[:, None] * 0.9 - 0.02
    dark = (tone < ramp) | (edges(picture, 0.008) > 0.55)
    blocks = np.round(saturate(calm(picture, 0.03), 0.9) / 64) * 64
    paper = blocks * 0.55 + PAPER * np.array((1, 0.97, 0.88), np.float32) * 0.45
    return np.where(dark[..., None], INK, paper).astype(np.float32)


def stained_glass(picture: Picture) -> Picture:
    side = len(picture)
    labels = cells(side, 5)
    glass = saturate(cell_means(picture, labels) * 0.15 + picture * 0.85, 1.6)
    glass = contrast(glass, 1.15, 12) + cell_random(side, 5, 5)[..., None] * 22
    lead = borders(labels).astype(np.float32) * 255
    lead = np.clip(blur(lead, side / 130) * 1.6, 0, 255) / 255
    lead = np.maximum(lead, np.clip(edges(picture, 0.01) * 1.3 - 0.3, 0, 1))
    out: Picture = np.clip(glass * (1 - lead[..., None]) + 18 * lead[..., None], 0, 255)
    return out


def pop_art(picture: Picture) -> Picture:
    side = len(picture)
    flat = np.round(saturate(contrast(picture, 1.25, 18), 2.0) / 85) * 85
    phase = (np.arange(side, dtype=np.float32) / side * 16) % 1 - 0.5
    far = np.hypot(phase[:, None], phase[None])
    size = np.sqrt(np.clip(1 - luma(picture) / 255, 0, 1)) * 0.44
    dots = ((far < size) & (luma(picture) < 200))[..., None]
    inked = np.where(dots, flat * 0.55, np.minimum(255, flat + 20))
    line = np.clip(edges(picture, 0.008) * 1.4 - 0.4, 0, 1)[..., None]
    out: Picture = (inked * (1 - line) + 20 * line).astype(np.float32)
    return out


def pencil(picture: Picture) -> Picture:
    side = len(picture)
    tone = np.sqrt(luma(picture) / 255)
    x, y = np.meshgrid(np.arange(side) / side, np.arange(side) / side)
    hatch = (np.sin((x + y) * 2 * np.pi * 11) * 0.5 + 0.5).astype(np.float32)
    shade = np.clip(1 - (1 - tone) * (0.3 + 0.22 * hatch), 0, 1) - edges(picture, 0.008) * 0.75
    out: Picture = np.clip(shade, 0.12, 0.98)[..., None] * np.array((252, 250, 245), np.float32)
    return out


def impressionist(picture: Picture) -> Picture:
    side = len(picture)
    bright = saturate(contrast(picture, 1.0, 18), 1.2)
    strokes = cell_means(bright, cells(side, 28, 1.9)) * 0.7 + bright * 0.3
    for band, seed in enumerate((11, 12, 13)):
        strokes[..., band] += cell_random(side, 28, seed, 1.9) * 26
    return np.clip(strokes, 0, 255)


def pointillist(picture: Picture) -> Picture:
    side = len(picture)
    labels = cells(side, 24)
    bright = saturate(contrast(picture, 1.15), 1.5)
    dabs = cell_means(bright, labels) * 0.7 + bright * 0.3
    for band, seed in enumerate((21, 22, 23)):
        dabs[..., band] += cell_random(side, 24, seed) * 22
    gap = np.clip(blur(borders(labels).astype(np.float32) * 255, side / 180) / 255 * 1.1, 0, 0.55)[..., None]
    return np.clip(dabs * (1 - gap) + np.array((250, 244, 228), np.float32) * gap, 0, 255)


def cubist(picture: Picture) -> Picture:
    side = len(picture)
    labels = cells(side, 6)
    slide = np.round(np.stack([cell_random(side, 6, 31), cell_random(side, 6, 32)]) * side * 0.03).astype(np.intp)
    y, x = np.mgrid[:side, :side]
    broken = picture[np.clip(y + slide[0], 0, side - 1), np.clip(x + slide[1], 0, side - 1)]
    ochre = np.array((188, 152, 104), np.float32)
    toned = broken * 0.82 + ochre * 0.18 + cell_random(side, 6, 33)[..., None] * 30
    seam = np.clip(blur(borders(labels).astype(np.float32) * 255, side / 150) / 255 * 1.2, 0, 0.6)
    seam = np.maximum(seam, np.clip(edges(broken, 0.008) * 1.2 - 0.3, 0, 0.9))[..., None]
    out: Picture = np.clip(toned * (1 - seam) + 40 * seam, 0, 255)
    return out


def pixel_art(picture: Picture) -> Picture:
    side, blocks = len(picture), 32
    small = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).resize((blocks, blocks), Image.Resampling.BOX)
    coarse = np.round(saturate(contrast(np.asarray(small, np.float32), 1.15), 1.2) / 42) * 42
    return np.clip(coarse, 0, 255).repeat(side // blocks, 0).repeat(side // blocks, 1).astype(np.float32)


STYLES: dict[str, Callable[[Picture], Picture]] = {
    "oil": oil,
    "watercolour": watercolour,
    "ink wash": ink_wash,
    "woodcut": woodcut,
    "stained glass": stained_glass,
    "pop art": pop_art,
    "pencil": pencil,
    "impressionist": impressionist,
    "pointillist": pointillist,
    "cubist": cubist,
    "pixel art": pixel_art,
}
FLAT_STYLES = ("woodcut", "stained glass", "pop art", "pixel art")
"""They start from the flat drawing: shading would be lost in them."""
