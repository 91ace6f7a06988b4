"""An exhibition as a folder: pages, pictures, ledger and archives that need neither this site nor a network.

    index.html, index.ko.html          the exhibition: essay, wall texts, works in order
    work-3.html, work-3.ko.html        each work: how it was made, what the chain says, how to check it
    ledger.html, ledger.ko.html        what its works gave, sale by sale; ledger.json says the same
    works/3/                           the work as it is taken home: the very bytes, work.car, bundle.json, verify.py
    style/, verify.py                  the site's own styles and faces; the program that checks all of it
    exhibition.json                    what hangs, and each file with size, SHA-256 and CID

Every link is relative and names a file, so that the folder opens by file://, from any web server and from IPFS under
its own address. Holds published works alone, which anyone may look at; nothing in it runs a script.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from gallery import catalogue, donations
from gallery.context import CHAIN_LOCAL
from gallery.keepsakes import bundle, typefaces
from gallery.keepsakes import folder as folders
from gallery.keepsakes.zipped import Entry, Written
from gallery.models import Exhibition, Work
from minting import api as minting

VERSION = 1
LANGUAGES = (("en", ""), ("ko", ".ko"))


@dataclass(frozen=True)
class Hung:
    """A work on a wall of the copy: how it stands, its document, its facts, its pictures' paths in the folder."""

    shown: catalogue.Shown
    work: Work
    document: dict[str, Any]
    told: dict[str, Any]
    pictures: list[str]

    @property
    def home(self) -> str:
        return f"works/{self.work.number}"

    @property
    def preview(self) -> str:
        return next((path for path in self.pictures if path.endswith("preview.webp")), self.pictures[0])


def write(exhibition: Exhibition, out: Path) -> str:
    """Write the folder; its own CID. FolderRefused or BlockMissing, and then there is no folder."""
    hung = [_hung(shown) for shown in catalogue.hung(exhibition)]
    with folders.whole(out) as draft:
        written = [file for one in hung for file in _take_home(draft, one)]
        pages = dict(_pages(exhibition, hung))
        faces = typefaces.entries("style", set("".join(pages.values())))
        texts = (Entry(path, partial(iter, [text.encode()])) for path, text in pages.items())
        rest = (_ledger(exhibition), Entry("verify.py", partial(iter, [minting.verifier_path().read_bytes()])))
        written += [folders.put(draft, entry) for entry in chain(texts, faces, rest)]
        folders.put(draft, _list_of(exhibition, hung, written))
        return minting.address_of_folder(draft)


def _hung(shown: catalogue.Shown) -> Hung:
    work = catalogue.work(shown.work.id)
    document = bundle.metadata(work)
    pictures = [f"works/{work.number}/{path}" for path in bundle.named(work, document)]
    return Hung(shown, work, document, bundle.facts(work), pictures)


def _take_home(draft: Path, one: Hung) -> list[Written]:
    """One work's folder, its list last; what was written, by its path in the whole."""
    home = draft / one.home
    written = [folders.put(home, entry) for entry in bundle.entries(one.work, one.document)]
    written.append(folders.put(home, bundle.list_of(one.work, one.told, written)))
    return [replace(file, path=f"{one.home}/{file.path}") for file in written]


def _pages(exhibition: Exhibition, hung: list[Hung]) -> Iterator[tuple[str, str]]:
    given = donations.of_exhibition(exhibition)
    always = {
        "exhibition": exhibition,
        "site_url": settings.SITE_URL if settings.SITE_URL.startswith("https://") else "",
        "local_chain": settings.CHAIN_ID == CHAIN_LOCAL,
        "chain": catalogue.chain(),
        "sheets": typefaces.SHEETS,
    }
    rooms: list[tuple[str, str, dict[str, Any]]] = [
        ("index", "exhibition", {"hung": hung}),
        ("ledger", "ledger", {"given": given, "total_wei": sum(one.donation.amount_wei for one in given)}),
    ]
    for one in hung:
        shown = bundle.shown(one.work, one.told, one.pictures)
        rooms.append((f"work-{one.work.number}", "work", {**shown, "one": one, "shown": one.shown}))
    for language, ending in LANGUAGES:
        for name, template, context in rooms:
            with translation.override(language):
                others = [(code, f"{name}{end}.html") for code, end in LANGUAGES if code != language]
                here = {"language": language, "ending": ending, "other_pages": others, "room": template}
                text = render_to_string(f"keepsakes/exhibition/{template}.html", {**always, **here, **context})
                yield f"{name}{ending}.html", text


def _ledger(exhibition: Exhibition) -> Entry:
    rows = [donations.facts(given) for given in donations.of_exhibition(exhibition)]
    said = {"chain_id": settings.CHAIN_ID, "head": catalogue.head(), "donations": rows}
    return _json("ledger.json", said)


def _list_of(exhibition: Exhibition, hung: list[Hung], written: list[Written]) -> Entry:
    works = [
        {
            "number": one.work.number, "title": one.work.title, "artist": one.work.artist.name,
            "licence": one.work.licence, "folder": one.home, "cids": one.work.cids, **one.told,
        }
        for one in hung
    ]  # fmt: skip
    said = {
        "version": VERSION,
        "made_at": timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "site": settings.SITE_URL,
        "exhibition": {"slug": exhibition.slug, "title": exhibition.title, "curator": exhibition.curator.name},
        "works": works,
        "files": [bundle.said_of(one) for one in written],
    }
    return _json("exhibition.json", said)


def _json(path: str, said: dict[str, Any]) -> Entry:
    return Entry(path, partial(iter, [json.dumps(said, ensure_ascii=False, indent=1).encode()]))
