"""Square windows over a picture in which a model paints what is not known yet: a mask's white, or a wider canvas.

A model paints pictures of one size; a canvas may be of any. So the windows lie half a side apart, those nearest to
what is known first: each shows the model a part that is known, its own earlier work included, beside a part that is
not. Pure: knows pictures and numbers, no model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter

Box = tuple[int, int, int, int]
"""left, top, right, bottom in pixels, as Pillow has it."""

SOFT_SHARE = 256
"""The border between known and new is soft over about this part of a window's side, on the new side of it."""


@dataclass(frozen=True)
class Margins:
    """Pixels that a canvas grows by on each side."""

    left_px: int = 0
    top_px: int = 0
    right_px: int = 0
    bottom_px: int = 0

    def around(self, size: tuple[int, int]) -> tuple[int, int]:
        """The size of the grown canvas."""
        return size[0] + self.left_px + self.right_px, size[1] + self.top_px + self.bottom_px

    def box(self, size: tuple[int, int]) -> Box:
        """Where the picture lies on the grown canvas."""
        return self.left_px, self.top_px, self.left_px + size[0], self.top_px + size[1]


NO_MARGINS = Margins()


def over_mask(size: tuple[int, int], white: Box, least_px: int) -> tuple[int, list[Box]]:
    """(side, windows) for the white part of a mask: one window with as much around it, where that is enough.

    `least_px` is the least side that is worth painting; a window is never wider than the picture's shorter side.
    """
    shorter = min(size)
    extent = max(white[2] - white[0], white[3] - white[1])
    side = min(max(2 * extent, least_px), shorter)
    if extent <= side:
        middle = ((white[0] + white[2]) // 2, (white[1] + white[3]) // 2)
        x, y = (min(max(at - side // 2, 0), length - side) for at, length in zip(middle, size, strict=True))
        return side, [(x, y, x + side, y + side)]
    # From its ends inwards: a window in the middle would see nothing that is known.
    return side, [box for box in reversed(_grid(size, side, white)) if _meet(box, white)]


def around(size: tuple[int, int], margins: Margins) -> tuple[int, list[Box]]:
    """(side, windows) for a canvas that grew around a picture of this size, from the picture outwards."""
    known, side = margins.box(size), min(size)
    return side, [box for box in _grid(margins.around(size), side, known) if not _within(box, known)]


def grow(picture: Image.Image, margins: Margins) -> tuple[Image.Image, Image.Image]:
    """(canvas, free): the picture with its border pixels repeated outwards, and white (mode L) where it grew."""
    canvas = Image.new("RGB", margins.around(picture.size))
    left, top, right, bottom = margins.box(picture.size)
    width, height = canvas.size
    canvas.paste(picture.convert("RGB"), (left, top))
    for strip, at in (((left, top, left + 1, bottom), (0, top, left, bottom)),
                      ((right - 1, top, right, bottom), (right, top, width, bottom))):  # fmt: skip
        _stretch(canvas, strip, at)
    for strip, at in (((0, top, width, top + 1), (0, 0, width, top)),
                      ((0, bottom - 1, width, bottom), (0, bottom, width, height))):  # fmt: skip
        _stretch(canvas, strip, at)
    free = Image.new("L", canvas.size, 255)
    free.paste(0, (left, top, right, bottom))
    return canvas, free


def lay(canvas: Image.Image, free: Image.Image, painted: Image.Image, box: Box) -> None:
    """Lay a painted window on the canvas where it is free, soft towards what is known, and call that part known.

    Pixels that are not free are not touched.
    """
    here = free.crop(box)
    soft = here.filter(ImageFilter.GaussianBlur(max(1.0, (box[2] - box[0]) / SOFT_SHARE)))
    soft = ImageChops.darker(here, soft.point(lambda value: max(0, 2 * value - 255)))
    if soft.point(lambda value: 255 if value > 250 else 0).getbbox() is None:
        soft = here  # thinner than its border would be
    canvas.paste(painted.convert("RGB"), box, soft)
    free.paste(0, box)


def _stretch(canvas: Image.Image, strip: Box, over: Box) -> None:
    size = (over[2] - over[0], over[3] - over[1])
    if min(size) > 0:
        canvas.paste(canvas.crop(strip).resize(size), over)


def _grid(size: tuple[int, int], side: int, known: Box) -> list[Box]:
    """Windows over the whole canvas, half a side apart and anchored at the known part, nearest to it first."""
    columns, rows = (_along(size[axis], known[axis], side) for axis in (0, 1))
    middle = ((known[0] + known[2] - side) / 2, (known[1] + known[3] - side) / 2)
    corners = sorted(
        ((x, y) for x in columns for y in rows), key=lambda at: (abs(at[0] - middle[0]) + abs(at[1] - middle[1]), at)
    )
    return [(x, y, x + side, y + side) for x, y in corners]


def _along(length: int, start: int, side: int) -> Sequence[int]:
    step = max(1, side // 2)
    first, last = -(start // step) - 1, (length - start) // step + 1
    return sorted({min(max(start + k * step, 0), length - side) for k in range(first, last + 1)})


def _within(inner: Box, outer: Box) -> bool:
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
