"""Both languages are whole: every sentence of the pages has its Korean, and what is compiled is what is written."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from tests.support.processes import ROOT

WRITTEN = ROOT / "locale/ko/LC_MESSAGES/django.po"
COMPILED = WRITTEN.with_suffix(".mo")
CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def catalogue() -> dict[str, str]:
    """Korean by English, as the .po file says."""
    found: dict[str, str] = {}
    for block in WRITTEN.read_text().split("\n\n"):
        entry: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if match := re.match(r'(msg\w+(?:\[0\])?) (".*")$', line):
                name, text = match[1], match[2]
                entry[name] = ast.literal_eval(text)
            elif line.startswith('"'):
                entry[name] += ast.literal_eval(line)
        found[entry["msgid"]] = entry.get("msgstr") or entry.get("msgstr[0]", "")
    return found


def sentences() -> Iterator[tuple[str, str]]:
    """(file, English) of everything in the sources that is marked for translation."""
    for file in (ROOT / "templates").rglob("*.html"):
        for call in ast.walk(ast.parse(_as_python(templatize(file.read_text(), origin=str(file))))):
            yield from _marked(file, call)
    for file in (ROOT / "gallery").rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            yield from _marked(file, call)


def _as_python(templatized: str) -> str:
    calls = re.findall(r"\b(?:n?gettext)\((?:u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\")", templatized)
    return "\n".join(f"{call})" for call in calls)


def _marked(file: Path, call: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in CALLS and call.args:
        words = call.args[0]
        if isinstance(words, ast.Constant) and isinstance(words.value, str):
            yield str(file.relative_to(ROOT)), words.value


def test_every_sentence_has_its_korean() -> None:
    korean = catalogue()
    found = list(sentences())
    assert len(found) > 200
    assert [(file, words) for file, words in found if not korean.get(words)] == []


def test_no_translation_is_guessed_left_over_or_without_its_placeholders() -> None:
    text = WRITTEN.read_text()
    assert "fuzzy" not in text
    assert "#~" not in text
    korean = catalogue()
    wanted = {words for _, words in sentences()}
    assert set(korean) - wanted == {""}
    for english, translated in korean.items():
        if english:
            missing = set(PLACEHOLDER.findall(translated)) ^ set(PLACEHOLDER.findall(english))
            assert not missing, (english, translated)


def test_compiled_catalogue_is_the_written_one() -> None:
    with COMPILED.open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for english, translated in catalogue().items():
        if english:
            assert translated in (compiled.gettext(english), compiled.ngettext(english, english, 1))
