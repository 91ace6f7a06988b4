"""What is in a picture, before it is painted or put into words; and which combinations are never trained on.

A composition held back has words that are all known from others, in a combination that no training picture shows:
the subject with its colour, its place or ground, and its style. The choice is a hash, so that every table agrees
on it, whatever its seed.
"""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from generation.painter.data import drawings, palette, scenes, styles

HELD_BACK_ONE_IN = 8
GROUNDS = tuple(palette.COLOURS)
PAINTS = ("red", "yellow", "green", "blue", "purple", "pink", "white", "black")
ABSTRACTS = ("colour field", "geometric")
VIEWS = 4
"""Layouts of each place and abstract work, which words leave open; in every second one the subject is turned."""

SHARE_ON_GROUND = 0.46
SHARE_IN_PLACE = 0.34
SHARE_LANDSCAPE = 0.14


@dataclass(frozen=True)
class Composition:
    """A subject on a ground or in a place; or a place alone; or an abstract work in two colours."""

    subject: str | None = None
    paint: str | None = None
    ground: str | None = None
    place: str | None = None
    time: str = "day"
    style: str | None = None
    close: bool = False
    abstract: str | None = None
    view: int = 0

    @property
    def held_back(self) -> bool:
        parts: tuple[str | None, ...]
        if self.subject:
            parts = (self.subject, self.paint, self.ground or self.place, self.style)
        elif self.place:
            parts = (self.place, self.time, self.style)
        else:
            return False
        if sum(part not in {None, "day"} for part in parts) < 3:
            return False
        digest = hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest()
        return int.from_bytes(digest) % HELD_BACK_ONE_IN == 0


def draw(rng: np.random.Generator, held_back: bool = False) -> Composition:
    """One composition of the training half, or of the half held back."""
    while True:
        composition = replace(_any(rng), view=int(rng.integers(VIEWS)))
        if composition.held_back == held_back:
            return composition


def _any(rng: np.random.Generator) -> Composition:
    kind = rng.random()
    style = str(rng.choice(tuple(styles.STYLES)))
    time = str(rng.choice(scenes.TIMES)) if rng.random() < 0.7 else "day"
    place = str(rng.choice(tuple(scenes.PLACES)))
    if place in scenes.SKYLESS:
        time = "day"
    if kind >= SHARE_ON_GROUND + SHARE_IN_PLACE + SHARE_LANDSCAPE:
        paint, ground = (str(colour) for colour in rng.choice(GROUNDS, 2, replace=False))
        return Composition(abstract=str(rng.choice(ABSTRACTS)), paint=paint, ground=ground)
    if kind >= SHARE_ON_GROUND + SHARE_IN_PLACE:
        return Composition(place=place, time=time, style=style if rng.random() < 0.6 else None)
    known = drawings.subjects()
    subject = known[int(rng.integers(len(known)))]
    close = bool(rng.random() < 0.04)
    repaint = str(rng.choice(PAINTS)) if subject.recolours and rng.random() < 0.3 else None
    if kind >= SHARE_ON_GROUND:
        styled = style if rng.random() < 0.6 else None
        return Composition(subject.en, repaint, place=place, time=time, style=styled, close=close)
    ground = str(rng.choice(GROUNDS)) if rng.random() < 0.75 else "white"
    if ground == repaint:
        repaint = None
    styled = style if rng.random() < 0.55 else None
    return Composition(subject.en, repaint, ground=ground, style=styled, close=close)
