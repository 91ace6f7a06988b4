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
from functools import partial
from typing import Any, Final

os.environ["PY_IPFS_HTTP_CLIENT_PATCH_REQUESTS"] = "no"  # its patch of requests uses what urllib3 gives up

import ipfshttpclient
from ipfshttpclient import exceptions
from requests import RequestException

from minting.errors import BlockMissing, MalformedCid, PlaceUnreachable, WrongCid
from minting.ipfs import car, proof
from minting.ipfs import cid as cids
from minting.ipfs.outside import ANSWER_SECONDS, CONNECT_SECONDS, seconds_for
from minting.ipfs.store import BLOCK_BYTES_MAX, BlockStore

_OURS: Final = {"cid-base": "base32", "hash": "sha2-256", "max-file-links": 174, "progress": "false"}


class KuboPlace:
    """One node. Holds no connection between calls."""

    def __init__(self, api: str) -> None:
        self._api = api

    def put(self, store: BlockStore, cid: str) -> None:
        """Upload from `store` and pin; WrongCid unless the node comes to our CID. May be repeated.

        A file goes as a file, so that the node splits and hashes it anew; a folder goes as an archive.
        """
        cid = cids.parse(cid)
        if store.is_folder(cid):
            self._import(store, cid)
            return
        end = time.monotonic() + seconds_for(store.size(cid))
        with self._client() as client:
            body = _Upload(store.read(cid), end)
            answer = client.add(body, cid_version=1, raw_leaves=True, chunker="size-262144", opts=dict(_OURS))
            theirs = _canonical(answer["Hash"])
        if theirs != cid:
            raise WrongCid(f"The node of IPFS_API gave {theirs} for bytes whose address is {cid}.")

    def _import(self, store: BlockStore, cid: str) -> None:
        if not store.is_complete(cid):
            raise BlockMissing(f"Parts of {cid} are not in the content store.")
        end = time.monotonic() + seconds_for(store.tree_bytes(cid))
        with self._client() as client:
            body = _Upload(car.stream(store, cid), end)
            answer = client.dag.imprt(body, opts={"pin-roots": "true", "cid-base": "base32"})
            theirs = _canonical(answer["Root"]["Cid"]["/"])
        if theirs != cid:
            raise WrongCid(f"The node of IPFS_API gave {theirs} for the archive of {cid}.")

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

    def tree(self, cid: str, size_bytes: int) -> Iterator[tuple[str, bytes]]:
        """Every block of a tree by one connection, hashed on the way; BlockMissing, WrongCid."""
        with self._client() as client:
            yield from proof.by_walking(cid, partial(_block, client), seconds_for(size_bytes))

    def one(self, root: str, cid: str) -> bytes:
        """One block as the node has it, not hashed."""
        with self._client() as client:
            return _block(client, cid)

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


def _block(client: Any, cid: str) -> bytes:
    received = b""
    try:
        with client.block.get(cid, stream=True, offline=True) as pieces:
            for piece in pieces:
                received += piece
                if len(received) > BLOCK_BYTES_MAX:
                    raise WrongCid("The node of IPFS_API gives more for a block than any block has.")
    except exceptions.ErrorResponse as error:
        raise BlockMissing(f"The node of IPFS_API does not have {cid}: {error}") from error
    return received


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
