"""Files as UnixFS trees of dag-pb nodes: how a list of chunks becomes one root, and how a node is read back.

Writes one shape: raw leaves, balanced, 174 links a node. Reads any file node, also with bytes inline. Refuses
folders and links: a token's picture and document are files.

References: https://ipld.io/specs/codecs/dag-pb/spec/, https://specs.ipfs.tech/unixfs/
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from minting.errors import CorruptBlock, NotAFile
from minting.ipfs import cid as cids

LINKS_PER_NODE: Final = 174
_RAW_TYPE: Final = 0
_FILE_TYPE: Final = 2
Write = Callable[[bytes, int], str]


@dataclass(frozen=True)
class Link:
    """A child: `file_bytes` of the file are below it; `tree_bytes` is the size of all its blocks (Tsize)."""

    cid: str
    file_bytes: int
    tree_bytes: int


@dataclass(frozen=True)
class Node:
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
    data = b"\x08" + varint(_FILE_TYPE) + b"\x18" + varint(sum(link.file_bytes for link in links))
    data += b"".join(b"\x20" + varint(link.file_bytes) for link in links)
    node = b""
    for link in links:
        name = cids.binary(link.cid)
        body = b"\x0a" + varint(len(name)) + name + b"\x12\x00" + b"\x18" + varint(link.tree_bytes)
        node += b"\x12" + varint(len(body)) + body
    return node + b"\x0a" + varint(len(data)) + data


def decode(block: bytes) -> Node:
    """The file node in a dag-pb block; NotAFile for a folder, CorruptBlock for bytes that are neither."""
    children: list[tuple[str, int]] = []
    data: bytes | None = None
    for number, value in _fields(block):
        if number == 2 and isinstance(value, bytes):
            link = dict(_fields(value))
            name, tree = link.get(1), link.get(3, 0)
            if not isinstance(name, bytes) or not isinstance(tree, int):
                raise CorruptBlock("A node has a link without an address.")
            children.append((cids.from_binary(name), tree))
        elif number == 1 and isinstance(value, bytes):
            data = value
    if data is None:
        raise NotAFile("This content address names a node that is no file.")
    kind, inline, sizes = _RAW_TYPE, b"", []
    for number, value in _fields(data):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 2 and isinstance(value, bytes):
            inline = value
        elif number == 4 and isinstance(value, int):
            sizes.append(value)
    if kind not in (_RAW_TYPE, _FILE_TYPE):
        raise NotAFile("This content address names a folder or a link, not a file.")
    if len(sizes) != len(children):
        raise CorruptBlock("A file node does not say how long its children are.")
    return Node(inline, tuple(Link(cid, size, tree) for (cid, tree), size in zip(children, sizes, strict=True)))


def varint(number: int) -> bytes:
    """An unsigned LEB128 number."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        number |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return number, at
        shift += 7
    raise CorruptBlock("A node ends in the middle of a number.")


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protocol-buffer message: (number, value); varints and byte strings only."""
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        if key & 7 == 0:
            value, at = _read_varint(data, at)
            yield key >> 3, value
        elif key & 7 == 2:
            length, at = _read_varint(data, at)
            if at + length > len(data):
                raise CorruptBlock("A node ends too early.")
            yield key >> 3, data[at : at + length]
            at += length
        else:
            raise CorruptBlock("A node has a field of a kind that dag-pb does not know.")
