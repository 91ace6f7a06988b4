"""How much of what Korean artists type comes out in English: 300 prompts with the content words each must keep.

    python -m generation.prompts.evaluation [--translator NAME]

`evaluation.tsv` holds a prompt, its content words (`/` between renderings that are equally right, `_` inside names of
several words) and its part. The `development` half may be looked at, and words it shows missing may be added to the
dictionary. The `held-out` half was written before the dictionary was widened and parted from the rest by a hash of
each prompt; only its figure is ever shown here. Both halves were written by the hand that also wrote the dictionary's
words, so strangers' prompts may fare worse.

Requests (그려줘), counters and particles are no content words. Word order is not judged.
"""

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from generation.prompts import translate, translators

FILE = Path(__file__).with_name("evaluation.tsv")
Part = Literal["development", "held-out"]


@dataclass(frozen=True)
class Row:
    korean: str
    content: tuple[tuple[str, ...], ...]
    part: str


@dataclass(frozen=True)
class Score:
    """`missed` pairs a prompt with the words that did not come out."""

    found: int
    asked: int
    missed: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def share(self) -> float:
        return self.found / self.asked


def rows(part: Part) -> list[Row]:
    """The prompts of one half, in the order of the file."""
    read = []
    for line in FILE.read_text(encoding="utf-8").splitlines()[1:]:
        korean, content, its_part = line.split("\t")
        read.append(Row(korean, tuple(tuple(word.split("/")) for word in content.split()), its_part))
    return [row for row in read if row.part == part]


def missing(english: str, content: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """The content words that `english` does not say in any of their renderings; plurals count as the word."""
    words = re.findall(r"[a-z0-9é][a-z0-9é'-]*", english.lower())
    said = {*words, *(word.removesuffix("s") for word in words), *(word.removesuffix("es") for word in words)}
    line = " ".join(words)
    return tuple(
        "/".join(choices)
        for choices in content
        if not any(word.replace("_", " ") in line if "_" in word else word in said for word in choices)
    )


def score(part: Part, to_english: Callable[[str], str]) -> Score:
    """The share of content words that come out of `to_english` over one half."""
    asked, missed = 0, []
    for row in rows(part):
        asked += len(row.content)
        if lost := missing(to_english(row.korean), row.content):
            missed.append((row.korean, lost))
    return Score(asked - sum(len(lost) for _, lost in missed), asked, tuple(missed))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Content words that come through, of 300 Korean art prompts.")
    parser.add_argument("--translator", default=translate.TRANSLATOR, help="as in the setting TRANSLATOR")
    translator = translators.load(parser.parse_args(arguments).translator)
    for part in ("development", "held-out"):
        done = score(part, lambda text: translator.to_english(text).english)
        if part == "development":
            for korean, lost in done.missed:
                sys.stdout.write(f"{korean}\n    {', '.join(lost)}\n")
        sys.stdout.write(f"{part}: {done.found} of {done.asked} content words, {done.share:.1%}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
