"""Korean text cut into the pieces that `phrase` puts together: words of the dictionary, particles, endings.

Kiwi (kiwipiepy, its model comes from PyPI with it) gives morphemes; runs of them are looked up in the dictionary,
longest first, so 빨간 지붕 is two words and 한옥 마을 is one. Tags are those of the Sejong corpus as Kiwi writes
them: N noun, V verb and adjective, J particle, E ending, X affix. https://github.com/bab2min/kiwipiepy

Loading Kiwi takes 3 s and 0.5 GB once per process, at the first Korean prompt; a prompt then takes milliseconds.
"""

import threading
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from generation.prompts import dictionary
from generation.prompts.dictionary import Entry
from generation.prompts.language import is_hangul

Ending = Literal["", "adnominal", "connective", "adverbial", "final"]

_LONGEST = 8
_SILENT = ("JKS", "JKO", "JX")
# fmt: off
_COUNTERS = frozenset((
    "마리", "명", "개", "송이", "그루", "대", "채", "권", "잔", "척", "쌍", "켤레", "장", "점", "병", "사람", "분",
    "자루", "조각", "줄기", "포기", "접시", "그릇", "방울",
))
# fmt: on
_NOUNS = ("판다",)  # which Kiwi takes for a verb: here it is an animal, and nobody sells
_EMPTY = frozenset(("하", "되", "있", "이", "지", "주", "보", "않", "아니", "없"))
_lock = threading.Lock()


@dataclass(frozen=True)
class Unit:
    """One word with what hangs on it. `particle` is the Sejong form (을, 의, …) with its tag in `tag`."""

    korean: str
    entry: Entry | None
    particle: str = ""
    tag: str = ""
    ending: Ending = ""
    plural: bool = False


@cache
def _kiwi() -> Any:
    from kiwipiepy import Kiwi  # three seconds, which a process that sees English alone never pays

    # Without its names of many words, to which 검은 튤립 is a book.
    kiwi = Kiwi(num_workers=1, load_multi_dict=False)
    for noun in _NOUNS:
        kiwi.add_user_word(noun, "NNG")
    return kiwi


def units(phrase: str) -> list[Unit]:
    """The words of one phrase (no commas in it) in their order. Words that nothing is known of have no entry."""
    with _lock:
        tokens = [token for token in _kiwi().tokenize(phrase) if token.tag not in ("SP", "SF", "SSO", "SSC", "SE")]
    found: list[Unit] = []
    at = 0
    while at < len(tokens):
        at = _word(phrase, tokens, at, found)
    return found


def _word(phrase: str, tokens: list[Any], at: int, found: list[Unit]) -> int:
    first = tokens[at]
    year = first.tag == "SN" and at + 1 < len(tokens) and tokens[at + 1].tag == "SL"  # 1980s, 3d
    if first.tag in ("SL", "SH") or (year and tokens[at + 1].start == first.end):
        last = at
        while last + 1 < len(tokens) and tokens[last + 1].tag in ("SL", "SH", "SN", "SO", "SW", "SY"):
            last += 1
        latin = phrase[first.start : tokens[last].end]
        known = dictionary.load().get(latin)
        return _noun(tokens, last + 1, found, latin, known or Entry(latin, "latin"))
    if first.tag == "SN":
        return _number(tokens, at + 1, found, Entry(first.form, "number"))
    for last in range(min(len(tokens), at + _LONGEST) - 1, at - 1, -1):
        entry, korean = _look_up(phrase, tokens, at, last)
        if entry is None:
            continue
        if entry.kind == "number" and first.tag in ("MM", "NR"):
            return _number(tokens, last + 1, found, entry)
        if tokens[last].tag[0] == "V" or tokens[last].tag in ("XSV", "XSA"):
            return _verb(tokens, last + 1, found, korean, entry)
        return _noun(tokens, last + 1, found, korean, entry)
    return _unknown(phrase, tokens, at, found)


def _look_up(phrase: str, tokens: list[Any], at: int, last: int) -> tuple[Entry | None, str]:
    words = dictionary.load()
    run = tokens[at : last + 1]
    tail = run[-1].tag
    if tail in _SILENT or (tail[0] == "J" and at == last):
        return None, ""
    verb = tail[0] == "V" or tail in ("XSV", "XSA")
    spoken = "".join(t.form for t in run if t.tag not in _SILENT) + ("다" if verb else "")
    entry = words.get(spoken)
    if entry is not None and not (verb and at == last and run[0].tag == "VX"):
        if verb or not spoken.endswith("다") or tail[0] == "N":
            return entry, spoken
        return None, ""
    whole = last + 1 == len(tokens) or tokens[last + 1].start >= run[-1].end
    surface = phrase[run[0].start : run[-1].end].replace(" ", "")
    if whole and tail[0] in "NX" and len(surface) > 1 and surface in words:
        return words[surface], surface
    return None, ""


