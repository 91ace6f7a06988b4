"""Weights on words: `(red scarf:1.3)` counts for more, `(crowd:0.5)` for less.

The notation is that of the Stable Diffusion web tools. A model that honours weights is given them
(`ModelCard.takes_weights`); for any other they are taken off before it reads, and the prompt says so. Plain brackets
without a number are the artist's own and are left alone.
"""

import math
import re
from dataclasses import dataclass

from generation.errors import WeightUnclear

LEAST, MOST = 0.1, 2.0
_WEIGHTED = re.compile(r"\(([^():]{1,200}):\s*([0-9]*\.?[0-9]+)\s*\)")


@dataclass(frozen=True)
class Piece:
    text: str
    weight: float = 1.0


def pieces(text: str) -> list[Piece]:
    """The text in its order, parted where the weight changes; WeightUnclear for a weight out of bounds."""
    found: list[Piece] = []
    end = 0
    for match in _WEIGHTED.finditer(text):
        weight = float(match[2])
        if not (math.isfinite(weight) and LEAST <= weight <= MOST):
            raise WeightUnclear(f"A weight is between {LEAST:g} and {MOST:g}; {match[0]} has {match[2]}.")
        found += [Piece(text[end : match.start()]), Piece(match[1].strip(), weight)]
        end = match.end()
    return [piece for piece in (*found, Piece(text[end:])) if piece.text]


def has_any(text: str) -> bool:
    """Whether any word has a weight."""
    return bool(_WEIGHTED.search(text))


def strip(text: str) -> str:
    """The words without weights."""
    return _WEIGHTED.sub(lambda match: match[1].strip(), text)


def carry_over(weighted: list[Piece], english: str) -> str:
    """`english`, translated from the whole text, with these pieces (themselves translated) weighted in it again.

    A piece that the translation of the whole says otherwise is added behind it.
    """
    for piece in weighted:
        words = re.compile(rf"(?<![\w(]){re.escape(piece.text)}(?!\w)", re.IGNORECASE)
        said = f"({piece.text}:{piece.weight:g})"
        english = words.sub(said, english, count=1) if words.search(english) else f"{english}, {said}"
    return english
