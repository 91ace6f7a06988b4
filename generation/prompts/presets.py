"""Style presets: a name in two languages for a few English words that painters know well.

`presets.tsv`, in six groups, one of each at most per prompt. A preset adds to what the model reads and never to what
the artist wrote; which ones were chosen is recorded with the prompt. Preview pictures are painted by
`manage.py paint_presets` into static/studio/presets/; the studio shows those that are there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from generation.errors import LimitExceeded

FILE = Path(__file__).with_name("presets.tsv")
GROUPS = ("medium", "movement", "technique", "mood", "light", "composition")


@dataclass(frozen=True)
class Preset:
    slug: str
    group: str
    name: str
    name_ko: str
    adds: str


@cache
def library() -> dict[str, Preset]:
    """All presets by slug, in the order they are shown."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return {slug: Preset(slug, *rest) for slug, *rest in (line.split("\t") for line in lines if line[0] != "#")}


def by_group() -> dict[str, list[Preset]]:
    """The presets of each group."""
    return {group: [preset for preset in library().values() if preset.group == group] for group in GROUPS}


def choose(slugs: Iterable[str]) -> list[Preset]:
    """These presets in the order of their groups; LimitExceeded for unknown ones or two of a group."""
    wanted = list(slugs)
    unknown = [slug for slug in wanted if slug not in library()]
    if unknown:
        raise LimitExceeded(f"There is no style preset {', '.join(unknown)}.")
    chosen = sorted((library()[slug] for slug in wanted), key=lambda preset: GROUPS.index(preset.group))
    if len({preset.group for preset in chosen}) < len(chosen):
        raise LimitExceeded("At most one preset of each group goes with a prompt.")
    return chosen


def add(english: str, chosen: Iterable[Preset]) -> str:
    """The prompt with what the presets add behind it."""
    return ", ".join((english, *(preset.adds for preset in chosen)))
