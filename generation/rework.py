"""Working a picture over, as a worker does it: the recipe says all, a pipeline paints, Pillow does the rest.

Knows no rows and no files. What a mask leaves black, and what an extended picture showed before, comes back pixel for
pixel: the model's painting is laid over it, never the other way about.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from PIL import Image, ImageOps

from generation import enlarge
from generation.composition import windows
from generation.errors import InputRefused
from generation.inputs import SEED_BITS
from generation.pipelines.base import INPAINT, PaintRequest
from generation.recipe import OUTPAINT, ReworkRecipe

Paint = Callable[[PaintRequest], Image.Image]
LANCZOS = Image.Resampling.LANCZOS


def work_over(asked: ReworkRecipe, source: Image.Image, mask: Image.Image | None, paint: Paint) -> Image.Image:
    """The picture that the recipe stands for; `paint` is called once, or once per window."""
    if asked.operation == INPAINT:
        if mask is None:
            raise InputRefused("mask_empty", "There is no mask.", "Mark what is to be painted anew.")
        canvas, free = source.convert("RGB"), mask.convert("L")
        _, boxes = windows.over_mask(source.size, _white(free), asked.window_px)
        return _fill(asked, canvas, free, boxes, paint)
    if asked.operation == OUTPAINT:
        _, boxes = windows.around(source.size, asked.margins())
        return _fill(asked, *windows.grow(source, asked.margins()), boxes, paint)
    given = ImageOps.fit(source.convert("RGB"), (asked.width_px, asked.height_px), LANCZOS)
    painted = paint(replace(asked.request(), image=given, strength=asked.strength))
    return enlarge.enlarge(painted, asked.output_px, asked.enlarge)


def upscale(source: Image.Image, output_px: int, method: str) -> Image.Image:
    """The picture larger, its longer side `output_px`."""
    return enlarge.enlarge(source, output_px, method)


def seed_of(seed: int, window: int) -> int:
    """Each window has noise of its own, or a pattern would repeat across them; the first has the recipe's seed."""
    if window == 0:
        return seed
    digest = hashlib.sha256(f"{seed}:{window}".encode()).digest()
    return int.from_bytes(digest[: SEED_BITS // 8], "big")


def _fill(
    asked: ReworkRecipe, canvas: Image.Image, free: Image.Image, boxes: list[windows.Box], paint: Paint
) -> Image.Image:
    size = (asked.width_px, asked.height_px)
    for number, box in enumerate(boxes):
        if free.crop(box).getbbox() is None:
            continue  # those before it have painted it
        request = replace(
            asked.request(), seed=seed_of(asked.seed, number), strength=asked.strength,
            image=canvas.crop(box).resize(size, LANCZOS),
            mask=free.crop(box).resize(size, Image.Resampling.BOX).point(lambda value: 255 if value else 0),
        )  # fmt: skip
        windows.lay(canvas, free, _fit(paint(request), box[2] - box[0], asked.enlarge), box)
    return canvas


def _fit(painted: Image.Image, side: int, method: str) -> Image.Image:
    """A window's painting at the window's size; smaller than the model paints only where the picture is."""
    if side < max(painted.size):
        return painted.resize((side, side), LANCZOS)
    return enlarge.enlarge(painted, side, method).resize((side, side), LANCZOS)


def _white(mask: Image.Image) -> windows.Box:
    box = mask.getbbox()
    if box is None:
        raise InputRefused("mask_empty", "Nothing in the mask is white.", "Mark what is to be painted anew.")
    return box
