"""A composition painted: drawing before scene or ground, then the style over both.

The same composition and seed give the same picture at 64 and at 256 pixels, which is what super-resolution learns
from. Pictures under 256 px are painted at twice the side and halved.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.painter.data import palette, scenes, styles
from generation.painter.data.compositions import Composition
from generation.painter.data.drawings import Drawing
from generation.painter.data.palette import Picture

SIZE_ON_GROUND = 0.72
SIZE_IN_PLACE = 0.6
SIZE_CLOSE = 1.1
JITTER = 0.025
SUPERSAMPLE_BELOW_PX = 200


class Studio:
    """The drawings at hand, by subject and rendering."""

    def __init__(self, drawn: Iterable[Drawing]) -> None:
        self._drawn = {(drawing.subject.en, drawing.rendering): drawing for drawing in drawn}

    def paint(self, composition: Composition, seed: Iterable[int], size_px: int) -> NDArray[np.uint8]:
        """uint8 (size_px, size_px, 3)"""
        side = 2 * size_px if size_px < SUPERSAMPLE_BELOW_PX else size_px
        rng = np.random.default_rng(list(seed))
        picture = self._ground(composition, rng, side)
        if composition.subject:
            picture = self._place(composition, rng, picture)
        if composition.style:
            picture = styles.STYLES[composition.style](picture)
        image = Image.fromarray(np.clip(np.round(picture), 0, 255).astype(np.uint8))
        return np.asarray(image.reduce(side // size_px) if side > size_px else image)

    def _ground(self, composition: Composition, rng: np.random.Generator, side: int) -> Picture:
        if composition.place:
            return scenes.paint(side, rng, composition.place, composition.time)
        if composition.abstract:
            return abstract(side, rng, composition)
        canvas = scenes.Canvas(side, rng)
        colour = np.array(palette.COLOURS[composition.ground or "white"], np.float32) + rng.uniform(-6, 6)
        canvas.gradient(tuple(np.minimum(255, colour + 7)), tuple(np.maximum(0, colour - 9)))
        return np.clip(canvas.picture, 0, 255)

    def _place(self, composition: Composition, rng: np.random.Generator, picture: Picture) -> Picture:
        rendering = "flat" if composition.style in styles.FLAT_STYLES else "shaded"
        drawing = self._drawn[composition.subject or "", rendering]  # type: ignore[index]
        pixels = palette.recolour(drawing.pixels, composition.paint) if composition.paint else drawing.pixels
        side = len(picture)
        size = SIZE_IN_PLACE if composition.place else SIZE_ON_GROUND
        size = (SIZE_CLOSE if composition.close else size) * (1 + rng.uniform(-JITTER, JITTER))
        stands = composition.place and not composition.close and drawing.subject.kind not in {"air", "water"}
        x = 0.5 + rng.uniform(-JITTER, JITTER)
        y = (0.58 if stands else 0.5) + rng.uniform(-JITTER, JITTER)
        shown = Image.fromarray(pixels).resize((round(size * side),) * 2, Image.Resampling.BOX)
        layer = Image.new("RGBA", (side, side))
        layer.paste(shown, (round(x * side - shown.width / 2), round(y * side - shown.height / 2)))
        rgba = np.asarray(layer, np.float32)
        cover, body = rgba[..., 3:] / 255, rgba[..., :3]
        if composition.place and composition.place not in scenes.SKYLESS:
            body = body * (0.65 + 0.35 * np.array(scenes.TINTS[composition.time], np.float32))
        if stands and composition.place not in scenes.SKYLESS:
            canvas = scenes.Canvas(side, rng)
            canvas.picture = picture
            box = np.flatnonzero(drawing.pixels[..., 3].max(1))
            foot = y + size * (float(box[-1]) / len(drawing.pixels) - 0.5)
            far = np.hypot((canvas.x - x) / 0.26, (canvas.y - foot) / 0.05)
            canvas.blend((far < 1).astype(np.float32) * 0.3, (0, 0, 0))
            picture = canvas.picture
        return (picture * (1 - cover) + body * cover).astype(np.float32)


def abstract(side: int, rng: np.random.Generator, composition: Composition) -> Picture:
    """Two soft fields of colour on a third between them; or a disc, a bar and a triangle on a ground."""
    canvas = scenes.Canvas(side, rng)
    first = np.array(palette.COLOURS[composition.paint or "red"], np.float32)
    second = np.array(palette.COLOURS[composition.ground or "white"], np.float32)
    if composition.abstract == "colour field":
        canvas.gradient(tuple((first + second) / 2 * 0.75), tuple((first + second) / 2 * 0.7))
        part = rng.uniform(0.42, 0.58)
        grain = (styles.noise(side, 12) - 0.5) * 0.05
        for top, bottom, colour in ((0.07, part - 0.025, first), (part + 0.025, 0.93, second)):
            inside = np.minimum(
                np.minimum(canvas.x - 0.08, 0.92 - canvas.x), np.minimum(canvas.y - top, bottom - canvas.y)
            )
            canvas.blend(np.clip((inside + grain) / 0.035, 0, 1), tuple(colour))
        return canvas.picture
    canvas.gradient(tuple(second), tuple(second * 0.96))
    canvas.disc(rng.uniform(0.3, 0.4), rng.uniform(0.3, 0.4), 0.22, tuple(first))
    dark = tuple(np.array((30, 30, 34)) if first.sum() + second.sum() > 200 else np.array((235, 235, 235)))
    lean = rng.uniform(0.3, 0.5)
    canvas.blend((np.abs((canvas.x - 0.5) + lean * (canvas.y - 0.5)) < 0.03).astype(np.float32), dark)
    canvas.triangle(rng.uniform(0.64, 0.74), 0.52, 0.2, 0.34, tuple(first * 0.6))
    return canvas.picture
