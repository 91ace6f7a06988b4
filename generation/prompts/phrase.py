"""One Korean phrase, already cut into units, said in English word order.

Korean puts everything before what it belongs to, English most of it after. So the units are read once from left to
right; adjectives, relative clauses and places wait until their noun comes, and objects, subjects and places wait
until their verb comes. What is still waiting at the end is said at the end: no word that was understood is lost.

It is made for what people write to a painter (noun phrases and short sentences); it knows no tense and no speech.
"""

import re

from generation.prompts import verbs
from generation.prompts.english import Noun, a, articles, plural
from generation.prompts.morphemes import Unit
from generation.prompts.verbs import COLOURS, OF_MANY, Argument

# fmt: off
_PARTS = frozenset((
    "roof", "door", "window", "wall", "chimney", "hair", "eyes", "ears", "tail", "wings", "horns", "beard", "fur",
    "hat", "crown", "mask", "dress", "hanbok", "clothes", "armor", "scarf", "sail", "flag", "petal", "leaf", "branch",
    "face", "lip", "smile", "patterns", "stones",
))  # what a thing has: 빨간 지붕의 집 is a house with a red roof
# fmt: on
_FEATURES = _PARTS | {"nose", "hands", "feet", "neck", "mouth", "legs", "colors", "mood", "lighting"}
_CONTENT = frozenset(
    (
        "noun",
        "mass",
        "the",
        "name",
        "place",
        "scene",
        "look",
        "medium",
        "movement",
        "artist",
        "modifier",
        "adj",
        "verb",
        "move",
    )
)
_SMALL = frozenset(("a", "an", "the", "of", "in", "on", "at", "to", "for", "with", "by", "wearing", "holding"))
_BETWEEN = frozenset(("fight", "battle", "duel", "kiss", "embrace"))


