"""A further place for the bytes: any node with the Kubo RPC, named by settings.IPFS_API as a multiaddr.

What the node says is compared, not believed: the CID of an upload must be ours, and bytes that come back are counted
and hashed by whoever asked for them. Each call is bounded in time. No address comes from anywhere but the settings.
Unix sockets are not spoken. The node's own settings for adding are overruled in every request, because newer nodes
let their owner change them.

Reference: https://docs.ipfs.tech/reference/kubo/rpc/
"""

import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

os.environ["PY_IPFS_HTTP_CLIENT_PATCH_REQUESTS"] = "no"  # its patch of requests uses what urllib3 gives up

import ipfshttpclient
from ipfshttpclient import exceptions
from requests import RequestException

from minting.errors import MalformedCid, PlaceUnreachable, WrongCid
from minting.ipfs import cid as cids
from minting.ipfs.store import BlockStore

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 20.0
BYTES_PER_SECOND: Final = 1024**2  # the slowest line that an upload is planned for
_OURS: Final = {"cid-base": "base32", "hash": "sha2-256", "max-file-links": 174, "progress": "false"}


def seconds_for(size_bytes: int) -> float:
    """The most that one upload, or one reading back, of so many bytes may take."""
    return ANSWER_SECONDS + size_bytes / BYTES_PER_SECOND


class KuboPlace:
    """One node. Holds no connection between calls."""

    def __init__(self, api: str) -> None:
        self._api = api

    def put(self, store: BlockStore, cid: str) -> None:
        """Upload the file from `store` and pin it; WrongCid unless the node comes to our CID. May be repeated."""
        cid = cids.parse(cid)
        end = time.monotonic() + seconds_for(store.size(cid))
        with self._client() as client:
            body = _Upload(store.read(cid), end)
            answer = client.add(body, cid_version=1, raw_leaves=True, chunker="size-262144", opts=dict(_OURS))
            theirs = _canonical(answer["Hash"])
        if theirs != cid:
            raise WrongCid(f"The node of IPFS_API gave {theirs} for bytes whose address is {cid}.")

    def holds(self, cid: str) -> bool:
        """Whether the node says that it has pinned the whole tree."""
        cid = cids.parse(cid)
        try:
            with self._client() as client:
                keys = client.pin.ls(cid, type="recursive", opts={"cid-base": "base32"})["Keys"]
                return any(_canonical(key) == cid for key in keys)
        except _NotPinned:
            return False

    def fetch(self, cid: str, size_bytes: int) -> Iterator[bytes]:
        """The file's bytes as the node gives them, not yet hashed; WrongCid as soon as there are too many."""
        cid, end, seen = cids.parse(cid), time.monotonic() + seconds_for(size_bytes), 0
        with self._client() as client, client.cat(cid, stream=True, offline=True) as pieces:
            for piece in pieces:
                seen += len(piece)
                if seen > size_bytes:
                    raise WrongCid(f"The node of IPFS_API gives more than the {size_bytes:,} bytes of {cid}.")
                _check_time(end)
                yield piece

    @contextmanager
    def _client(self) -> Iterator[Any]:
        """A client of the library, whose errors come out as ours. `Client`, not `connect`: no version is refused."""
        try:
            client = ipfshttpclient.Client(self._api, timeout=(CONNECT_SECONDS, ANSWER_SECONDS))
            client._client._session_props["max_redirects"] = 0  # the node cannot send us to another address
            with client:
                yield client
        except exceptions.ErrorResponse as error:
            if "not pinned" in str(error):
                raise _NotPinned(str(error)) from error
            raise PlaceUnreachable(f"The node of IPFS_API answered with an error: {error}") from error
        except (exceptions.Error, RequestException, OSError, KeyError, TypeError, AssertionError) as error:
            raise PlaceUnreachable(
                f"The node of IPFS_API gave no usable answer ({type(error).__name__}: {error})."
            ) from error


class _NotPinned(PlaceUnreachable):
    pass


class _Upload(io.RawIOBase):
    """The pieces of a file as something to read from, until the time is over."""

    def __init__(self, pieces: Iterator[bytes], end: float) -> None:
        self._pieces, self._end, self._rest = pieces, end, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        _check_time(self._end)
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _check_time(end: float) -> None:
    if time.monotonic() > end:
        raise PlaceUnreachable("The node of IPFS_API takes too long.")


def _canonical(text: object) -> str:
    try:
        return cids.parse(str(text))
    except MalformedCid:
        raise WrongCid(
            f"The node of IPFS_API answered with {str(text)[:80]!r}, which is no address of ours."
        ) from None
