"""The address of a file or folder on a disk, computed without keeping anything of it.

What `BlockStore.put_tree` would answer and any IPFS node computes; read once, a chunk at a time. Refuses links and
devices, and names that could not be a file's.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from minting.errors import NameRefused
from minting.ipfs import cid as cids
from minting.ipfs import folders, unixfs


def of_path(path: Path) -> str:
    """The CID of a file, or of a folder with all that is in it; NameRefused."""
    return _of(path)[0]


def _of(path: Path) -> tuple[str, int]:
    """(CID, bytes of the tree)."""
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        raise NameRefused(f"{path} is neither a file nor a folder.")
    if path.is_file():
        return _of_file(path)
    found = sorted(os.scandir(path), key=lambda entry: entry.name)
    return folders.build({entry.name: _of(Path(entry.path)) for entry in found}, cids.of_block)


def _of_file(path: Path) -> tuple[str, int]:
    inner_bytes = leaf_bytes = 0

    def write(block: bytes, codec: int) -> str:
        nonlocal inner_bytes
        inner_bytes += len(block)
        return cids.of_block(block, codec)

    builder = unixfs.Builder(write)
    with path.open("rb") as file:
        for chunk in _chunks(file):
            leaf_bytes += len(chunk)
            builder.leaf(cids.of_block(chunk, cids.RAW), len(chunk))
    return builder.root(), inner_bytes + leaf_bytes


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    chunk = file.read(cids.CHUNK_BYTES)
    yield chunk  # an empty file is one empty leaf
    while chunk := file.read(cids.CHUNK_BYTES):
        yield chunk
