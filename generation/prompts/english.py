"""English noun phrases: article, number, order of what stands before and after the noun.

It knows the regular rules and the irregular plurals of the dictionary's nouns, and no others.
"""

import re
from dataclasses import dataclass, field

_PLURALS = {
    "child": "children", "person": "people", "man": "men", "woman": "women", "mouse": "mice", "goose": "geese",
    "leaf": "leaves", "wolf": "wolves", "thief": "thieves", "sheep": "sheep", "fish": "fish", "deer": "deer",
    "foot": "feet", "tooth": "teeth", "elf": "elves", "dwarf": "dwarves", "fisherman": "fishermen", "die": "dice",
    "swordfish": "swordfish", "goldfish": "goldfish", "knife": "knives", "shelf": "shelves", "scarf": "scarves",
}  # fmt: skip
_BARE = frozenset(("mass", "name", "medium", "look", "latin", "scene", "style", "artist", "movement"))
"""Kinds without an article."""
_ONE = ("a", "one", "1")


@dataclass
class Noun:
    """A noun with what belongs to it. `before` and `after` are English, in their order; `where` is a template."""

    head: str
    kind: str
    where: str = ""
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    number: str = ""
    plural: bool = False
    others: list["Noun"] = field(default_factory=list)

    def say(self) -> str:
        """`a red apple on a blue background`; those joined by and come before it."""
        when = self.kind == "time" and not (self.before or self.after or self.number or self.others)
        own = self.where if when else " ".join((self._named(), *self.after))
        return _and([*(other.say() for other in self.others), own])

    def say_where(self, otherwise: str = "in") -> str:
        """`on the quiet beach at sunset`; nouns that do not tell where are said after `otherwise`."""
        if self.others and "~" in self.where:
            return f"{self.where.split()[0]} {self.say()}"
        if self.others or not self.where:
            return f"{otherwise} {self.say()}"
        if self.kind == "time" and self.before:
            return " ".join(("on", a(" ".join((*self.before, self.head))), *self.after))
        if "~" not in self.where:
            return " ".join((self.where, *self.after))
        inner = " ".join((*self.before, plural(self.head) if self.plural else self.head))
        return " ".join((articles(self.where.replace("~", inner)), *self.after))

    def _named(self) -> str:
        many = self.plural or (self.number and self.number not in _ONE)
        head = plural(self.head) if many and self.kind not in ("mass", "the") else self.head
        words = " ".join((*self.before, head))
        if self.number and self.number not in _ONE:
            return f"{self.number} {words}"
        if self.plural or self.kind in _BARE or (self.kind == "place" and head == plural(head)):
            return words
        if self.kind == "the" and not self.before:
            return f"the {words}"
        if self.kind == "the" and self.head.endswith(("waves", "lights")):
            return words
        return a(words)


def a(words: str) -> str:
    vowel = re.match("[aeiou]", words.lower()) and not re.match("(uni|one|use|euro|ukiyo)", words.lower())
    return f"{'an' if vowel else 'a'} {words}"


def articles(words: str) -> str:
    """The same with each `a` and `an` fitting the word after it."""
    return re.sub(r"\ban? (?=\w)(\w+)", lambda found: a(found[1]), words)


def plural(words: str) -> str:
    first, space, last = words.rpartition(" ")
    if " of " in words:
        head, _, rest = words.partition(" of ")
        return f"{plural(head)} of {rest}"
    if last in _PLURALS:
        return f"{first}{space}{_PLURALS[last]}"
    if re.search("(s|x|z|ch|sh)$", last):
        return words if last.endswith("s") and not last.endswith("ss") else f"{words}es"
    return f"{words[:-1]}ies" if re.search("[^aeiou]y$", last) else f"{words}s"


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
