"""The places that keep copies, behind one door: the store of this machine always, others as the settings name them.

    store      the content store here
    kubo       the node whose RPC is IPFS_API
    others     by the names that the operator gives them in PINNING_SERVICES and BUCKETS

A place puts a tree where it keeps things, says whether it claims to have it, and gives blocks back, which are hashed
here (proof.py). Which row says what about it is the matter of pins.py. Tokens are read from the environment when a
place is made, and are in no setting.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings

from minting.errors import PlaceMisnamed
from minting.ipfs import proof
from minting.ipfs.bucket import Bucket
from minting.ipfs.kubo import KuboPlace
from minting.ipfs.pinning_service import PinningService
from minting.ipfs.store import BlockStore

STORE: Final = "store"
KUBO: Final = "kubo"
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,23}")


class Place(Protocol):
    def put(self, cid: str, size_bytes: int) -> None:
        """Put the tree there. Harmless when repeated. Raises a MintingError when it did not happen."""

    def claims(self, cid: str) -> bool:
        """Whether the place itself says that it keeps the tree; its bytes are asked for elsewhere."""

    def one(self, root: str, cid: str) -> bytes:
        """One block of a tree, not hashed; BlockMissing, PlaceUnreachable."""

    def tree(self, root: str, size_bytes: int) -> Iterator[tuple[str, bytes]]:
        """Every block of a tree, parents first, not hashed; may end early with an error."""


@dataclass(frozen=True)
class OnThisMachine:
    """The store. What it lacks is fetched from the other places, in their order."""

    store: BlockStore

    def put(self, cid: str, size_bytes: int) -> None:
        if not self.store.verify(cid):
            proof.mend(self.store, cid, size_bytes, ((name, named(name, self.store)) for name in others()))

    def claims(self, cid: str) -> bool:
        return self.store.has(cid)

    def one(self, root: str, cid: str) -> bytes:
        return self.store.block(cid)

    def tree(self, root: str, size_bytes: int) -> Iterator[tuple[str, bytes]]:
        return ((cid, self.store.block(cid)) for cid in self.store.walk(root))


@dataclass(frozen=True)
class AtKubo:
    """A node with the Kubo RPC, filled from the store."""

    store: BlockStore
    node: KuboPlace

    def put(self, cid: str, size_bytes: int) -> None:
        self.node.put(self.store, cid)

    def claims(self, cid: str) -> bool:
        return self.node.holds(cid)

    def one(self, root: str, cid: str) -> bytes:
        return self.node.one(root, cid)

    def tree(self, root: str, size_bytes: int) -> Iterator[tuple[str, bytes]]:
        return self.node.tree(root, size_bytes)


def names() -> list[str]:
    """Every place that is set up, the store first; PlaceMisnamed for settings that cannot be read."""
    return [STORE, *others()]


def others() -> list[str]:
    """The places that are not this machine."""
    found = [KUBO] if settings.IPFS_API else []
    for entry in [*settings.PINNING_SERVICES, *settings.BUCKETS]:
        name = entry.partition("=")[0].strip()
        if not _NAME.fullmatch(name) or name in (*found, STORE, KUBO):
            raise PlaceMisnamed(f"{name!r} cannot be the name of a place, or is there twice.")
        found.append(name)
    return found


def needed() -> int:
    """How many places must have proven a tree before it may be minted or sold: two where there are two, or as set."""
    return settings.PLACES_NEEDED or min(2, len(names()))


def named(name: str, store: BlockStore) -> Place:
    """The place of that name; PlaceMisnamed when the settings name none."""
    if name == STORE:
        return OnThisMachine(store)
    if name == KUBO and settings.IPFS_API:
        return AtKubo(store, KuboPlace(settings.IPFS_API))
    for entry in settings.PINNING_SERVICES:
        if entry.partition("=")[0].strip() == name:
            return _pinning_service(name, entry.partition("=")[2].strip())
    for entry in settings.BUCKETS:
        if entry.partition("=")[0].strip() == name:
            return _bucket(name, entry.partition("=")[2].strip(), store)
    raise PlaceMisnamed(f"The settings name no place {name!r}.")


def _pinning_service(name: str, address: str) -> PinningService:
    """`https://api.example/psa https://gateway.example`: the API, then the gateway that gives the bytes back."""
    api, _, gateway = address.partition(" ")
    if not all(urlsplit(url.strip()).scheme in ("http", "https") for url in (api, gateway)):
        raise PlaceMisnamed(f"{name} needs two addresses: of its API and of its gateway.")
    token = os.environ.get(f"PINNING_TOKEN_{name.upper().replace('-', '_')}", "")
    origins = tuple(settings.PINNING_ORIGINS)
    return PinningService(name, api.strip().rstrip("/"), token, gateway.strip().rstrip("/"), origins)


def _bucket(name: str, address: str, store: BlockStore) -> Bucket:
    """`s3://bucket/prefix?endpoint=https://…&region=…&profile=…`."""
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc:
        raise PlaceMisnamed(f"{name} needs an address such as s3://bucket/prefix.")
    prefix = parts.path.strip("/")
    return Bucket(name, store, parts.netloc, f"{prefix}/" if prefix else "", dict(parse_qsl(parts.query)))
