"""CARv1 archives: a tree of blocks as one stream that any other node can import, and back.

Writes one tree, or several behind each other; a root's block first, depth first, each block once. Reading hashes
every block before it is kept and refuses blocks that are too large, other codecs and archives that end too early.

Reference: https://ipld.io/specs/transport/car/carv1/
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import IO, Final

from minting.errors import BlockMissing, CorruptBlock, MalformedCar
from minting.ipfs import cid as cids
from minting.ipfs.dagpb import varint
from minting.ipfs.store import BLOCK_BYTES_MAX, BlockStore

_HEADER_BYTES_MAX: Final = 8192
_ROOTS_MAX: Final = 190  # more would not fit into the header
_LINK: Final = b"\xd8\x2a\x58"  # CBOR: tag 42, then a byte string with its length in one byte
_ROOTS: Final = b"\x65roots"
_VERSION_1: Final = b"\x67version\x01"


def stream(store: BlockStore, cid: str, path: str = "", *, whole: bool = True) -> Iterator[bytes]:
    """The archive of `cid`, block by block; a missing or changed block ends it early with its error.

    With a path: the blocks on the way to it, then the tree there. Without `whole`: its first block alone.
    """
    yield _header([cid])
    sent: set[str] = set()
    at, way = store.way(cid, path)
    for part in chain(way, store.walk(at) if whole else [at]):
        if part not in sent:
            if way:  # without a path `walk` gives each block once
                sent.add(part)
            yield _framed(part, store.block(part))


def stream_trees(store: BlockStore, roots: Sequence[str]) -> Iterator[bytes]:
    """One archive of several whole trees, at most 190, each block once; ends early as `stream` does."""
    yield _header(roots)
    sent: set[str] = set()
    for root in roots:
        for part in store.walk(root):
            if part not in sent:
                sent.add(part)
                yield _framed(part, store.block(part))


def _header(roots: Sequence[str]) -> bytes:
    if not 1 <= len(roots) <= _ROOTS_MAX:
        raise ValueError(f"An archive has 1 to {_ROOTS_MAX} roots here.")
    links = b"".join(_LINK + b"\x25\x00" + cids.binary(root) for root in roots)
    count = bytes((0x80 + len(roots),)) if len(roots) < 24 else bytes((0x98, len(roots)))  # CBOR: the list's length
    header = b"\xa2" + _ROOTS + count + links + _VERSION_1
    return varint(len(header)) + header


def _framed(cid: str, block: bytes) -> bytes:
    name = cids.binary(cid)
    return varint(len(name) + len(block)) + name + block


def place_of(store: BlockStore, root: str, cid: str) -> tuple[int, int]:
    """(offset, length) of a block's bytes in the archive that `stream` writes of `root`; opens no leaf."""
    name_bytes = len(cids.binary(root))
    header = 1 + len(_ROOTS) + 1 + len(_LINK) + 2 + name_bytes + len(_VERSION_1)
    at = len(varint(header)) + header
    for part in store.walk(root):
        length = store.block_bytes(part)
        at += len(varint(name_bytes + length)) + name_bytes
        if part == cid:
            return at, length
        at += length
    raise BlockMissing(f"{cid} is no part of {root}.")


def read(file: IO[bytes], store: BlockStore) -> list[str]:
    """Keeps every block of the archive and gives its roots. Whether the trees are whole, `store.missing` says."""
    roots = header_roots(file)
    for cid, block in _blocks(file):
        if cids.of_block(block, cids.decode(cid)[0]) != cid:
            raise CorruptBlock(f"A block of the archive does not hash to {cid}.")
        store.put_block(block, cids.decode(cid)[0])
    return roots


def blocks(file: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """(CID, bytes) of every block in order, not hashed; MalformedCar or MalformedCid."""
    header_roots(file)
    yield from _blocks(file)


def header_roots(file: IO[bytes]) -> list[str]:
    """The roots in the header, from the start of the file; the blocks follow."""
    length = _length(file)
    if length is None:
        raise MalformedCar("The archive is empty.")
    return _roots(_exactly(file, length, _HEADER_BYTES_MAX))


def _blocks(file: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    while (length := _length(file)) is not None:
        body = _exactly(file, length, BLOCK_BYTES_MAX + 36)
        split = 34 if body[:2] == b"\x12\x20" else 36  # a CIDv0 is a bare multihash
        yield cids.from_binary(body[:split]), body[split:]


def _length(file: IO[bytes]) -> int | None:
    """The next length, or None at the end of the archive."""
    number = shift = 0
    while shift < 63:
        byte = file.read(1)
        if not byte:
            if shift:
                break
            return None
        number |= (byte[0] & 127) << shift
        if byte[0] < 128:
            return number
        shift += 7
    raise MalformedCar("The archive ends in the middle of a length.")


def _exactly(file: IO[bytes], length: int, most: int) -> bytes:
    if length > most:
        raise MalformedCar(f"The archive has a part of {length:,} bytes; {most:,} is the most.")
    data = file.read(length)
    if len(data) != length:
        raise MalformedCar("The archive ends in the middle of a block.")
    return data


def _roots(header: bytes) -> list[str]:
    """The roots named in the header, a CBOR map of exactly `roots` and `version`, in either order."""
    if header[:1] != b"\xa2":
        raise MalformedCar("The archive does not begin with the header of CARv1.")
    rest = header[1:].removeprefix(_VERSION_1)
    if rest.startswith(_ROOTS + b"\x98") and len(rest) > 7:
        count, rest = rest[7], rest[8:]
    elif rest.startswith(_ROOTS) and b"\x81" <= rest[6:7] <= b"\x97":
        count, rest = rest[6] - 0x80, rest[7:]
    else:
        raise MalformedCar("The archive's header names no roots.")
    roots = []
    for _ in range(count):
        if not rest.startswith(_LINK) or len(rest) < 5 or rest[4] != 0:
            raise MalformedCar("A root in the archive's header is not a link.")
        roots.append(cids.from_binary(rest[5 : 4 + rest[3]]))
        rest = rest[4 + rest[3] :]
    if rest != (b"" if header[1:].startswith(_VERSION_1) else _VERSION_1):
        raise MalformedCar("The archive is not CARv1.")
    return roots
