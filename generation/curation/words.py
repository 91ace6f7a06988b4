"""Finding pictures by the words of their prompts, in Korean and English, with what every PostgreSQL has.

English words are found by their stem and by how they begin. Korean has no stemmer in PostgreSQL, and its words carry
endings; each run of Hangul is indexed by its pairs of syllables, as search engines do where words are not parted
(Lucene's CJKBigramFilter), so that 배 finds 배는 and 고양이 finds 고양이가. A Korean query is looked for in English
too, translated as prompts are, so that it finds pictures which were asked for in English.
"""

import re
from functools import reduce
from operator import and_, or_
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQuery, SearchQueryCombinable, SearchQueryField, SearchVectorField
from django.db.models import Func, TextField, Value

from generation.models import Prompt
from generation.prompts import language, translators

TERMS_MAX = 12
_WORD = re.compile(r"[가-힣]+|[^\W_가-힣]+")


def index(prompt: Prompt | None) -> Any:
    """The expression for Image.words."""
    texts = [prompt.text, prompt.text_en] if prompt else []
    terms = sorted({term for text in texts for word in _WORD.findall(text.lower()) for term in _terms(word)})
    stems = Func(Value(texts[-1] if texts else ""), template="to_tsvector('english', %(expressions)s)")
    plain = Func(Value(terms, output_field=ArrayField(TextField())), function="array_to_tsvector")
    return Func(stems, plain, template="%(expressions)s", arg_joiner=" || ", output_field=SearchVectorField())


def query(text: str) -> Any:
    """What `Image.words` is compared with; None where the text has no word."""
    asked = _all_of(text)
    if asked is None or language.detect(text) != "ko":
        return asked
    english = translators.load(settings.TRANSLATOR).to_english(text).english
    translated = _all_of(english)
    return asked if translated is None else or_(asked, translated)


class _Lexemes(SearchQueryCombinable, Func):  # type: ignore[misc]
    """A tsquery that no parser of the database has touched."""

    template = "%(expressions)s::tsquery"
    output_field = SearchQueryField()
    config = None

    def __init__(self, text: str) -> None:
        super().__init__(Value(text))


def _all_of(text: str) -> Any:
    words = _WORD.findall(text.lower())[:TERMS_MAX]
    return reduce(and_, map(_one, words)) if words else None


def _one(word: str) -> Any:
    if not language.is_hangul(word[0]):
        return _Lexemes(f"'{word}':*") | SearchQuery(word, config="english")
    if len(word) == 1:
        return _Lexemes(f"'{word}':*")
    return _Lexemes(" & ".join(f"'{pair}'" for pair in _pairs(word)))


def _terms(word: str) -> list[str]:
    """What a word is indexed by: itself in Latin letters; in Hangul its pairs and its last syllable."""
    return [*_pairs(word), word[-1]] if language.is_hangul(word[0]) else [word[:60]]


def _pairs(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(len(word) - 1)]
