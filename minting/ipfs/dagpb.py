"""One dag-pb block: links with names, and the UnixFS message beside them; written and read, never interpreted.

Written in the one order that every implementation writes (links first, then data), so that equal nodes have equal
addresses. Reads only what dag-pb knows and refuses the rest. The generated protobuf classes are not used: two small
messages do not outweigh a compiler and a runtime.

References: https://ipld.io/specs/codecs/dag-pb/spec/, https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from minting.errors import CorruptBlock
from minting.ipfs import cid as cids


@dataclass(frozen=True)
class PBLink:
    """A child by name (empty in files); `tree_bytes` is the size of all its blocks (Tsize)."""

    cid: str
    name: bytes
    tree_bytes: int


def encode(links: Iterable[PBLink], data: bytes) -> bytes:
    """The block. Links stay in the order that they come in: who builds a folder sorts them."""
    node = b""
    for link in links:
        address = cids.binary(link.cid)
        body = b"\x0a" + varint(len(address)) + address + b"\x12" + varint(len(link.name)) + link.name
        body += b"\x18" + varint(link.tree_bytes)
        node += b"\x12" + varint(len(body)) + body
    return node + b"\x0a" + varint(len(data)) + data


def decode(block: bytes) -> tuple[tuple[PBLink, ...], bytes | None]:
    """(links, data); CorruptBlock for bytes that are no dag-pb node."""
    links: list[PBLink] = []
    data: bytes | None = None
    for number, value in fields(block):
        if number == 2 and isinstance(value, bytes):
            link = dict(fields(value))
            address, name, tree = link.get(1), link.get(2, b""), link.get(3, 0)
            if not isinstance(address, bytes) or not isinstance(name, bytes) or not isinstance(tree, int):
                raise CorruptBlock("A node has a link without an address.")
            links.append(PBLink(cids.from_binary(address), name, tree))
        elif number == 1 and isinstance(value, bytes):
            data = value
    return tuple(links), data


def varint(number: int) -> bytes:
    """An unsigned LEB128 number."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
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
