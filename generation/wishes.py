"""From what an artist asks to what a model reads: wildcards written out, weights, translation, presets, corrections.

Pure reading: nothing here writes a row. Every step that changed the words leaves a notice, so that the page and the
prompt's row can say it: `weights_stripped`, `corrected` (a hand changed the translation), `words_left_out`.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.conf import settings

from generation.errors import TooMany
from generation.pipelines.base import ModelCard
from generation.prompts import language, presets, translators, weights, wildcards
from generation.recipe import Source

PICTURES_PER_PROMPT = 9
PICTURES_PER_WISH = 36


@dataclass(frozen=True)
class Wish:
    """What was asked. `english` is the translation as a hand corrected it; `seeds` empty means `count` by chance.

    With `source`, the picture `image_id` is worked over by these words; without, a new one is painted.
    """

    text: str
    negative_text: str = ""
    presets: tuple[str, ...] = ()
    english: str = ""
    seeds: tuple[int, ...] = ()
    count: int = 1
    image_id: str = ""
    source: Source | None = None

    def digest(self) -> str:
        """The same for the same wish: a repeated request with another one is refused by it."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Reading:
    """One prompt of a wish. `translated` is what the translator said; `english` what the model is given."""

    text: str
    language: str
    translated: str
    english: str
    translator: str
    unknown: tuple[str, ...]
    negative_english: str
    notices: tuple[str, ...]


def pictures(wish: Wish) -> int:
    """How many pictures this wish stands for; counted without writing them out."""
    return wildcards.count(wish.text) * (len(wish.seeds) or wish.count)


def read(wish: Wish, card: ModelCard) -> list[Reading]:
    """One reading per combination of wildcards; TooMany with the counts when they are too many."""
    each = len(wish.seeds) or wish.count
    if not 1 <= each <= PICTURES_PER_PROMPT:
        raise TooMany(f"One prompt makes 1 to {PICTURES_PER_PROMPT} pictures.")
    texts = wildcards.combinations(wish.text, PICTURES_PER_WISH)
    if len(texts) * each > PICTURES_PER_WISH:
        raise TooMany(
            f"{len(texts)} prompts of {each} pictures make {len(texts) * each}; at most {PICTURES_PER_WISH} at once.",
            next_step=f"Ask for at most {PICTURES_PER_WISH // len(texts)} of each.",
        )
    if wish.english and len(texts) > 1:
        raise TooMany("A translation can be corrected for one prompt at a time, without wildcards.")
    chosen = presets.choose(wish.presets)
    negative = _english(wish.negative_text, card)
    return [_read(text, wish, card, chosen, negative.said) for text in texts]


@dataclass(frozen=True)
class _Said:
    said: str
    translator: str
    unknown: tuple[str, ...]
    stripped: bool


def _read(text: str, wish: Wish, card: ModelCard, chosen: Sequence[presets.Preset], negative_english: str) -> Reading:
    made = _english(text, card)
    notices = ["weights_stripped"] * made.stripped
    english = made.said
    if wish.english and wish.english != made.said:
        notices.append("corrected")
        english = wish.english if card.takes_weights else weights.strip(wish.english)
    elif made.unknown:
        notices.append("words_left_out")
    return Reading(
        text, language.detect(text), made.said, presets.add(english, chosen) if english else "", made.translator,
        made.unknown, negative_english, tuple(notices),
    )  # fmt: skip


def _english(text: str, card: ModelCard) -> _Said:
    parts = weights.pieces(text)
    weighted = [part for part in parts if part.weight != 1]
    translator = translators.load(settings.TRANSLATOR)
    done = translator.to_english(weights.strip(text))
    if not weighted:
        return _Said(done.english, done.translator, done.unknown, stripped=weights.has_any(text))
    if not card.takes_weights:
        return _Said(done.english, done.translator, done.unknown, stripped=True)
    if not done.translator:
        return _Said(text, "", (), stripped=False)
    said = [weights.Piece(translator.to_english(part.text).english, part.weight) for part in weighted]
    english = weights.carry_over([part for part in said if part.text], done.english)
    return _Said(english, done.translator, done.unknown, stripped=False)
