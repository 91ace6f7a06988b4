"""The content store of this machine: files and folders as trees of blocks on the disk (disk.py).

The root of a tree is written after everything below it, so a root that is there was once whole. Every block is hashed
again when it is read: the store never hands out changed bytes. Knows no row and no network; what may go is decided in
collect.py.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from django.conf import settings

from minting.errors import BlockMissing, CorruptBlock, MintingError, NameRefused, NotInFolder, WrongCid
from minting.ipfs import cid as cids
from minting.ipfs import folders, unixfs
from minting.ipfs.disk import Batch, Disk

BLOCK_BYTES_MAX: Final = 2 * 1024**2  # what other nodes accept at most
DEPTH_MAX: Final = 8  # 174^8 leaves; a deeper file was made to harm
TREE_DEPTH_MAX: Final = 64  # folders in folders, each perhaps sharded


class BlockStore(Disk):
    """Trees of blocks below `root`."""

    # --- Writing ---

    def put_bytes(self, data: bytes) -> str:
        """Keep a file with these bytes; its CID. Harmless when repeated."""
        return self._put(iter([data[at : at + cids.CHUNK_BYTES] for at in range(0, len(data), cids.CHUNK_BYTES)]))

    def put_file(self, path: str | Path) -> str:
        """Keep the file at `path`, reading it once; its CID. Harmless when repeated."""
        with open(path, "rb") as file:
            return self._put(iter(lambda: file.read(cids.CHUNK_BYTES), b""))

    def put_folder(self, entries: Mapping[str, str]) -> str:
        """Keep a folder of what is here already: CIDs by path ("1.json", "panels/2.png"); its CID. NameRefused."""
        tree: dict[str, object] = {}
        for path, cid in entries.items():
            *above, name = path.split("/")
            at = tree
            for part in above:
                below = at.setdefault(part, {})
                if not isinstance(below, dict):
                    raise NameRefused(f"{path[:80]!r} lies below a file.")
                at = below
            if name in at:
                raise NameRefused(f"{path[:80]!r} is there twice.")
            at[name] = cid
        return self._put_folder(tree)[0]

    def _put_folder(self, tree: Mapping[str, object]) -> tuple[str, int]:
        below = {
            name: self._put_folder(part) if isinstance(part, dict) else (str(part), self.tree_bytes(str(part)))
            for name, part in tree.items()
        }
        with Batch(self) as batch:
            return folders.build(below, batch.put)

    def put_tree(self, path: Path) -> str:
        """Keep a file, or a folder with all that is in it; its CID. NameRefused for links and devices."""
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise NameRefused(f"{path} is neither a file nor a folder.")
        if path.is_file():
            return self.put_file(path)
        found = sorted(os.scandir(path), key=lambda entry: entry.name)
        return self.put_folder({entry.name: self.put_tree(Path(entry.path)) for entry in found})

    def _put(self, chunks: Iterator[bytes]) -> str:
        """Splits and hashes here, and compares the root with the one of cid.py, which splits on its own."""
        twin = cids.hasher()
        with Batch(self) as batch:
            builder = unixfs.Builder(batch.put)
            chunk = next(chunks, b"")
            while True:
                twin.update(chunk)
                builder.leaf(batch.put(chunk, cids.RAW), len(chunk))
                following = next(chunks, b"")
                if not following:
                    break
                chunk = following
            root, expected = builder.root(), twin.finalize()
            if root != expected:
                raise WrongCid(f"The store made {root} of bytes whose address is {expected}.")
        return root

    # --- Reading ---

    def size(self, cid: str) -> int:
        """Bytes of the file that `cid` names."""
        return self.block_bytes(cid) if cids.is_raw(cid) else unixfs.decode(self.block(cid)).size

    def tree_bytes(self, cid: str) -> int:
        """Bytes of all blocks of the tree, repeated ones repeatedly, as a folder names it (Tsize)."""
        if cids.is_raw(cid):
            return self.block_bytes(cid)
        block = self.block(cid)
        return len(block) + sum(link.tree_bytes for link in unixfs.node(block).links)

    def read(self, cid: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The file's bytes from `start` up to before `stop`, block by block; no block outside is opened."""
        size = self.size(cid)
        return self._read(cid, start, size if stop is None else stop, size, 0)

    def _read(self, cid: str, start: int, stop: int, length: int, depth: int) -> Iterator[bytes]:
        block = self.block(cid)
        if cids.is_raw(cid):
            if len(block) != length:
                raise CorruptBlock("A file says another length of its parts than they have.")
            yield block[start:stop]
            return
        _check_depth(depth, DEPTH_MAX)
        node = unixfs.decode(block)
        if node.size != length:
            raise CorruptBlock("A file says another length of its parts than they have.")
        if node.inline[start:stop]:
            yield node.inline[start:stop]
        at = len(node.inline)
        for link in node.links:
            if at < stop and at + link.file_bytes > start:
                here = max(0, start - at), min(link.file_bytes, stop - at)
                yield from self._read(link.cid, *here, link.file_bytes, depth + 1)
            at += link.file_bytes

    def is_folder(self, cid: str) -> bool:
        return folders.is_folder(cid, self.block)

    def entries(self, cid: str) -> Iterator[tuple[str, str, int]]:
        """(name, CID, bytes of the tree) of everything in a folder."""
        return folders.entries(cid, self.block)

    def resolve(self, cid: str, path: str) -> str:
        """The CID at a path below a folder; NotInFolder. Empty parts are passed over."""
        return self.way(cid, path)[0]

    def way(self, cid: str, path: str) -> tuple[str, list[str]]:
        """(the CID at a path, every folder node that was opened on the way to it); NotInFolder."""
        parts = [part for part in path.split("/") if part]
        if len(parts) > TREE_DEPTH_MAX:
            raise NotInFolder("This path is deeper than any folder here.")
        opened: list[str] = []

        def block(of: str) -> bytes:
            opened.append(of)
            return self.block(of)

        for part in parts:
            cid = folders.find(cid, part, block)
        return cid, opened

    # --- Looking after it ---

    def walk(self, cid: str) -> Iterator[str]:
        """CIDs of the tree, root first, depth first, each once; a leaf's block is not opened, an inner node's is."""
        seen: set[str] = set()
        ahead = [(cids.parse(cid), 0)]
        while ahead:
            part, depth = ahead.pop()
            if part in seen:
                continue
            seen.add(part)
            yield part
            if not cids.is_raw(part):
                _check_depth(depth, TREE_DEPTH_MAX)
                links = unixfs.node(self.block(part)).links
                ahead.extend((link.cid, depth + 1) for link in reversed(links))

    def is_complete(self, cid: str) -> bool:
        """Whether every block of the tree is on disk. Leaves are not hashed; `verify` does that."""
        try:
            return all(self.has(part) for part in self.walk(cid))
        except (BlockMissing, CorruptBlock):
            return False

    def missing(self, cid: str, *, hash_leaves: bool = True) -> list[str]:
        """Blocks of the tree that are absent or changed; what is below such a node is not known.

        Without `hash_leaves` a leaf only has to be there.
        """
        bad: list[str] = []
        seen: set[str] = set()
        ahead = [(cids.parse(cid), 0)]
        while ahead:
            part, depth = ahead.pop()
            if part in seen:
                continue
            seen.add(part)
            if not hash_leaves and cids.is_raw(part) and self.has(part):
                continue
            try:
                block = self.block(part)
            except (BlockMissing, CorruptBlock):
                bad.append(part)
                continue
            if not cids.is_raw(part):
                _check_depth(depth, TREE_DEPTH_MAX)
                ahead.extend((link.cid, depth + 1) for link in reversed(unixfs.node(block).links))
        return bad

    def verify(self, cid: str) -> bool:
        """Walks the whole tree and hashes every block again."""
        try:
            return not self.missing(cid)
        except MintingError:
            return False


def here() -> BlockStore:
    """The store that settings.CONTENT_STORE_DIR names."""
    return BlockStore(Path(settings.CONTENT_STORE_DIR))


def _check_depth(depth: int, most: int) -> None:
    if depth >= most:
        raise CorruptBlock("A tree of blocks is deeper than any file or folder needs.")
