"""Whether the bytes are there that the rows of a database name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from minting.errors import MintingError
from minting.ipfs.store import BlockStore

BATCH = 2000


def lacking(link: "psycopg.Connection[Any]", store: Path, pictures: Path) -> Iterator[str]:
    """Each pinned tree and each picture that a row names and that is not whole below these folders."""
    blocks = BlockStore(store)
    for (cid,) in _every(link, "SELECT DISTINCT cid FROM minting_pin ORDER BY cid"):
        try:
            gone = blocks.missing(cid, hash_leaves=False)
        except MintingError as error:
            gone = [str(error)]
        if gone:
            yield f"ipfs://{cid}"
    for sha256, mime in _every(
        link,
        "SELECT sha256, mime FROM generation_image WHERE emptied_at IS NULL "  # of the others the file was deleted
        "UNION SELECT sha256, mime FROM generation_credential ORDER BY 1",
    ):
        if not (pictures / sha256[:2] / f"{sha256}.{mime.removeprefix('image/')}").is_file():
            yield f"picture {sha256}"


def _every(link: "psycopg.Connection[Any]", query: LiteralString) -> Iterator[tuple[Any, ...]]:
    with link.cursor(name="every") as cursor:
        cursor.itersize = BATCH
        cursor.execute(query)
        yield from cursor
