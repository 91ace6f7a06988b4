"""A composition painted: drawing before scene or ground, then the style over both.

A composition is one picture: what its words leave open is its view. It is the same at 64 and at 256 pixels, which is
what super-resolution learns from. Pictures under 256 px are painted at twice the side and halved.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.painter.data import drawings, palette, scenes, styles
from generation.painter.data.compositions import Composition
from generation.painter.data.drawings import Drawing
from generation.painter.data.palette import Picture, Plane

SIZE_ON_GROUND = 0.72
SIZE_IN_PLACE = 0.54
SIZE_CLOSE = 1.1
SHADOW = 0.3
ABSTRACT_SEED = 33
SUPERSAMPLE_BELOW_PX = 200


@dataclass(frozen=True)
class Layers:
    """What a picture is made of before a style: `ground`, and over it `body` (times its cover) and its `cover`."""

    ground: Picture
    body: Picture
    cover: Plane
    """0..1"""

    def together(self) -> Picture:
        whole: Picture = self.ground * (1 - self.cover[..., None]) + self.body
        return whole

    def pixels(self, size_px: int) -> NDArray[np.uint8]:
        """(size_px, size_px, 7): ground, body, cover."""
        return _reduced(np.dstack([self.ground, self.body, self.cover * 255]), size_px)


class Studio:
    """The drawings at hand, by subject and rendering."""

    def __init__(self, drawn: Iterable[Drawing]) -> None:
        self._drawn = {(drawing.subject.en, drawing.rendering): drawing for drawing in drawn}
        self._pixels = lru_cache(maxsize=1024)(self._coloured)

    def paint(self, composition: Composition, size_px: int) -> NDArray[np.uint8]:
        """uint8 (size_px, size_px, 3)"""
        return self.style(self.layers(composition, size_px), composition, size_px)

    def style(self, layers: Layers, composition: Composition, size_px: int) -> NDArray[np.uint8]:
        picture = layers.together()
        if composition.style:
            picture = styles.STYLES[composition.style](picture)
        return _reduced(picture, size_px)

    def layers(self, composition: Composition, size_px: int) -> Layers:
        """Of the side that a picture of `size_px` is painted at."""
        side = 2 * size_px if size_px < SUPERSAMPLE_BELOW_PX else size_px
        ground = self._ground(composition, side)
        if composition.subject:
            return self._place(composition, ground)
        return Layers(ground, np.zeros_like(ground), np.zeros((side, side), np.float32))

    def _ground(self, composition: Composition, side: int) -> Picture:
        if composition.place:
            return scenes.paint(side, composition.view, composition.place, composition.time)
        rng = np.random.default_rng([ABSTRACT_SEED, composition.view])
        if composition.abstract:
            return np.clip(abstract(side, rng, composition), 0, 255)
        canvas = scenes.Canvas(side, rng)
        colour = np.array(palette.COLOURS[composition.ground or "white"], np.float32)
        canvas.gradient(tuple(np.minimum(255, colour + 7)), tuple(np.maximum(0, colour - 9)))
        return np.clip(canvas.picture, 0, 255)

    def _place(self, composition: Composition, ground: Picture) -> Layers:
        rendering = "flat" if composition.style in styles.FLAT_STYLES else "shaded"
        drawing = self._drawn[composition.subject or "", rendering]  # type: ignore[index]
        pixels = self._pixels(composition.subject, rendering, composition.paint)
        if composition.view % 2:
            pixels = pixels[:, ::-1]
        side = len(ground)
        size = SIZE_IN_PLACE if composition.place else SIZE_ON_GROUND
        size = SIZE_CLOSE if composition.close else size
        stands = composition.place and not composition.close and drawing.subject.kind not in {"air", "water"}
        y = 0.58 if stands else 0.5
        shown = Image.fromarray(np.ascontiguousarray(pixels)).resize((round(size * side),) * 2, Image.Resampling.BOX)
        layer = Image.new("RGBA", (side, side))
        layer.paste(shown, (round(side / 2 - shown.width / 2), round(y * side - shown.height / 2)))
        rgba = np.asarray(layer, np.float32)
        cover, body = rgba[..., 3] / 255, rgba[..., :3]
        if composition.place and composition.place not in scenes.SKYLESS:
            body = body * (0.65 + 0.35 * np.array(scenes.TINTS[composition.time], np.float32))
        body = (body * cover[..., None]).astype(np.float32)
        if stands and composition.place not in scenes.SKYLESS:
            box = np.flatnonzero(drawing.pixels[..., 3].max(1))
            foot = y + size * (float(box[-1]) / len(drawing.pixels) - 0.5)
            steps = (np.arange(side, dtype=np.float32) + 0.5) / side
            far = np.hypot((steps[None] - 0.5) / 0.26, (steps[:, None] - foot) / 0.05)
            cover = 1 - (1 - SHADOW * (far < 1)) * (1 - cover)
        return Layers(ground, body, cover.astype(np.float32))

    def _coloured(self, subject: str, rendering: drawings.Rendering, paint: str | None) -> NDArray[np.uint8]:
        pixels = self._drawn[subject, rendering].pixels
        return palette.recolour(pixels, paint) if paint else pixels


def _reduced(picture: Picture, size_px: int) -> NDArray[np.uint8]:
    """Whole numbers, (size_px, size_px, channels), from a picture of that side or twice it."""
    by = len(picture) // size_px
    total = sum(picture[row::by, column::by] for row in range(by) for column in range(by))
    whole: NDArray[np.uint8] = np.clip(np.round(total / by**2), 0, 255).astype(np.uint8)
    return whole


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
