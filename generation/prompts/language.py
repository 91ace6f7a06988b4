"""Which language a prompt is written in: Korean or English, by its letters alone.

It refuses to know a third: whatever holds no Hangul passes as English, which is what the painters read.
Hangul blocks: The Unicode Standard, chapter 18.6.
"""

from typing import Literal

Language = Literal["ko", "en"]

KOREAN_SHARE = 0.1
"""From this share of Hangul among the letters on, a prompt is Korean: one word of it in an English line counts."""

_HANGUL = ((0xAC00, 0xD7A3), (0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xD7B0, 0xD7FF))


def is_hangul(character: str) -> bool:
    """True for one Hangul syllable or jamo."""
    point = ord(character)
    return any(first <= point <= last for first, last in _HANGUL)


def detect(text: str) -> Language:
    """`ko` when at least a tenth of the letters are Hangul, else `en` (also for a text without letters).

    A Hangul syllable writes what Latin writes with two or three letters, hence the low bar.
    """
    letters = [character for character in text if character.isalpha()]
    hangul = sum(is_hangul(character) for character in letters)
    return "ko" if hangul and hangul >= KOREAN_SHARE * len(letters) else "en"