class Phrase:
    """The reading of one phrase. `english()` after the last unit; `unknown` are the Korean words left out."""

    def __init__(self, units: list[Unit]) -> None:
        self.units = units
        self.unknown: list[str] = []
        self._before: list[str] = []
        self._after: list[str] = []
        self._number = ""
        self._joined: list[Noun] = []
        self._arguments: list[Argument] = []
        self._verbs: list[str] = []
        self._adverbs: list[str] = []
        self._clause: tuple[Noun, str] | None = None
        self._medium = ""
        self._styles: list[str] = []
        self._said: list[str] = []
        self._at = 0
        while self._at < len(units):
            self._read(units[self._at])
            self._at += 1

    def english(self) -> str:
        nouns = [arg for arg in self._arguments if arg.role not in ("where", "with")]
        places = [arg.place("") for arg in self._arguments if arg.role in ("where", "with")]
        loose = [*self._before, *self._verbs, *self._adverbs, *self._after, *places]
        if self._clause is not None:
            self._said.append(f"{self._clause[0].say()} {self._clause[1]}".strip())
        self._said += [arg.noun.say() for arg in nouns]
        if loose and self._said:
            self._said[-1] += " " + " ".join(loose)
        elif loose:
            self._said.append(" ".join(loose))
        if self._joined:
            self._said.append(" and ".join(noun.say() for noun in self._joined))
        main = " ".join((self._medium, " and ".join(self._said))).strip()
        return ", ".join(part for part in (main, *dict.fromkeys(self._styles)) if part)

    # reading

    def _read(self, unit: Unit) -> None:
        entry = unit.entry
        if entry is None:
            self._leave_out(unit)
        elif entry.kind in ("adj", "verb", "move", "link", "with") or (entry.kind == "time" and unit.ending):
            self._read_verb(unit)
        elif entry.kind == "drop":
            self._read_drop(unit)
        elif entry.kind == "adverb":
            self._adverbs.append(entry.english)
        elif entry.kind == "number":
            self._read_number(unit)
        elif entry.kind == "style":
            self._read_style(unit)
        elif entry.kind == "flock" and self._arguments and self._arguments[-1].role == "bare":
            self._read_flock(unit)
        elif entry.kind == "position":
            self._read_position(unit)
        elif entry.kind in ("modifier", "movement"):
            self._read_modifier(unit)
        else:
            self._read_noun(unit)

    def _leave_out(self, unit: Unit) -> None:
        self.unknown.append(unit.korean)
        if not unit.ending:
            return
        for arg in self._arguments:  # an unknown verb: keep what it spoke of
            if arg.role in ("where", "with"):
                self._after.append(arg.place(""))
            elif unit.ending == "adnominal":
                self._after.append(f"with {arg.noun.say()}")
            else:
                self._said.append(arg.noun.say())
        self._arguments = []

    def _read_modifier(self, unit: Unit) -> None:
        assert unit.entry is not None
        follows = self._next()
        if follows is None:
            style = unit.entry.kind == "movement"
            for arg in self._arguments:
                arg.noun.before.append(unit.entry.english)
            if not self._arguments:
                self._before.append(unit.entry.english + (" style" if style else ""))
        elif unit.entry.english:
            self._before.append(unit.entry.english + (" and" if unit.tag == "JC" else ""))

    def _read_number(self, unit: Unit) -> None:
        assert unit.entry is not None
        last = self._arguments[-1] if self._arguments else None
        if last is not None and last.role == "bare":  # 낙타 세 마리
            self._arguments.pop()
            last.noun.number = unit.entry.english
            self._place_noun(last.noun, unit)
        else:
            self._number = unit.entry.english

    def _read_flock(self, unit: Unit) -> None:
        assert unit.entry is not None
        noun = self._arguments.pop().noun
        inner = Noun(noun.head, noun.kind, plural=noun.kind != "mass", before=noun.before).say()
        self._place_noun(Noun(f"{unit.entry.english} {inner}", "noun", after=noun.after, others=noun.others), unit)

    def _read_style(self, unit: Unit) -> None:
        last = self._arguments[-1] if self._arguments else None
        if last is not None and last.role == "bare":
            self._arguments.pop()
            noun = last.noun
            named = " ".join((*noun.before, noun.head))
            self._styles.append(f"in the style of {named}" if noun.kind == "artist" else f"{named} style")
        elif self._before:
            self._styles.append(f"{self._before.pop().removesuffix(' style')} style")

    def _read_drop(self, unit: Unit) -> None:
        if self._clause is not None and unit.ending == "":
            noun, said = self._clause
            self._clause = None
            noun.after.append(said)
            self._place_noun(noun, unit)
        elif unit.ending in ("final", "adnominal") and not self._upcoming_noun():
            self._finish_sentence("")
        elif unit.ending == "adnominal":
            subjects = [arg for arg in self._arguments if arg.role == "subject"]
            places = [arg.place("") for arg in self._arguments if arg.role in ("where", "with")]
            if subjects or places:
                self._after += [f"with {arg.noun.say()}" for arg in subjects] + places
                self._arguments = [arg for arg in self._arguments if arg.role not in ("subject", "where", "with")]

    def _read_position(self, unit: Unit) -> None:
        assert unit.entry is not None
        last = self._arguments[-1] if self._arguments else None
        if last is None or last.role not in ("bare", "with"):
            if self._after and unit.particle == "" and not self._arguments:
                return
            there = unit.entry.english.removesuffix(" of").removesuffix(" in")
            self._arguments.append(Argument(Noun(there, "adverb"), "where", there))
            return
        self._arguments.pop()
        noun = last.noun
        where = " ".join((unit.entry.english, noun.say()))
        if unit.entry.english == "in" and noun.where.startswith(("in ", "on ")):
            where = noun.say_where()
        self._place_where(noun, where, unit)

    def _read_noun(self, unit: Unit) -> None:
        entry = unit.entry
        assert entry is not None
        noun = Noun(
            entry.english, entry.kind, entry.where, self._before, self._after, self._number, unit.plural, self._joined
        )
        self._before, self._after, self._number, self._joined = [], [], "", []
        last = self._arguments[-1] if self._arguments else None
        if last is not None and last.role == "bare":
            self._arguments.pop()
            self._compound(last.noun, noun)
        if self._clause is not None:
            subject, said = self._clause
            self._clause = None
            noun.after.insert(0, f"with {subject.say()} {said}".strip())
        if entry.kind == "medium":
            self._read_medium(noun, unit)
        else:
            self._place_noun(noun, unit)

    def _compound(self, first: Noun, second: Noun) -> None:
        """Two nouns side by side: 해바라기 들판 a sunflower field, 골목 카페 a cafe in an alley."""
        if first.kind == "time" or (first.where and second.kind not in ("scene", "medium", "look")):
            second.after.insert(0, first.say_where())
        elif first.kind == "artist":
            second.after.append(f"by {first.head}")
        elif second.kind == "medium" or second.head == "close-up":
            second.after.insert(0, f"of {first.say()}")
        elif second.kind == "scene" and first.kind == "the":
            second.before[:0] = [*first.before, first.head]
        else:
            second.before += [*first.before, first.head]
            second.after[:0] = first.after
            second.number = second.number or first.number
        second.others += first.others

    def _read_medium(self, noun: Noun, unit: Unit) -> None:
        follows = self._next()
        objects = [arg for arg in self._arguments if arg.role == "object"]
        if objects:  # 바다를 그린 유화
            self._arguments = [arg for arg in self._arguments if arg.role != "object"]
            noun.after.append(f"of {objects[-1].noun.say()}")
        if follows is None or self._style_follows():
            self._place_noun(noun, unit)
        elif unit.particle == "" and not noun.after:
            self._medium = f"{noun.say()} of"
        else:
            self._styles.append(noun.say())

    def _place_noun(self, noun: Noun, unit: Unit) -> None:
        """Puts a finished noun where its particle says."""
        particle, tag = unit.particle, unit.tag
        follows = self._next()
        if tag == "JKG" or unit.ending == "adnominal":
            kinds = [near.entry.kind for near in (unit, follows) if near is not None and near.entry is not None]
            if kinds[:1] == ["number"] or kinds[1:] == ["position"]:
                self._arguments.append(Argument(noun, "bare"))
            else:
                self._belong(noun)
        elif tag == "JC" or particle in ("과", "와", "랑", "이랑", "하고"):
            if tag == "JKB" and follows is not None and self._is_verb(follows):
                self._arguments.append(Argument(noun, "with", f"with {noun.say()}"))
            else:
                others, noun.others = noun.others, []
                self._joined = [*others, noun]
        elif tag == "JKB" and particle in ("처럼", "같이"):
            self._arguments.append(Argument(noun, "where", f"like {noun.say()}"))
        elif tag == "JKB" and particle in ("로", "으로"):
            self._by_means_of(noun)
        elif tag == "JKB":
            towards = particle in ("에게", "한테", "께")
            self._arguments.append(Argument(noun, "where", f"to {noun.say()}" if towards else ""))
        elif tag == "JKO":
            self._arguments.append(Argument(noun, "object"))
        elif tag == "JKS" or (tag == "JX" and particle in ("은", "는", "도", "만")):
            self._arguments.append(Argument(noun, "topic" if tag == "JX" else "subject"))
        elif follows is None:
            self._finish_noun(noun)
        elif noun.kind == "time":
            self._after.append(noun.say_where())
        else:
            self._arguments.append(Argument(noun, "bare"))

    def _place_where(self, noun: Noun, where: str, unit: Unit) -> None:
        follows = self._next()
        if follows is None and unit.tag != "JKB":
            self._after.append(where)
        elif unit.tag in ("JKB", "JKO", "JX", "JKS") or (follows is not None and self._is_verb(follows)):
            self._arguments.append(Argument(noun, "where", where))
        else:
            self._after.append(where)

    def _belong(self, noun: Noun) -> None:
        """What stands before 의 said for the noun after it."""
        if noun.head == "background":
            self._after.append(f"on {a(' '.join((*noun.before, noun.head)))}")
        elif noun.where and not noun.number:
            self._after.append(noun.say_where())
        elif noun.kind == "name":
            self._after.append(f"in {noun.say()}")
        elif noun.kind == "artist":
            self._after.append(f"by {noun.say()}")
        elif noun.kind == "medium":
            self._styles.append(noun.say())
        elif noun.kind in ("look", "scene") or (noun.head in _FEATURES and noun.before):
            self._after.append(f"with {a(noun.say()) if noun.head == 'mood' else noun.say()}")
        else:
            follows = self._next()
            fight = follows is not None and follows.entry is not None and follows.entry.english in _BETWEEN
            self._after.append(f"{'between' if fight and noun.others else 'of'} {noun.say()}")

    def _by_means_of(self, noun: Noun) -> None:
        objects = [arg for arg in self._arguments if arg.role == "object"]
        if noun.head == "background" and objects:  # 산을 배경으로
            self._arguments.remove(objects[-1])
            there = objects[-1].noun
            self._after.append(f"with {a(' '.join((*there.before, there.head, 'background')))}")
        elif noun.kind == "medium":
            self._styles.append(noun.say())
        elif noun.where:
            self._arguments.append(Argument(noun, "where"))
        else:
            self._arguments.append(Argument(noun, "where", f"with {noun.say()}"))

    def _finish_noun(self, noun: Noun) -> None:
        topics = [arg for arg in self._arguments if arg.role in ("topic", "subject")]
        places = [arg.place("") for arg in self._arguments if arg.role in ("where", "with")]
        noun.after += [*self._verbs, *places]
        self._verbs = []
        self._said += [arg.noun.say() for arg in self._arguments if arg.role in ("object", "bare")]
        self._said += [arg.noun.say() for arg in topics]
        self._arguments = []
        self._said.append(noun.say())

    # verbs

    def _read_verb(self, unit: Unit) -> None:
        entry = unit.entry
        assert entry is not None
        if entry.kind == "time":
            self._after.append(entry.where)
        elif entry.kind == "with":
            (self._after if unit.ending != "final" else self._verbs).append(entry.english)
            if unit.ending == "final":
                self._finish_sentence("")
        elif entry.kind == "adj":
            self._read_adjective(unit)
        else:
            self._read_action(unit)

    def _read_adjective(self, unit: Unit) -> None:
        assert unit.entry is not None
        word = unit.entry.english
        last = self._arguments[-1] if self._arguments else None
        if unit.ending == "adverbial":
            stem = f"{word[:-1]}i" if word.endswith("y") else word
            self._adverbs.append(word if word in COLOURS else f"{stem}ly")
        elif unit.ending == "final" and last is not None:
            last.noun.before.insert(0, word)
            self._finish_sentence("")
        elif last is not None and last.role in ("subject", "bare") and self._feature(last):
            self._arguments.pop()
            last.noun.before.insert(0, word)
            bare = last.noun.kind in ("mass", "look")
            self._after.append(
                f"with {last.noun.say() if bare else a(' '.join((*last.noun.before, last.noun.head)))}"
            )
        else:
            if last is not None and last.role == "bare":
                self._arguments.pop()
                if last.noun.where:  # 숲속 작은 오두막
                    self._after.append(last.noun.say_where())
                else:
                    self._said.append(last.noun.say())
            self._before.append(word)

    def _feature(self, arg: Argument) -> bool:
        return arg.noun.head in _FEATURES or (arg.role == "subject" and not self._sentence())

    def _read_action(self, unit: Unit) -> None:
        assert unit.entry is not None
        verb, kind = unit.entry.english, unit.entry.kind
        keep: list[Argument] = []
        if unit.ending == "adnominal" and self._sentence():
            later = any(u.tag in ("JKS", "JX") for u in self.units[self._at + 1 :])
            keep = [arg for arg in self._arguments if arg.role == "topic" or (arg.role == "subject" and not later)]
        if unit.ending == "connective":
            keep = [arg for arg in self._arguments if arg.role in ("topic", "subject")]
            if kind == "link":
                keep = []
        mine = [arg for arg in self._arguments if arg not in keep]
        self._arguments = keep
        subjects = [arg for arg in mine if arg.role in ("subject", "topic")]
        said = verbs.say(verb, kind, mine, self._adverbs)
        if kind != "link":
            self._adverbs = []
        if kind == "link":
            subjects = []
        others = any(u.tag in ("JKS", "JX") for u in self.units[self._at + 1 :])
        if unit.ending == "connective" and others and self._sentence() and keep:
            self._finish_sentence(said)  # 소녀는 서 있고 강아지는 앉아 있다
        elif unit.ending in ("connective", "adverbial"):
            self._verbs.append(said)
        elif unit.ending == "final":
            self._arguments = subjects
            self._finish_sentence(said)
        elif subjects:
            self._clause = (subjects[-1].noun, " and ".join((*self._verbs, said)))
            self._verbs = []
            if verb in OF_MANY:
                self._clause[0].plural = True
        elif not self._verbs and " " not in said and said.endswith("ing"):
            self._before.append(said)
        else:
            self._after.append(" and ".join((*self._verbs, said)))
            self._verbs = []

    def _finish_sentence(self, said: str) -> None:
        subjects = [arg for arg in self._arguments if arg.role in ("subject", "topic", "object", "bare")]
        places = [arg.place("") for arg in self._arguments if arg.role in ("where", "with")]
        deeds = " and ".join(word for word in (*self._verbs, said) if word)
        self._arguments, self._verbs = [], []
        if self._clause is not None:
            self._said.append(f"{self._clause[0].say()} {self._clause[1]}")
            self._clause = None
        parts = [arg.noun.say() for arg in subjects]
        line = " ".join(part for part in (" and ".join(parts), deeds, *places) if part)
        if line:
            self._said.append(line)

    # looking ahead

    def _next(self) -> Unit | None:
        rest = self.units[self._at + 1 :]
        return rest[0] if rest else None

    def _style_follows(self) -> bool:
        follows = self._next()
        return follows is not None and follows.entry is not None and follows.entry.kind == "style"

    def _upcoming_noun(self) -> bool:
        return any(not self._is_verb(unit) for unit in self.units[self._at + 1 :])

    def _sentence(self) -> bool:
        last = self.units[-1]
        return last.ending == "final"

    @staticmethod
    def _is_verb(unit: Unit) -> bool:
        return bool(unit.ending) or (unit.entry is not None and unit.entry.kind == "adverb")


