"""Files and folders as UnixFS nodes: how a list of chunks becomes one root, and how any node is read back.

Writes one shape of file: raw leaves, balanced, 174 links a node; folders are written by folders.py. Reads files
(also with bytes inline), folders and sharded folders; refuses symbolic links, which could lead anywhere.

aleph-cid hashes files and folders on a disk faster and is our judge (store.py compares every root with it), but gives
no blocks to keep, so the tree is built here as well.

Reference: https://specs.ipfs.tech/unixfs/
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from minting.errors import CorruptBlock, NotAFile
from minting.ipfs import cid as cids
from minting.ipfs import dagpb
from minting.ipfs.dagpb import varint

LINKS_PER_NODE: Final = 174
RAW, FOLDER, FILE, SHARD = 0, 1, 2, 5
Write = Callable[[bytes, int], str]


@dataclass(frozen=True)
class Link:
    """A child: `file_bytes` of the file are below it; `tree_bytes` is the size of all its blocks (Tsize)."""

    cid: str
    file_bytes: int
    tree_bytes: int


@dataclass(frozen=True)
class Node:
    """A node of any kind: bytes of its own (a shard's bit field), its links, and what it says of their lengths."""

    kind: int
    inline: bytes
    links: tuple[dagpb.PBLink, ...]
    lengths: tuple[int, ...]
    fanout: int = 0

    @property
    def is_file(self) -> bool:
        return self.kind in (RAW, FILE)


@dataclass(frozen=True)
class File:
    """A file node read back: bytes of its own, then its children in order."""

    inline: bytes
    links: tuple[Link, ...]

    @property
    def size(self) -> int:
        return len(self.inline) + sum(link.file_bytes for link in self.links)


class Builder:
    """Takes leaves in order and gives the root; holds at most 174 links per level.

    `write(block, codec) -> cid` is called for each inner node, children before their parent.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._levels: list[list[Link]] = [[]]

    def leaf(self, cid: str, size_bytes: int) -> None:
        self._add(0, Link(cid, size_bytes, size_bytes))

    def root(self) -> str:
        level = 0
        while level + 1 < len(self._levels) or len(self._levels[level]) > 1:
            self._collapse(level)
            level += 1
        return self._levels[level][0].cid

    def _add(self, level: int, link: Link) -> None:
        if level == len(self._levels):
            self._levels.append([])
        if len(self._levels[level]) == LINKS_PER_NODE:
            self._collapse(level)
        self._levels[level].append(link)

    def _collapse(self, level: int) -> None:
        links, self._levels[level] = self._levels[level], []
        block = encode(links)
        tree = len(block) + sum(link.tree_bytes for link in links)
        cid = self._write(block, cids.DAG_PB)
        self._add(level + 1, Link(cid, sum(link.file_bytes for link in links), tree))


def encode(links: list[Link]) -> bytes:
    """A dag-pb node of a UnixFS file whose bytes are all in its children."""
    data = b"\x08" + varint(FILE) + b"\x18" + varint(sum(link.file_bytes for link in links))
    data += b"".join(b"\x20" + varint(link.file_bytes) for link in links)
    return dagpb.encode([dagpb.PBLink(link.cid, b"", link.tree_bytes) for link in links], data)


def node(block: bytes) -> Node:
    """The UnixFS node in a dag-pb block; NotAFile for a symbolic link, CorruptBlock for bytes that are no node."""
    links, data = dagpb.decode(block)
    if data is None:
        raise NotAFile("This content address names a node that is neither file nor folder.")
    kind, inline, sizes, fanout = RAW, b"", [], 0
    for number, value in dagpb.fields(data):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 2 and isinstance(value, bytes):
            inline = value
        elif number == 4 and isinstance(value, int):
            sizes.append(value)
        elif number == 6 and isinstance(value, int):
            fanout = value
    if kind not in (RAW, FOLDER, FILE, SHARD):
        raise NotAFile("This content address names a link to somewhere else, which is not followed.")
    if kind in (RAW, FILE) and len(sizes) != len(links):
        raise CorruptBlock("A file node does not say how long its children are.")
    return Node(kind, inline, links, tuple(sizes), fanout)


def decode(block: bytes) -> File:
    """The file node in a dag-pb block; NotAFile for a folder, CorruptBlock for bytes that are neither."""
    read = node(block)
    if not read.is_file:
        raise NotAFile("This content address names a folder, not a file.")
    pairs = zip(read.links, read.lengths, strict=True)
    return File(read.inline, tuple(Link(link.cid, size, link.tree_bytes) for link, size in pairs))
