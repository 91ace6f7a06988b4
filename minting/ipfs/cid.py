"""Content addresses, computed on this machine before any other place is asked.

One profile everywhere: CIDv1, sha2-256, raw leaves, chunks of 256 KiB, a balanced tree of 174 links a node, base32.
It is what `ipfs add --cid-version=1 --raw-leaves --chunker=size-262144` gives. Refuses other hashes, codecs other
than raw and dag-pb, and other bases. A CIDv0 (Qm…) names the same block as a CIDv1 of dag-pb and is read as that one.

References: https://github.com/multiformats/cid, https://specs.ipfs.tech/unixfs/
"""

import base64
import binascii
import hashlib
from pathlib import Path
from typing import Final

from aleph_cid import CidHasher

from minting.errors import MalformedCid

RAW: Final = 0x55
DAG_PB: Final = 0x70
CHUNK_BYTES: Final = 256 * 1024
_CODECS: Final = {"raw": RAW, "dag-pb": DAG_PB}
_SHA2_256: Final = b"\x12\x20"
_CIDV1_LETTERS: Final = 59  # "b" and 36 bytes in base32
_CIDV0_LETTERS: Final = 46
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def hasher() -> CidHasher:
    """A streaming hasher of the profile above: `update(bytes)` as often as wanted, then `finalize()` once."""
    return CidHasher.for_ipfs_v1_raw_leaves()


def of_bytes(data: bytes) -> str:
    """The CID of a file with these bytes."""
    stream = hasher()
    stream.update(data)
    return stream.finalize()


def of_file(path: str | Path) -> str:
    """The CID of the file at `path`, read once in chunks."""
    stream = hasher()
    with open(path, "rb") as file:
        while chunk := file.read(4 * CHUNK_BYTES):
            stream.update(chunk)
    return stream.finalize()


def of_block(block: bytes, codec: int) -> str:
    """The CID of one block as it is, without splitting it."""
    return encode(codec, hashlib.sha256(block).digest())


def parse(text: str) -> str:
    """The canonical CIDv1 in base32 that `text` names, or MalformedCid. Reads at most 59 letters; touches no disk."""
    codec, digest = decode(text)
    return encode(codec, digest)


def digest32(text: str) -> bytes:
    """The sha2-256 digest of a CID, 32 bytes, as the contract stores it."""
    return decode(text)[1]


def from_digest(digest: bytes, codec: str = "raw") -> str:
    """The CID of a digest; `codec` is "raw" (one block, such as every metadata document) or "dag-pb"."""
    if codec not in _CODECS:
        raise MalformedCid("A content address here has the codec raw or dag-pb.")
    return encode(_CODECS[codec], digest)


def is_raw(text: str) -> bool:
    """True when the CID names bytes as they are, False when it names a dag-pb node."""
    return decode(text)[0] == RAW


def encode(codec: int, digest: bytes) -> str:
    return "b" + base64.b32encode(to_bytes(codec, digest)).decode().rstrip("=").lower()


def to_bytes(codec: int, digest: bytes) -> bytes:
    """The binary CIDv1, 36 bytes."""
    if len(digest) != 32:
        raise MalformedCid("A sha2-256 digest has 32 bytes.")
    return bytes((1, codec)) + _SHA2_256 + digest


def binary(text: str) -> bytes:
    """The binary CIDv1 of a CID in text."""
    return to_bytes(*decode(text))


def from_binary(data: bytes) -> str:
    """The canonical text of a binary CIDv1, or of a binary CIDv0 (a bare sha2-256 multihash)."""
    if len(data) == 34 and data[:2] == _SHA2_256:
        return encode(DAG_PB, data[2:])
    if len(data) != 36 or data[0] != 1 or data[1] not in (RAW, DAG_PB) or data[2:4] != _SHA2_256:
        raise MalformedCid("Only CIDv1 of raw or dag-pb with sha2-256 is known here.")
    return encode(data[1], data[4:])


def decode(text: str) -> tuple[int, bytes]:
    """(codec, digest) of a CID in text, or MalformedCid."""
    if len(text) == _CIDV0_LETTERS and text.startswith("Qm"):
        return DAG_PB, _base58(text)[2:]
    if len(text) != _CIDV1_LETTERS or not text.isascii() or text != text.lower() or text[0] != "b":
        raise MalformedCid("A content address is written as 59 lower-case letters and digits that begin with b.")
    try:
        data = base64.b32decode(text[1:].upper() + "=" * 6)
    except binascii.Error:
        raise MalformedCid(
            "A content address is written in base32: the letters a to z and the digits 2 to 7."
        ) from None
    if data[0] != 1 or data[1] not in (RAW, DAG_PB) or data[2:4] != _SHA2_256:
        raise MalformedCid("Only CIDv1 of raw or dag-pb with sha2-256 is known here.")
    if encode(data[1], data[4:]) != text:  # bits beyond the last byte are not zero: a second spelling
        raise MalformedCid("This content address is not written in its one canonical form.")
    return data[1], data[4:]


def _base58(text: str) -> bytes:
    number = 0
    for letter in text:
        digit = _BASE58.find(letter)
        if digit < 0:
            raise MalformedCid("A CIDv0 is written in base58, without 0, O, I and l.")
        number = number * 58 + digit
    data = number.to_bytes(34, "big") if number < 2**272 else b""
    if data[:2] != _SHA2_256:
        raise MalformedCid("A CIDv0 holds a sha2-256 digest.")
    return data
