"""Korean prompts in English, for painters that read English only; no download, no network, the same every time.

    to_english("노을 지는 바닷가의 등대").english == "a lighthouse on the beach at sunset"

Kiwi finds the morphemes, `dictionary` their words, `phrase` the English order. It is a phrase book and no reader:
what the dictionary does not hold is left out and named in `unknown`, for the artist to see and say otherwise.
Commas and line ends part phrases and stay; English words inside Korean pass through.

The first Korean text in a process loads Kiwi: about 3 s and half a gigabyte; each one after that takes milliseconds.
Text without Hangul is returned as it came and loads nothing. One thread at a time is let into Kiwi.
"""

import re
import unicodedata
from dataclasses import dataclass

from generation.prompts import morphemes, phrase
from generation.prompts.language import is_hangul

TRANSLATOR = "kiwi-dictionary 3"
"""Raise the number whenever the same Korean may come out as other English: it is recorded with every picture."""

_PHRASE_ENDS = re.compile(r"\s*[,，、;；\n]+\s*|\s*[.!?。]+(?:\s+|$)")

_SPELLINGS = (
    (re.compile(r"(?<=[을를] )나는(?= )"), "날고 있는"),  # else read as 나 with 는: I
    (re.compile(r"(\d{2,4})년대"), r"\1s "),
)
"""Spellings that Kiwi takes for something else, and what they mean in a prompt."""


@dataclass(frozen=True)
class Translation:
    """`translator` is empty when the text was English already; `unknown` are the Korean words left out."""

    original: str
    english: str
    translator: str
    unknown: tuple[str, ...] = ()


def to_english(text: str) -> Translation:
    """The English of a prompt. Never fails for want of a word; `english` is empty if none was understood."""
    if not any(map(is_hangul, text)):
        return Translation(text, text, "")
    said: list[str] = []
    unknown: list[str] = []
    for part in _PHRASE_ENDS.split(unicodedata.normalize("NFC", text)):
        if not any(map(is_hangul, part)):
            said.append(part.strip())
            continue
        for spelling, meant in _SPELLINGS:
            part = spelling.sub(meant, part)
        english, left_out = phrase.say(morphemes.units(part))
        said.append(english)
        unknown += left_out
    return Translation(text, ", ".join(filter(None, said)), TRANSLATOR, tuple(dict.fromkeys(unknown)))
