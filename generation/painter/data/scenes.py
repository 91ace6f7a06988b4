"""Painted places under a painted sky: thirteen places, seven times and weathers, by arithmetic alone.

Each place has something of its own near the border, a palm on the beach, a sail on the sea, that shows beside a
subject in the middle.

Everything is said in parts of the side, and what falls by chance hangs on the view alone: the same view of a place is
the same at 64 and at 256 pixels, and at every hour but for the sky.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from generation.painter.data.palette import Picture, Plane

Colour = tuple[float, float, float]
HORIZON = 0.58

SKIES: dict[str, tuple[Colour, Colour]] = {
    "day": ((95, 170, 235), (205, 232, 250)),
    "dawn": ((150, 160, 220), (255, 205, 175)),
    "sunset": ((95, 50, 120), (255, 150, 60)),
    "night": ((8, 10, 40), (32, 38, 95)),
    "rain": ((70, 78, 92), (140, 146, 156)),
    "fog": ((196, 202, 206), (226, 229, 230)),
    "aurora": ((6, 14, 42), (18, 62, 84)),
}
TINTS: dict[str, Colour] = {
    "day": (1, 1, 1),
    "dawn": (0.98, 0.86, 0.84),
    "sunset": (0.88, 0.62, 0.55),
    "night": (0.34, 0.38, 0.58),
    "rain": (0.6, 0.62, 0.66),
    "fog": (0.8, 0.82, 0.84),
    "aurora": (0.34, 0.46, 0.52),
}
SKYLESS = ("space", "underwater")
LAND_SEED, SKY_SEED = 31, 32
TIMES = tuple(SKIES)


class Canvas:
    """A picture being painted, with the coordinates of its pixels and the random numbers that shape it."""

    def __init__(self, side: int, rng: np.random.Generator, time: str = "day") -> None:
        self.side = side
        self.rng = rng
        self.time = time
        steps = (np.arange(side, dtype=np.float32) + 0.5) / side
        self.x, self.y = np.meshgrid(steps, steps)
        self.picture: Picture = np.zeros((side, side, 3), np.float32)

    def gradient(self, top: Colour, bottom: Colour) -> None:
        down = self.y[..., None]
        self.picture = (np.array(top) * (1 - down) + np.array(bottom) * down).astype(np.float32)

    def blend(self, cover: Plane, colour: Colour) -> None:
        """`cover` in 0..1: how much of the colour lies over each pixel."""
        cover = np.clip(cover, 0, 1)[..., None]
        self.picture = (self.picture * (1 - cover) + np.array(colour, np.float32) * cover).astype(np.float32)

    def lit(self, colour: Colour) -> Colour:
        """A colour of the land as it looks at this time."""
        red, green, blue = (part * tint for part, tint in zip(colour, TINTS[self.time], strict=True))
        return red, green, blue

    def ridge(self, height: float, swing: float, waves: int = 4) -> Plane:
        """A hilly line across, as y in parts of the side."""
        line = np.zeros(self.side, np.float32)
        x = self.x[0]
        for wave in range(1, waves + 1):
            line += (np.sin(2 * np.pi * (x * wave * 0.8 + self.rng.random())) / wave).astype(np.float32)
        return np.broadcast_to(np.float32(height) + np.float32(swing) * line / 2, (self.side, self.side))

    def below(self, line: Plane | float, top: Colour, bottom: Colour | None = None) -> None:
        """Land or water from a line down to the lower edge."""
        inside = (self.y >= line).astype(np.float32)
        depth = np.clip((self.y - line) / 0.45, 0, 1)[..., None]
        colours = np.array(self.lit(top)) * (1 - depth) + np.array(self.lit(bottom or top)) * depth
        self.picture = np.where(inside[..., None] > 0, colours, self.picture).astype(np.float32)

    def disc(self, x: float, y: float, radius: float, colour: Colour, soft: float = 0) -> None:
        reach = 2.5 * soft or radius
        rows, columns = (
            slice(max(0, int((at - reach) * self.side)), max(0, int((at + reach) * self.side) + 2)) for at in (y, x)
        )
        far = np.hypot(self.x[rows, columns] - x, self.y[rows, columns] - y)
        cover = (np.exp(-((far / soft) ** 2)) if soft else far < radius)[..., None].astype(np.float32)
        part = self.picture[rows, columns]
        self.picture[rows, columns] = part * (1 - cover) + np.array(colour, np.float32) * cover

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        rows = slice(max(0, round(top * self.side)), max(0, round(bottom * self.side)))
        columns = slice(max(0, round(left * self.side)), max(0, round(right * self.side)))
        self.picture[rows, columns] = colour

    def triangle(self, x: float, top: float, half_width: float, height: float, colour: Colour) -> None:
        down = (self.y - top) / height
        inside = (down > 0) & (down < 1) & (np.abs(self.x - x) < half_width * down)
        self.picture[inside] = colour

    def dots(self, count: int, low: float, high: float, radius: float, colours: tuple[Colour, ...]) -> None:
        for _ in range(count):
            x, y, which = self.rng.random(), self.rng.uniform(low, high), int(self.rng.integers(len(colours)))
            self.disc(x, y, radius, colours[which])


@lru_cache(maxsize=512)
def paint(side: int, view: int, place: str, time: str) -> Picture:
    """A landscape of (side, side, 3), not to be written into."""
    canvas = Canvas(side, np.random.default_rng([SKY_SEED, view]), time)
    if place not in SKYLESS:
        _sky(canvas)
    canvas.rng = np.random.default_rng([LAND_SEED, view])
    PLACES[place](canvas)
    if place not in SKYLESS:
        _weather(canvas)
    return np.clip(canvas.picture, 0, 255)


def _sky(canvas: Canvas) -> None:
    rng, time = canvas.rng, canvas.time
    canvas.gradient(*SKIES[time])
    if time in {"sunset", "dawn", "day"}:
        high = {"sunset": 0.46, "dawn": 0.4, "day": 0.14}[time]
        x, y = rng.choice([0.22, 0.78]) + rng.uniform(-0.06, 0.06), high + rng.uniform(-0.04, 0.04)
        colour: Colour = {"sunset": (255, 222, 120), "dawn": (255, 240, 205), "day": (255, 244, 160)}[time]
        canvas.disc(x, y, 0, colour, soft=0.2)
        canvas.disc(x, y, 0.085, colour)
    if time == "day":
        for _ in range(3):
            x, y = rng.random(), rng.uniform(0.1, 0.36)
            for bump in (-0.07, 0.0, 0.07):
                canvas.disc(x + bump, y - 0.02 * (bump == 0), 0.05, (250, 252, 255))
    if time in {"night", "aurora"}:
        canvas.dots(26, 0, 0.5, 0.009, ((255, 255, 240),))
    if time == "night":
        canvas.disc(rng.choice([0.22, 0.78]) + rng.uniform(-0.05, 0.05), 0.16, 0.085, (250, 245, 215))
    if time == "aurora":
        for colour in ((70, 250, 160), (150, 100, 240)):
            middle = 0.26 + 0.1 * np.sin(canvas.x * rng.uniform(4, 8) + rng.uniform(0, 6))
            canvas.blend((0.75 * np.exp(-(((canvas.y - middle) / 0.09) ** 2))).astype(np.float32), colour)


def _weather(canvas: Canvas) -> None:
    if canvas.time == "rain":
        phase = (canvas.x * 1.0 + canvas.y * 0.35) * 16 + canvas.rng.random()
        drops = ((phase % 1) < 0.14) & (((canvas.y * 7 + np.floor(phase) * 0.37) % 1) < 0.55)
        canvas.blend(drops.astype(np.float32) * 0.55, (205, 215, 228))
    if canvas.time == "fog":
        canvas.blend(np.clip(0.62 - np.abs(canvas.y - 0.52) * 0.8, 0.22, 0.62), (222, 226, 228))


def _water(canvas: Canvas, line: float) -> None:
    canvas.below(line, (60, 140, 195), (15, 70, 130))
    waves = np.sin(canvas.x * 40 + 8 * np.sin(canvas.y * 34) + canvas.rng.uniform(0, 6)) * np.sin(canvas.y * 95)
    canvas.blend(((canvas.y > line + 0.02) & (waves > 0.55)).astype(np.float32) * 0.35, (235, 245, 250))
    if canvas.time == "sunset":
        canvas.blend(
            ((canvas.y > line) & (np.abs(canvas.y - line) < 0.14)).astype(np.float32) * 0.45, (255, 180, 100)
        )


def _aside(canvas: Canvas) -> tuple[float, float]:
    """Near one border, and which way it looks: 1 for the left one, -1 for the right."""
    side = 1.0 if canvas.rng.random() < 0.5 else -1.0
    return 0.5 - side * canvas.rng.uniform(0.35, 0.39), side


def _sea(canvas: Canvas) -> None:
    _water(canvas, HORIZON - 0.04)
    x, _ = _aside(canvas)
    y = HORIZON + 0.04
    canvas.triangle(x, y - 0.2, 0.075, 0.17, canvas.lit((252, 250, 244)))
    canvas.box(x - 0.08, y - 0.02, x + 0.08, y + 0.025, canvas.lit((140, 60, 45)))


def _beach(canvas: Canvas) -> None:
    _water(canvas, HORIZON - 0.08)
    line = canvas.ridge(0.72, 0.04, 2)
    canvas.below(line - 0.02, (240, 248, 250))
    canvas.below(line, (242, 218, 165), (220, 185, 125))
    x, side = _aside(canvas)
    canvas.box(x - 0.016, 0.42, x + 0.016, 0.84, canvas.lit((125, 85, 55)))
    for turn in (-1.0, -0.45, 0.45, 1.0):
        reach = 0.13 * turn
        arch = 0.4 + (0.05 + 0.09 * abs(turn)) * ((canvas.x - x) / reach) ** 2 - 0.05
        leaf = ((canvas.x - x) / reach > 0) & ((canvas.x - x) / reach < 1) & (np.abs(canvas.y - arch) < 0.022)
        canvas.blend(leaf.astype(np.float32), canvas.lit((50, 125, 65)))
    x = x + side * 0.72
    canvas.box(x - 0.008, 0.7, x + 0.008, 0.86, canvas.lit((235, 235, 230)))
    canvas.triangle(x, 0.62, 0.12, 0.1, canvas.lit((225, 60, 60)))
    canvas.triangle(x, 0.62, 0.045, 0.1, canvas.lit((250, 245, 235)))


def _mountains(canvas: Canvas) -> None:
    for x, top in ((0.24, 0.24), (0.74, 0.18), (0.5, 0.34)):
        x = x + canvas.rng.uniform(-0.06, 0.06)
        colour = canvas.lit((105, 120, 150) if top < 0.3 else (90, 105, 130))
        canvas.triangle(x, top, 0.42, 0.52, colour)
        canvas.triangle(x, top, 0.13, 0.16, canvas.lit((248, 250, 255)))
    canvas.below(canvas.ridge(0.7, 0.05), (95, 145, 85), (60, 105, 60))


def _forest(canvas: Canvas) -> None:
    canvas.below(HORIZON, (85, 135, 70), (50, 95, 45))
    for row, (base, high, colour) in enumerate(((0.62, 0.4, (45, 100, 60)), (0.74, 0.46, (25, 78, 45)))):
        for step in range(7):
            x = (step + 0.5 * row) / 6 + canvas.rng.uniform(-0.03, 0.03)
            canvas.box(x - 0.015, base - 0.05, x + 0.015, base + 0.06, canvas.lit((85, 58, 38)))
            for tier in range(3):
                canvas.triangle(x, base - high + tier * 0.11, 0.06 + tier * 0.02, 0.17, canvas.lit(colour))


def _desert(canvas: Canvas) -> None:
    canvas.below(canvas.ridge(0.56, 0.09, 2), (226, 172, 100))
    canvas.below(canvas.ridge(0.68, 0.1, 2), (243, 200, 130))
    canvas.below(canvas.ridge(0.84, 0.09, 2), (214, 158, 92))
    x, _ = _aside(canvas)
    green = canvas.lit((70, 130, 75))
    canvas.box(x - 0.03, 0.42, x + 0.03, 0.82, green)
    for arm, top in ((-0.085, 0.5), (0.085, 0.56)):
        canvas.box(min(x, x + arm) - 0.015, top + 0.1, max(x, x + arm) + 0.015, top + 0.14, green)
        canvas.box(x + arm - 0.018, top, x + arm + 0.018, top + 0.14, green)


def _meadow(canvas: Canvas) -> None:
    canvas.below(canvas.ridge(HORIZON, 0.05, 2), (135, 200, 90), (65, 145, 55))
    for step in range(18):
        x = (step + canvas.rng.random()) / 18
        y = canvas.rng.uniform(0.68, 0.98)
        for lean in (-0.02, 0.0, 0.02):
            canvas.triangle(x + lean, y - 0.075, 0.009, 0.085, canvas.lit((45, 120, 45)))
    canvas.dots(18, 0.66, 1, 0.019, (canvas.lit((255, 255, 255)), canvas.lit((250, 215, 70))))


def _garden(canvas: Canvas) -> None:
    canvas.below(HORIZON - 0.04, (70, 140, 65), (50, 115, 50))
    bright = ((235, 60, 95), (255, 210, 70), (250, 250, 250), (185, 95, 225), (255, 140, 180))
    canvas.dots(60, HORIZON, 1, 0.034, tuple(canvas.lit(colour) for colour in bright))


def _city(canvas: Canvas) -> None:
    dark = canvas.time in {"night", "aurora", "sunset"}
    lamp: Colour = (255, 225, 120) if dark else (225, 238, 248)
    for layer, (tall, colour) in enumerate(((0.22, (160, 170, 190)), (0.38, (110, 118, 140)))):
        for step in range(7):
            left = step / 6.5 - 0.05 * layer
            top = tall + canvas.rng.uniform(0, 0.22)
            canvas.box(left, top, left + 0.13, 1, canvas.lit(colour))
            for row in range(12):
                for column in range(3):
                    x, y = left + 0.02 + column * 0.038, top + 0.03 + row * 0.06
                    if canvas.rng.random() < 0.6 and y < 0.86:
                        canvas.box(x, y, x + 0.02, y + 0.03, lamp)
    canvas.below(0.88, (90, 92, 100), (60, 62, 70))


def _village(canvas: Canvas) -> None:
    canvas.below(canvas.ridge(HORIZON - 0.04, 0.05, 2), (140, 190, 100), (85, 145, 65))
    walls: tuple[Colour, ...] = ((240, 222, 190), (235, 200, 160), (245, 245, 240))
    for x, y in ((0.14, 0.66), (0.5, 0.62), (0.86, 0.66), (0.3, 0.84), (0.72, 0.86)):
        x = x + canvas.rng.uniform(-0.03, 0.03)
        canvas.box(x - 0.085, y - 0.13, x + 0.085, y, canvas.lit(walls[int(canvas.rng.integers(3))]))
        canvas.triangle(x, y - 0.25, 0.12, 0.12, canvas.lit((185, 70, 55)))
        dark = canvas.time in {"night", "aurora", "sunset"}
        canvas.box(x - 0.03, y - 0.09, x + 0.03, y - 0.03, (255, 225, 130) if dark else canvas.lit((110, 130, 150)))


def _snow(canvas: Canvas) -> None:
    canvas.below(canvas.ridge(HORIZON, 0.07, 2), (246, 249, 255), (210, 222, 240))
    for x, high in ((0.1, 0.34), (0.9, 0.3)):
        x = x + canvas.rng.uniform(-0.02, 0.02)
        for tier in range(3):
            top = 0.7 - high + tier * 0.1
            canvas.triangle(x, top, 0.07 + tier * 0.02, 0.15, canvas.lit((60, 105, 95)))
            canvas.triangle(x, top, 0.035 + tier * 0.01, 0.075, canvas.lit((250, 252, 255)))
    canvas.dots(38, 0, 1, 0.013, ((255, 255, 255),))


def _lake(canvas: Canvas) -> None:
    canvas.below(canvas.ridge(0.42, 0.09, 3), (95, 125, 115), (75, 105, 90))
    canvas.below(0.56, (85, 155, 190), (40, 100, 150))
    ripples = (np.sin(canvas.y * 120) > 0.86) & (canvas.y > 0.6)
    canvas.blend(ripples.astype(np.float32) * 0.3, (230, 242, 248))
    canvas.below(canvas.ridge(0.9, 0.05, 2), (100, 150, 80), (80, 130, 65))
    x, side = _aside(canvas)
    for stem in (-0.05, -0.02, 0.015, 0.05):
        x_stem, top = x + stem, 0.6 + canvas.rng.uniform(0, 0.08)
        canvas.box(x_stem - 0.006, top, x_stem + 0.006, 0.96, canvas.lit((75, 120, 60)))
        canvas.box(x_stem - 0.014, top - 0.03, x_stem + 0.014, top + 0.06, canvas.lit((110, 70, 45)))
    x = x + side * 0.7
    canvas.box(x - 0.1, 0.68, x + 0.1, 0.71, canvas.lit((130, 80, 50)))
    canvas.box(x - 0.075, 0.71, x + 0.075, 0.74, canvas.lit((105, 62, 40)))


def _space(canvas: Canvas) -> None:
    canvas.gradient((8, 6, 28), (26, 10, 50))
    for colour in ((150, 50, 190), (40, 90, 210)):
        canvas.disc(canvas.rng.uniform(0.1, 0.9), canvas.rng.uniform(0.1, 0.9), 0, colour, soft=0.3)
    canvas.dots(46, 0, 1, 0.01, ((255, 255, 255), (255, 235, 190)))
    x, side = _aside(canvas)
    y = canvas.rng.uniform(0.14, 0.2)
    canvas.disc(x, y, 0.085, (225, 165, 110))
    ring = np.hypot((canvas.x - x) / 0.15, (canvas.y - y + 0.25 * side * (canvas.x - x)) / 0.035)
    canvas.blend(((ring > 0.72) & (ring < 1)).astype(np.float32), (245, 220, 180))


def _underwater(canvas: Canvas) -> None:
    canvas.gradient((90, 205, 232), (8, 52, 110))
    for x in (0.15, 0.45, 0.75):
        beam = np.abs(canvas.x - (x + canvas.rng.uniform(-0.05, 0.05)) - 0.25 * canvas.y) < 0.05
        canvas.blend((beam * 0.3 * (1 - canvas.y)).astype(np.float32), (220, 248, 255))
    canvas.below(canvas.ridge(0.88, 0.04, 2), (212, 190, 135))
    canvas.dots(10, 0.1, 0.85, 0.018, ((205, 240, 250),))
    x, side = _aside(canvas)
    for stem in (-0.05, 0.0, 0.05):
        sway = x + stem + 0.022 * np.sin(canvas.y * 26 + stem * 60)
        weed = (np.abs(canvas.x - sway) < 0.016) & (canvas.y > 0.56 + 2 * abs(stem)) & (canvas.y < 0.94)
        canvas.blend(weed.astype(np.float32), (35, 140, 90))
    for part, y in ((0.72, 0.24), (0.66, 0.74)):
        x_fish = x + side * part
        body = np.hypot((canvas.x - x_fish) / 0.055, (canvas.y - y) / 0.032) < 1
        back = (canvas.x - x_fish) * side
        tail = (back > 0.04) & (back < 0.09) & (np.abs(canvas.y - y) < (back - 0.035) * 0.7)
        canvas.blend((body | tail).astype(np.float32), (250, 165, 60))


PLACES: dict[str, Callable[[Canvas], None]] = {
    "sea": _sea,
    "beach": _beach,
    "mountains": _mountains,
    "forest": _forest,
    "desert": _desert,
    "meadow": _meadow,
    "garden": _garden,
    "city": _city,
    "village": _village,
    "snow": _snow,
    "lake": _lake,
    "space": _space,
    "underwater": _underwater,
}
