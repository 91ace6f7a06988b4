"""The content store of this machine: blocks on disk under their addresses.

A block is written to a temporary file, flushed to the disk and renamed, so that it is there whole or not at all; the
root of a file is written after everything below it. Every block is hashed again when it is read: the store never
hands out changed bytes. Writing what is there already changes nothing, and writing over a changed block mends it.
Knows no row and no network. Never deletes.
"""

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings

from minting.errors import BlockMissing, CorruptBlock, MintingError, StoreFull, WrongCid
from minting.ipfs import cid as cids
from minting.ipfs import unixfs

BLOCK_BYTES_MAX: Final = 2 * 1024**2  # what other nodes accept at most
DEPTH_MAX: Final = 8  # 174^8 leaves; a deeper tree was made to harm
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class BlockStore:
    """Blocks below `root`, in folders by the last two letters before the last of their CID."""

    def __init__(self, root: Path) -> None:
        self.root = root

    # --- Writing ---

    def put_bytes(self, data: bytes) -> str:
        """Keep a file with these bytes; its CID. Harmless when repeated."""
        return self._put(iter([data[at : at + cids.CHUNK_BYTES] for at in range(0, len(data), cids.CHUNK_BYTES)]))

    def put_file(self, path: str | Path) -> str:
        """Keep the file at `path`, reading it once; its CID. Harmless when repeated."""
        with open(path, "rb") as file:
            return self._put(iter(lambda: file.read(cids.CHUNK_BYTES), b""))

    def put_block(self, block: bytes, codec: int) -> str:
        """Keep one block as it is; its CID. StoreFull when the disk has no room for it."""
        cid = cids.of_block(block, codec)
        with contextlib.suppress(BlockMissing, CorruptBlock):
            self.block(cid)
            return cid
        try:
            self._write(self._path(cid), block)
        except OSError as error:
            if error.errno in _FULL:
                raise StoreFull(
                    f"The disk of the content store has no room for {len(block):,} more bytes; nothing half was left."
                ) from error
            raise
        return cid

    def _put(self, chunks: Iterator[bytes]) -> str:
        """Splits and hashes here, and compares the root with the one of cid.py, which splits on its own."""
        twin = cids.hasher()
        builder = unixfs.Builder(self.put_block)
        chunk = next(chunks, b"")
        while True:
            twin.update(chunk)
            builder.leaf(self.put_block(chunk, cids.RAW), len(chunk))
            following = next(chunks, b"")
            if not following:
                break
            chunk = following
        root, expected = builder.root(), twin.finalize()
        if root != expected:
            raise WrongCid(f"The store made {root} of bytes whose address is {expected}.")
        return root

    def _write(self, path: Path, block: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(block)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    # --- Reading ---

    def has(self, cid: str) -> bool:
        """Whether the block is on disk; says nothing of its children or of changed bytes."""
        return self._path(cid).is_file()

    def block(self, cid: str) -> bytes:
        """One block, hashed again; BlockMissing or CorruptBlock."""
        try:
            data = self._path(cid).read_bytes()
        except FileNotFoundError:
            raise BlockMissing(f"The block {cids.parse(cid)} is not in the content store.") from None
        if hashlib.sha256(data).digest() != cids.digest32(cid):
            raise CorruptBlock(f"The bytes stored under {cids.parse(cid)} have changed.")
        return data

    def size(self, cid: str) -> int:
        """Bytes of the file that `cid` names."""
        block = self.block(cid)
        return len(block) if cids.is_raw(cid) else unixfs.decode(block).size

    def read(self, cid: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The file's bytes from `start` up to before `stop`, block by block; no block outside is opened."""
        return self._read(cid, start, self.size(cid) if stop is None else stop, 0)

    def _read(self, cid: str, start: int, stop: int, depth: int) -> Iterator[bytes]:
        block = self.block(cid)
        if cids.is_raw(cid):
            yield block[start:stop]
            return
        _check_depth(depth)
        node = unixfs.decode(block)
        if node.inline[start:stop]:
            yield node.inline[start:stop]
        at = len(node.inline)
        for link in node.links:
            if at < stop and at + link.file_bytes > start:
                yield from self._read(link.cid, max(0, start - at), min(link.file_bytes, stop - at), depth + 1)
            at += link.file_bytes

    # --- Looking after it ---

    def walk(self, cid: str, depth: int = 0) -> Iterator[str]:
        """CIDs of the tree, root first, depth first; a leaf's block is not opened, an inner node's is."""
        cid = cids.parse(cid)
        yield cid
        if not cids.is_raw(cid):
            _check_depth(depth)
            for link in unixfs.decode(self.block(cid)).links:
                yield from self.walk(link.cid, depth + 1)

    def is_complete(self, cid: str) -> bool:
        """Whether every block of the tree is on disk. Leaves are not hashed; `verify` does that."""
        try:
            return all(self.has(part) for part in self.walk(cid))
        except (BlockMissing, CorruptBlock):
            return False

    def missing(self, cid: str) -> list[str]:
        """Blocks of the tree that are absent or changed; what is below such a node is not known."""
        bad: list[str] = []
        self._missing(cids.parse(cid), bad, 0)
        return bad

    def _missing(self, cid: str, bad: list[str], depth: int) -> None:
        try:
            block = self.block(cid)
        except (BlockMissing, CorruptBlock):
            bad.append(cid)
            return
        if not cids.is_raw(cid):
            _check_depth(depth)
            for link in unixfs.decode(block).links:
                self._missing(link.cid, bad, depth + 1)

    def verify(self, cid: str) -> bool:
        """Walks the whole tree and hashes every block again."""
        try:
            return not self.missing(cid)
        except MintingError:
            return False

    def _path(self, cid: str) -> Path:
        cid = cids.parse(cid)  # nothing but 59 letters of base32 ever becomes a path
        return self.root / cid[-3:-1] / cid


def here() -> BlockStore:
    """The store that settings.CONTENT_STORE_DIR names."""
    return BlockStore(Path(settings.CONTENT_STORE_DIR))


def _check_depth(depth: int) -> None:
    if depth >= DEPTH_MAX:
        raise CorruptBlock("A tree of blocks is deeper than any file needs.")
