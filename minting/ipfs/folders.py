"""Folders as UnixFS nodes: flat while small, sharded (HAMT) when large, as an IPFS node writes them.

A folder is made of links to what is in the store already, so ten thousand documents become a folder without being
copied; aleph-cid reads folders from a disk only, and is what the tests compare with. A folder is sharded once its
names and addresses come to 256 KiB, exactly as Kubo does it (js-ipfs counts entries instead, unless it is told).
Refuses names that could not be a file's: empty, "." and "..", with a slash or NUL, longer than 255 bytes.

References: https://specs.ipfs.tech/unixfs/#dag-pb-directory and #dag-pb-hamtdirectory
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import mmh3

from minting.errors import CorruptBlock, NameRefused, NotInFolder
from minting.ipfs import cid as cids
from minting.ipfs import dagpb, unixfs
from minting.ipfs.dagpb import PBLink, varint

SHARDED_FROM_BYTES: Final = 256 * 1024
FANOUT: Final = 256
LEVELS_MAX: Final = 8  # one byte of a hash of 64 bits each
NAME_BYTES_MAX: Final = 255
_MURMUR3: Final = 0x22
_FLAT: Final = b"\x08\x01"
_CIDV1_BYTES: Final = 36
Block = Callable[[str], bytes]


def build(entries: Mapping[str, tuple[str, int]], write: unixfs.Write) -> tuple[str, int]:
    """(CID, bytes of the tree) of a folder; `entries` gives CID and bytes of the tree by name.

    `write(block, codec) -> cid` is called for each node, children before their parent. NameRefused.
    """
    links = [PBLink(cid, _name(name), tree) for name, (cid, tree) in entries.items()]
    if sum(len(link.name) + _CIDV1_BYTES for link in links) < SHARDED_FROM_BYTES:
        links.sort(key=lambda link: link.name)
        return _write(links, _FLAT, write)
    return _shard([(_hash(link.name), link) for link in links], 0, write)


def entries(cid: str, block: Block) -> Iterator[tuple[str, str, int]]:
    """(name, CID, bytes of the tree) of everything in a folder; the order is the folder's own."""
    return _entries(cid, block, 0)


def find(cid: str, name: str, block: Block) -> str:
    """The CID of one entry; NotInFolder. In a sharded folder only the nodes on the way are opened."""
    wanted = name.encode()
    for level in range(LEVELS_MAX + 1):
        node = _folder(cid, block)
        if node.kind == unixfs.FOLDER:
            for link in node.links:
                if link.name == wanted:
                    return link.cid
            break
        if level == LEVELS_MAX:
            break
        slot = b"%02X" % _hash(wanted)[level]
        below = next((link for link in node.links if link.name == slot), None)
        if below is None:
            for link in node.links:
                if link.name == slot + wanted:
                    return link.cid
            break
        cid = below.cid
    raise NotInFolder(f"There is no {name[:100]!r} in this folder.")


def is_folder(cid: str, block: Block) -> bool:
    """Whether the CID names a folder, flat or sharded."""
    return not cids.is_raw(cid) and not unixfs.node(block(cid)).is_file


def _folder(cid: str, block: Block) -> unixfs.Node:
    if cids.is_raw(cid):
        raise NotInFolder("This content address names a file, which has nothing below it.")
    node = unixfs.node(block(cid))
    if node.is_file:
        raise NotInFolder("This content address names a file, which has nothing below it.")
    if node.kind == unixfs.SHARD and node.fanout != FANOUT:
        raise CorruptBlock("A sharded folder has another width than 256.")
    return node


def _entries(cid: str, block: Block, level: int) -> Iterator[tuple[str, str, int]]:
    node = _folder(cid, block)
    for link in node.links:
        if node.kind == unixfs.FOLDER:
            yield _text(link.name), link.cid, link.tree_bytes
        elif len(link.name) > 2:
            yield _text(link.name[2:]), link.cid, link.tree_bytes
        elif level + 1 < LEVELS_MAX:
            yield from _entries(link.cid, block, level + 1)
        else:
            raise CorruptBlock("A sharded folder is deeper than its hashes are long.")


def _shard(hashed: list[tuple[bytes, PBLink]], level: int, write: unixfs.Write) -> tuple[str, int]:
    slots: dict[int, list[tuple[bytes, PBLink]]] = {}
    for digest, link in hashed:
        if level == LEVELS_MAX:
            raise NameRefused("Two names of this folder have the same hash of 64 bits; rename one of them.")
        slots.setdefault(digest[level], []).append((digest, link))
    links, bits = [], 0
    for slot in sorted(slots):
        bits |= 1 << slot
        if len(slots[slot]) == 1:
            link = slots[slot][0][1]
            links.append(PBLink(link.cid, b"%02X" % slot + link.name, link.tree_bytes))
        else:
            cid, tree = _shard(slots[slot], level + 1, write)
            links.append(PBLink(cid, b"%02X" % slot, tree))
    field = bits.to_bytes(FANOUT // 8, "big").lstrip(b"\0")
    data = b"\x08" + varint(unixfs.SHARD) + b"\x12" + varint(len(field)) + field
    return _write(links, data + b"\x28" + varint(_MURMUR3) + b"\x30" + varint(FANOUT), write)


def _write(links: list[PBLink], data: bytes, write: unixfs.Write) -> tuple[str, int]:
    block = dagpb.encode(links, data)
    return write(block, cids.DAG_PB), len(block) + sum(link.tree_bytes for link in links)


def _hash(name: bytes) -> bytes:
    return (mmh3.hash64(name, 0, x64arch=True, signed=False)[0]).to_bytes(8, "big")


def _name(name: str) -> bytes:
    try:
        raw = name.encode()
    except UnicodeEncodeError:
        raise NameRefused("A name in a folder is not text.") from None
    if name in ("", ".", "..") or "/" in name or "\0" in name or len(raw) > NAME_BYTES_MAX:
        raise NameRefused(f"{name[:80]!r} cannot be a name in a folder.")
    return raw


def _text(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        raise CorruptBlock("A folder has a name that is not text.") from None
