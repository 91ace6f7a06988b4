"""The Korean-English dictionary of prompts: `ko_en.json`, read here, and built here from two sources.

    python -m generation.prompts.dictionary [FOLDER OF emojibase-data]

1. `art_words.tsv`, written for Ninefold. One word a line: Korean, English, kind, where.
2. emojibase-data (npm, MIT licence, Copyright (c) 2017-2019 Miles Johnson; its names of emoji come from Unicode
   CLDR, Unicode License v3): the Korean and English label of each emoji is a pair. Our own words win over these.
   Its tags are left alone: pairing those that share their emoji gave 공포 for undead and 지구본 for showing.

Keys are what `morphemes` spells a run of Korean as: no spaces, no particles for subject and object, verbs and
adjectives as their stem with 다 (`노을 지는` is `노을지다`).

| kind | what it is, and how it is said in English |
|---|---|
| noun, mass, the, name | a cat; snow; the sun; Seoul |
| place | a noun that tells where: its fourth part says how (`on the ~`); other kinds may have one too |
| time | its fourth part is said after what it belongs to: a city at night |
| scene | a landscape: takes the noun before it as a part |
| look | light, colour, composition: what a picture or thing has |
| medium, movement, artist | oil painting; impressionist; Monet |
| style | 풍, 화풍, 스타일: turn the word before them to a style |
| modifier, adj | stand before a noun; adj is a Korean verb form |
| verb, move, link, with | wearing (a hat); flying (in the sky); made of (glass); with big eyes |
| position | on, under, beside |
| number, flock, adverb | three; flock of; alone |
| drop | says nothing to a painter |

It translates nothing itself, and nothing here touches the network.
"""

import json
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WORDS = HERE / "ko_en.json"
ART_WORDS = HERE / "art_words.tsv"
EMOJIBASE = HERE.parents[1] / "node_modules" / "emojibase-data"

ABOUT = (
    "Korean-English words of prompts. Built by python -m generation.prompts.dictionary from art_words.tsv and "
    "emojibase-data 17.0.0 (MIT licence, Copyright (c) 2017-2019 Miles Johnson; names from Unicode CLDR, "
    "Unicode License v3)."
)

_NO_SUBJECTS = (2, 8, 9)
"""Groups of emojibase: components, symbols, flags."""


@dataclass(frozen=True)
class Entry:
    """One word: its English, its kind (see the table above) and, for some, how it says where or when."""

    english: str
    kind: str
    where: str = ""


def key(korean: str) -> str:
    return korean.replace(" ", "")


def art_words() -> dict[str, Entry]:
    """The hand-written half, by key."""
    words: dict[str, Entry] = {}
    for line in ART_WORDS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            korean, english, kind, *where = line.split("\t")
            words[key(korean)] = Entry(english, kind, *where)
    return words


def emoji_words(folder: Path) -> dict[str, Entry]:
    """The half from emojibase-data, by key. Flags, skin tones and symbols are no subjects and stay away."""
    korean, english = (_labels(folder / language / "data.json") for language in ("ko", "en"))
    words: dict[str, Entry] = {}
    for code, label in korean.items():
        if code in english and _plain(label) and ":" not in english[code]:
            words.setdefault(key(label), _noun(english[code].replace("’", "'")))
    return words


def build(folder: Path) -> str:
    """The text of `ko_en.json`; the same bytes for the same sources."""
    words = {**emoji_words(folder), **art_words()}
    rows = (
        f"  {json.dumps(word, ensure_ascii=False)}: "
        + json.dumps([part for part in (entry.english, entry.kind, entry.where) if part or part is entry.english],
                     ensure_ascii=False)
        for word, entry in sorted(words.items())
    )  # fmt: skip
    return f'{{"about": {json.dumps(ABOUT)},\n "words": {{\n' + ",\n".join(rows) + "\n}}\n"


@cache
def load() -> dict[str, Entry]:
    """The dictionary by key, read once."""
    words: dict[str, list[str]] = json.loads(WORDS.read_text(encoding="utf-8"))["words"]
    return {word: Entry(*entry) for word, entry in words.items()}


def _labels(path: Path) -> dict[str, str]:
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return {row["hexcode"]: row["label"] for row in rows if row.get("group", _NO_SUBJECTS[0]) not in _NO_SUBJECTS}


def _plain(korean: str) -> bool:
    """A name and not a sentence: Hangul and spaces, of two syllables or more (one alone means too many things)."""
    letters = key(korean)
    return len(letters) >= 2 and all("가" <= letter <= "힣" for letter in letters)


def _noun(english: str) -> Entry:
    plural = english.endswith("s") and not english.endswith(("ss", "us"))
    return Entry(english, "mass" if plural else "noun")


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else EMOJIBASE
    if not (folder / "ko" / "data.json").is_file():
        sys.stderr.write(f"No emojibase-data in {folder}: install the npm package or name its folder.\n")
        return 1
    WORDS.write_text(build(folder), encoding="utf-8")
    sys.stdout.write(f"{len(json.loads(WORDS.read_text(encoding='utf-8'))['words'])} words in {WORDS.name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
