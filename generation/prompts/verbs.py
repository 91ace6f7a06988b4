"""What a verb says in English once it is known what waits for it: objects, places, the way it is done.

It knows the sets of English words that behave alike; which Korean word waits for which verb is `phrase`'s business.
"""

from dataclasses import dataclass
from typing import Literal

from generation.prompts.english import Noun

Role = Literal["subject", "topic", "object", "where", "with", "bare"]

# fmt: off
ON = frozenset((
    "sitting", "standing", "lying", "placed", "hanging", "leaning", "carved", "painted", "kneeling",
))  # 꽃에 앉은: on a flower, and not in it
COLOURS = frozenset((
    "red", "blue", "yellow", "green", "white", "black", "purple", "pink", "orange", "brown", "gray", "golden",
))
OF_MANY = frozenset(("blooming", "in full bloom", "piled up", "falling", "fluttering"))  # petals, not a petal
OF_SEVERAL = frozenset((
    "made of", "full of", "filled with", "covered with", "decorated with", "surrounded by", "with many", "without",
))
AFTER_VERB = COLOURS | {"alone", "side by side", "high", "wide", "fast", "together", "far away", "each other"}
PREPOSITIONS = (" for", " at", " up at", " into", " on", " to")
# fmt: on


@dataclass
class Argument:
    """A noun that waits for its verb. `said` is ready-made English, for places."""

    noun: Noun
    role: Role
    said: str = ""

    def place(self, verb: str) -> str:
        return self.said or self.noun.say_where("on" if verb in ON else "in")


def say(verb: str, kind: str, mine: list[Argument], adverbs: list[str]) -> str:
    """`wearing a red hat`, `flying in the sky`: the verb with its objects, adverbs and places, in English order."""
    if kind == "link":
        held = [arg.noun for arg in mine if not arg.said]
        spoken = [arg.said for arg in mine if arg.said]
        if held and held[-1].kind == "noun" and not held[-1].number and verb in OF_SEVERAL:
            held[-1].plural = True
        words = [verb, held[-1].say()] if held else [verb.rpartition(" ")[0] or verb]
        return " ".join((*words, *spoken))
    objects, places = [], []
    for arg in mine:
        if arg.role in ("object", "bare"):
            if (kind == "move" and arg.noun.where) or (arg.role == "bare" and arg.noun.kind in ("place", "time")):
                places.append(arg.place(verb))
            else:
                objects.append(_object(arg.noun))
        elif arg.role in ("where", "with"):
            places.append(arg.place(verb))
    if not objects:
        if verb in ("with", "wearing", "holding"):
            verb = verb if not places else ""
        for preposition in PREPOSITIONS:
            verb = verb.removesuffix(preposition)
    words = [*adverbs, verb, *objects, *places]
    if adverbs and adverbs[-1] in AFTER_VERB:
        words = [verb, *objects, *adverbs, *places]
    return " ".join(word for word in words if word)


def _object(noun: Noun) -> str:
    """What a verb has before it: of a time of day it sees the light, so it is the sunset and not at sunset."""
    return f"the {noun.head}" if noun.kind == "time" and not noun.before else noun.say()
