"""The door to translation: a name to something that says Korean in English.

A name is `kiwi-dictionary` (built in, `generation.prompts.translate`: no download, no network, a phrase book), or a
MarianMT or NLLB checkpoint by its folder or hub id (`generation.pipelines.translation`, which imports torch and
transformers): a reader, far better on long sentences. Names come from the operator (TRANSLATOR), never from a
visitor. What was translated, by which translator and into what is recorded with each prompt; a hand may correct it.
"""

from functools import lru_cache
from typing import Protocol

from generation.prompts import translate
from generation.prompts.translate import Translation

BUILT_IN = translate.TRANSLATOR.partition(" ")[0]


class Translator(Protocol):
    name: str

    def to_english(self, text: str) -> Translation:
        """Text without Hangul comes back as it came, with no translator named."""
        ...


class Dictionary:
    name = translate.TRANSLATOR

    def to_english(self, text: str) -> Translation:
        return translate.to_english(text)


@lru_cache(maxsize=2)
def load(name: str = "") -> Translator:
    """The translator of this name, loaded once; ModelMissing or ModelRejected where a checkpoint cannot be used."""
    if not name or name.partition(" ")[0] == BUILT_IN:
        return Dictionary()
    from generation.pipelines.translation import Checkpoint

    return Checkpoint.open(name)
