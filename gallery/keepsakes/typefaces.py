"""Styles and faces for pages that leave the site: the site's own, with the Korean characters that are used alone.

The Korean face comes in 96 pieces by range of characters, six megabytes in all; a folder gets those that its pages
need. Reference: CSS Fonts 4, unicode-range.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from django.contrib.staticfiles import finders

from gallery.keepsakes.zipped import Entry

SHEETS = ("fonts.css", "korean.css", "ninefold.css")
_FACE = re.compile(r"@font-face\s*{[^}]*}")
_FILE = re.compile(r"url\(([^)]*\.woff2)\)")
_RANGE = re.compile(r"unicode-range:([^;]*);")


def entries(folder: str, characters: set[str]) -> Iterator[Entry]:
    """Everything below `folder` that SHEETS and the faces they name come to."""
    latin = _text("css/fonts.css")
    for name in re.findall(r'url\("\.\./(newsreader/files/[^"]+)"\)', latin):
        yield _file(f"{folder}/{name}", name)
    yield _words(f"{folder}/css/fonts.css", latin)
    faces = [face for face in _FACE.findall(_text("gowun-batang/400.css")) if _shows(face, characters)]
    for face in faces:
        for name in _FILE.findall(face):
            source = f"gowun-batang/{name.removeprefix('./')}"
            yield _file(f"{folder}/{source}", source)
    korean = "\n".join(re.sub(r"src:[^;]*;", _one_source, face) for face in faces)
    yield _words(f"{folder}/css/korean.css", korean + "\n")
    yield _words(f"{folder}/css/ninefold.css", _text("css/ninefold.css"))
    yield _file(f"{folder}/favicon.svg", "favicon.svg")


def _one_source(source: re.Match[str]) -> str:
    name = _FILE.findall(source[0])[0].removeprefix("./")
    return f'src: url("../gowun-batang/{name}") format("woff2");'


def _shows(face: str, characters: set[str]) -> bool:
    ranges = [part.strip()[2:].split("-") for part in _RANGE.findall(face)[0].split(",")]
    return any(int(part[0], 16) <= ord(sign) <= int(part[-1], 16) for part in ranges for sign in characters)


def _text(name: str) -> str:
    return _path(name).read_text()


def _path(name: str) -> Path:
    found = finders.find(name)
    if not found:
        raise FileNotFoundError(f"{name} is not among the site's own files; run `make env`.")
    return Path(found)


def _file(path: str, source: str) -> Entry:
    return Entry(path, lambda: iter([_path(source).read_bytes()]))


def _words(path: str, text: str) -> Entry:
    return Entry(path, partial(iter, [text.encode()]))