def _number(tokens: list[Any], at: int, found: list[Unit], entry: Entry) -> int:
    counted = at < len(tokens) and (tokens[at].tag == "NNB" or tokens[at].form in _COUNTERS)
    korean = tokens[at - 1].form
    return _noun(tokens, at + counted, found, korean, Entry(entry.english, "number"))


def _noun(tokens: list[Any], at: int, found: list[Unit], korean: str, entry: Entry | None) -> int:
    plural = False
    particle = tag = ""
    ending: Ending = ""
    while at < len(tokens):
        token = tokens[at]
        if token.tag == "XSN" and token.form == "들":
            plural = True
        elif token.tag[0] == "J" and not _begins_link(tokens, at):
            if token.tag != "JX" or not tag:
                particle, tag = token.form, token.tag
        elif token.tag == "VCP" and at + 1 < len(tokens) and tokens[at + 1].tag == "ETM":
            at += 2
            ending = "adnominal"
            continue
        elif token.tag not in ("VCP", "EF"):
            break
        at += 1
    found.append(Unit(korean, entry, particle, tag, ending, plural))
    return at


def _begins_link(tokens: list[Any], at: int) -> bool:
    """로 만들, 으로 가득하: the particle belongs to the verb after it when the dictionary knows the two together."""
    words = dictionary.load()
    for last in range(at + 1, min(at + 4, len(tokens))):
        if tokens[last].tag[0] == "V" or tokens[last].tag in ("XSV", "XSA"):
            spoken = "".join(t.form for t in tokens[at : last + 1] if t.tag not in _SILENT) + "다"
            return tokens[at].tag not in _SILENT and spoken in words
    return False


def _verb(tokens: list[Any], at: int, found: list[Unit], korean: str, entry: Entry | None) -> int:
    ending: Ending = "final"
    while at < len(tokens):
        tag, form = tokens[at].tag, tokens[at].form
        follows = tokens[at + 1] if at + 1 < len(tokens) else None
        if tag == "EP":
            at += 1
        elif tag == "EC" and follows is not None and (follows.tag[:2] == "VX" or follows.form in ("있", "계시")):
            at += 2
        elif tag == "EC":
            ending = "adverbial" if form in ("게", "도록") else "connective" if follows is not None else "final"
            at += 1
            break
        elif tag == "ETM":
            ending = "adnominal"
            at += 1
            if at < len(tokens) and tokens[at].tag == "NNB" and tokens[at].form == "채":
                ending = "connective"
                at += 1
            break
        elif tag in ("EF", "ETN"):
            at += 1
            break
        else:
            break
    while at < len(tokens) and (tokens[at].tag[0] == "J" and ending in ("final", "connective")):
        at += 1
    found.append(Unit(korean, entry, ending=ending))
    return at


def _unknown(phrase: str, tokens: list[Any], at: int, found: list[Unit]) -> int:
    token = tokens[at]
    if token.tag in ("NNG", "NNP"):
        parts = _split(token.form)
        found += [Unit(part, dictionary.load()[part]) for part in parts[:-1]]
        if parts:
            return _noun(tokens, at + 1, found, parts[-1], dictionary.load()[parts[-1]])
    verbal = at + 1
    if token.tag in ("NNG", "XR", "MAG") and verbal < len(tokens) and tokens[verbal].tag in ("XSV", "XSA"):
        return _verb(tokens, verbal + 1, found, token.form + tokens[verbal].form + "다", None)
    if token.tag[0] == "V":
        if token.form in _EMPTY or token.tag in ("VX", "VCP", "VCN"):
            return _verb(tokens, at + 1, found, "", Entry("", "drop"))
        return _verb(tokens, at + 1, found, token.form + "다", None)
    if token.tag in ("NNG", "NNP", "XR", "MAG", "MM", "NR", "UN"):
        return _noun(tokens, at + 1, found, token.form, None)
    if token.tag[0] in "WS" and not any(map(is_hangul, phrase[token.start : token.end])):
        found.append(Unit(token.form, Entry(phrase[token.start : token.end], "latin")))
    return at + 1


def _split(form: str) -> list[str]:
    """A noun that is not in the dictionary as the fewest of its words, longest first; empty when none fits."""
    words = dictionary.load()
    for cut in range(len(form) - 1, 0, -1):
        if form[:cut] in words and len(form[:cut]) > 1:
            rest = form[cut:]
            tail = [rest] if rest in words else _split(rest)
            if tail:
                return [form[:cut], *tail]
    return []