def say(units: list[Unit]) -> tuple[str, list[str]]:
    """The English of one phrase, and the Korean words that were left out of it.

    Long sentences can lose a word on the way; whatever was understood and is not in what was said follows it.
    """
    phrase = Phrase(units)
    said = articles(phrase.english())
    return ", ".join(part for part in (said, *_lost(units, said)) if part), phrase.unknown


def _lost(units: list[Unit], said: str) -> list[str]:
    """What the units mean that `said` does not say, a word or two each, in their order; verbs keep their objects."""
    here = set(re.findall(r"[\w-]+", said.lower()))
    lost: list[str] = []
    before: list[str] = []
    for unit in units:
        entry = unit.entry
        if entry is None or entry.kind not in _CONTENT or not entry.english:
            continue
        words = [word for word in re.findall(r"[\w-]+", entry.english.lower()) if word not in _SMALL]
        if not words or any(_is_among(word, here) for word in words):
            continue
        here.update(words)
        if entry.kind in ("modifier", "adj"):
            before.append(entry.english)
        else:
            lost.append(" ".join((*before, entry.english)))
            before = []
    return [*lost, " ".join(before)]


def _is_among(word: str, here: set[str]) -> bool:
    """Whether a word is there in one of its forms: leaf and leaves, slow and slowly."""
    return word in here or plural(word) in here or (len(word) > 3 and any(other[:4] == word[:4] for other in here))
