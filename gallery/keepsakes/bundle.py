"""A work to take home: everything that proves it and shows it, in one ZIP that needs neither this site nor a network.

    index.html, index.ko.html   the page, which opens from the folder
    picture.png, panels/1.png   the very bytes that the token's metadata names, and the panels at full size
    metadata.json               the very bytes that the contract names
    credentials.c2pa            the picture's content credentials as a file of their own; they are in it as well
    work.car                    the same bytes as an IPFS archive, to be imported into any node
    bundle.json                 each file with its hashes, and what the chain said of the token
    prompts.json                words that the artist kept and has opened since, with their salts
    verify.py, LICENCE.txt      the proof, with Python alone; the licence

Every picture is read from the content store by the address that the metadata gives it, and hashed again on the way.
Who may have it, rights.py says ("take_home").
"""

import json
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from gallery import catalogue, prompts, works
from gallery.context import CHAIN_LOCAL
from gallery.keepsakes import zipped
from gallery.keepsakes.zipped import Entry, Written
from gallery.models import Work
from minting import api as minting

VERSION = 1
PAGES = (("en", "index.html"), ("ko", "index.ko.html"))
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


def stream(work: Work) -> Iterator[bytes]:
    """The ZIP of a submitted or published work, from `catalogue.work`; BlockMissing before its first byte."""
    document, told = metadata(work), facts(work)
    files = entries(work, document)
    return zipped.stream(folder(work), chain(_pages(work, document, told), files), partial(list_of, work, told))


def folder(work: Work) -> str:
    """The name of the bundle's folder, and of the ZIP before its ending."""
    return f"ninefold-{work.number}"


def metadata(work: Work) -> dict[str, Any]:
    """The token's document, as it is kept."""
    document: dict[str, Any] = json.loads(b"".join(minting.read(work.metadata_cid)))
    return document


def roots(work: Work, document: dict[str, Any]) -> list[str]:
    """The document first, then every file that it names."""
    return [work.metadata_cid, *named(work, document).values()]


def named(work: Work, document: dict[str, Any]) -> dict[str, str]:
    """CIDs by path of the pictures that the document names: the picture itself, its panels, earlier steps."""
    lineage = document["ninefold"]["lineage"]
    kept = {step["image_sha256"]: step["image"].removeprefix("ipfs://") for step in lineage if "image" in step}
    panels = lineage[-1].get("parents_sha256", []) if lineage[-1]["step"] == "compose" else []
    wanted = [(f"picture.{ENDINGS[work.master.mime]}", work.image_cid)]
    wanted += [(path, uri.removeprefix("ipfs://")) for path, uri in _small(document) if uri]
    wanted += [(f"panels/{number}.png", kept[sha256]) for number, sha256 in enumerate(panels, 1) if sha256 in kept]
    wanted += [(f"steps/{number}.png", cid) for number, cid in enumerate(kept.values(), 1)]
    found: dict[str, str] = {}
    for path, cid in wanted:
        if cid not in found.values():
            found[path] = cid
    return found


def _small(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("preview.webp", document.get("image_preview", "")),
        ("credentials.c2pa", document["ninefold"].get("manifest", "")),
    ]


def entries(work: Work, document: dict[str, Any]) -> Iterator[Entry]:
    """Everything but the pages and the list; BlockMissing at once where the store lacks a part of it."""
    archive = minting.archive(roots(work, document))
    proof: tuple[Entry, ...] = (
        Entry("metadata.json", partial(minting.read, work.metadata_cid), work.metadata_cid),
        Entry("work.car", lambda: archive),
        Entry("verify.py", partial(iter, [minting.verifier_path().read_bytes()])),
        Entry("LICENCE.txt", partial(iter, [_licence(work).encode()])),
    )
    opened = prompts.opened(work)
    if opened:
        told = json.dumps(opened, ensure_ascii=False, indent=1).encode()
        proof = (*proof, Entry("prompts.json", partial(iter, [told])))
    return chain((Entry(path, partial(minting.read, cid), cid) for path, cid in named(work, document).items()), proof)


def _pages(work: Work, document: dict[str, Any], told: dict[str, Any]) -> Iterator[Entry]:
    pictures = list(named(work, document))
    for language, path in PAGES:
        page = _page(work, told, pictures, language)
        yield Entry(path, partial(iter, [page.encode()]))


def _page(work: Work, told: dict[str, Any], pictures: list[str], language: str) -> str:
    other_pages = [page for page in PAGES if page[0] != language]
    with translation.override(language):
        return render_to_string(
            "keepsakes/work.html",
            {**shown(work, told, pictures), "language": language, "other_pages": other_pages},
        )


def shown(work: Work, told: dict[str, Any], pictures: list[str]) -> dict[str, Any]:
    """What a page of the work needs to know; `pictures` are the paths of `named`, the picture itself first."""
    stages = catalogue.way(work.master)
    return {
        "work": work,
        "stages": stages,
        "prompts": prompts.told(work, stages),
        "facts": told,
        "picture": pictures[0],
        "panels": [path for path in pictures if path.rpartition("/")[0].endswith("panels")],
        "steps": [path for path in pictures if path.rpartition("/")[0].endswith("steps")],
        "local_chain": settings.CHAIN_ID == CHAIN_LOCAL,
    }


def _licence(work: Work) -> str:
    return (
        f"“{work.title}” by {work.artist.name}\n{work.get_licence_display()} ({work.licence})\n{work.licence_url}\n\n"
        "The words at that address are the licence. It was chosen by the artist and stands in metadata.json, which "
        "the token's contract names by its hash.\n"
    )


def facts(work: Work) -> dict[str, Any]:
    """What this site read from the chain, in words and whole numbers; amounts of wei as text."""
    known, current = catalogue.provenance(work), catalogue.chain()
    token = {
        "chain_id": settings.CHAIN_ID,
        "contract": current.token if current else "",
        "market": known.sale.contract if known.sale else current.market if current else "",  # where it was sold
        "token_id": str(works.token_id(work)),
        "minted": known.token is not None,
        "owner": known.token.owner if known.token else "",
    }
    told: dict[str, Any] = {"token": token, "provisional": known.provisional}
    if known.sale:
        given = [known.donation] if known.donation else []
        told["sale"] = {
            "transaction": known.sale.log.transaction_hash,
            "block": known.sale.log.block.number,
            "buyer": known.sale.buyer,
            "price_wei": str(int(known.sale.price_wei)),
            "donations": [{"beneficiary": one.beneficiary, "amount_wei": str(int(one.amount_wei))} for one in given],
        }
    return told


def list_of(work: Work, told: dict[str, Any], written: list[Written]) -> Entry:
    """The bundle's list, from what was written before it."""
    listed = {
        "version": VERSION,
        "made_at": timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "site": settings.SITE_URL,
        "work": {"id": str(work.id), "title": work.title, "artist": work.artist.name, "licence": work.licence},
        "metadata_cid": work.metadata_cid,
        "image_cid": work.image_cid,
        **told,
        "files": [said_of(one) for one in written],
    }
    return Entry("bundle.json", partial(iter, [json.dumps(listed, ensure_ascii=False, indent=1).encode()]))


def said_of(one: Written) -> dict[str, Any]:
    listed = {"path": one.path, "size_bytes": one.size_bytes, "sha256": one.sha256}
    return {**listed, "cid": one.cid} if one.cid else listed
