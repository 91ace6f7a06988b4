"""N x M panels on one canvas, each at full resolution.

The first use is nine moments of one prompt, three by three. Panels are laid edge to edge in reading order; every
panel must have the same size, so that no pixel is resampled.
"""

from collections.abc import Sequence

from PIL import Image

PANELS_MAX = 36


class PanelsDoNotFit(ValueError):
    """The panels do not make a full grid of equal pictures; the message says which."""


def grid(count: int, columns: int) -> tuple[int, int]:
    """(columns, rows) of `count` panels; PanelsDoNotFit unless every row is full."""
    if not 2 <= count <= PANELS_MAX:
        raise PanelsDoNotFit(f"A work has 2 to {PANELS_MAX} panels; {count} were given.")
    if columns < 1 or count % columns:
        raise PanelsDoNotFit(f"{count} panels do not fill rows of {columns}.")
    return columns, count // columns


def compose(panels: Sequence[Image.Image], columns: int) -> Image.Image:
    """One RGB picture of all `panels` in reading order, `columns` a row."""
    columns, rows = grid(len(panels), columns)
    width, height = panels[0].size
    for number, panel in enumerate(panels, 1):
        if panel.size != (width, height):
            raise PanelsDoNotFit(
                f"Panel {number} is {panel.width} x {panel.height} pixels; the first is {width} x {height}."
            )
    canvas = Image.new("RGB", (columns * width, rows * height))
    for place, panel in enumerate(panels):
        canvas.paste(panel.convert("RGB"), (place % columns * width, place // columns * height))
    return canvas
