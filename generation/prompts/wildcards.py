"""Wildcards: one line that stands for many prompts. `{a|b}` is a or b, `__mood__` any word of the list `mood`.

    count("a {red|blue} __animal__") == 2 * len(the list animal)
    combinations("a {red|blue} boat", 10) == ["a red boat", "a blue boat"]

Choices may be nested and may be empty (`{|old }house`). The count is exact and comes without writing the prompts out,
so that it can be said before anything is queued; more than `most` are never written out. Lists are `wildcards/*.txt`
beside this file, one choice a line, in English and Korean (`animal`, `animal_ko`); a line holds no wildcard itself.
"""

import re
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import prod
from pathlib import Path

from generation.errors import LimitExceeded, TooMany

FOLDER = Path(__file__).with_name("wildcards")
DEEPEST = 4
_LIST = re.compile(r"__([a-z][a-z0-9_]{0,30}?)__")


class WildcardUnclear(LimitExceeded):
    """Braces that do not close, or a list that is not there."""

    code = "wildcard"
    title = "This wildcard is not understood"
    next_step = "Close every brace, and use the names of lists that the studio shows."


@dataclass(frozen=True)
class Choice:
    """One of these, each a sequence of words and further choices."""

    options: tuple[tuple["str | Choice", ...], ...]


def names() -> list[str]:
    """The lists there are."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


@cache
def words(name: str) -> tuple[str, ...]:
    """The choices of one list; WildcardUnclear when there is none of this name."""
    path = FOLDER / f"{name}.txt"
    if name not in names():
        raise WildcardUnclear(f"There is no list __{name}__. There are: {', '.join(names())}.")
    return tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())


def has_any(text: str) -> bool:
    """Whether a text holds a wildcard at all."""
    return "{" in text or "}" in text or bool(_LIST.search(text))


def count(text: str) -> int:
    """How many prompts this text stands for; 1 without wildcards."""
    return _count(_parse(text))


def combinations(text: str, most: int) -> list[str]:
    """All of them, in the order of reading; TooMany, with their number, when there are more than `most`."""
    parts = _parse(text)
    if (there := _count(parts)) > most:
        raise TooMany(
            f"These wildcards stand for {there:,} prompts; at most {most:,} are painted at once.",
            next_step="Leave out some of the choices, or ask in several turns.",
        )
    return [re.sub(r"[ \t]{2,}", " ", line).strip() for line in _write(parts)]


def _parse(text: str) -> tuple["str | Choice", ...]:
    parts, at = _sequence(text, 0, 0)
    if at != len(text):
        raise WildcardUnclear("A brace } closes nothing.")
    return parts


def _sequence(text: str, at: int, depth: int) -> tuple[tuple["str | Choice", ...], int]:
    """Words and choices up to the end, or to the | or } that ends this option."""
    if depth > DEEPEST:
        raise WildcardUnclear(f"Choices are nested more than {DEEPEST} deep.")
    parts: list[str | Choice] = []
    start = at
    while at < len(text) and not (text[at] == "}" or (depth and text[at] == "|")):
        if text[at] == "{":
            parts += _lists(text[start:at])
            choice, at = _choice(text, at + 1, depth + 1)
            parts.append(choice)
            start = at
        else:
            at += 1
    return (*parts, *_lists(text[start:at])), at


def _choice(text: str, at: int, depth: int) -> tuple[Choice, int]:
    options = []
    while True:
        option, at = _sequence(text, at, depth)
        options.append(option)
        if at >= len(text):
            raise WildcardUnclear("A brace { is never closed.")
        at += 1
        if text[at - 1] == "}":
            return Choice(tuple(options)), at


def _lists(text: str) -> list["str | Choice"]:
    parts: list[str | Choice] = []
    for place, piece in enumerate(_LIST.split(text)):
        if place % 2:
            parts.append(Choice(tuple((word,) for word in words(piece))))
        elif piece:
            parts.append(piece)
    return parts


def _count(parts: tuple["str | Choice", ...]) -> int:
    return prod(sum(map(_count, part.options)) for part in parts if isinstance(part, Choice))


def _write(parts: tuple["str | Choice", ...]) -> list[str]:
    ways = [
        [line for option in part.options for line in _write(option)] if isinstance(part, Choice) else [part]
        for part in parts
    ]
    return ["".join(way) for way in product(*ways)]
