"""The places that keep copies: "store" is the content store of this machine, "kubo" the node of settings.IPFS_API.

A place can put a file where it keeps things and can tell, by reading it back, whether it still has it. Which row
says what about it is the matter of pins.py.
"""

import tempfile
from typing import Final, Protocol

from django.conf import settings

from minting.errors import BlockMissing, WrongCid
from minting.ipfs import cid as cids
from minting.ipfs.kubo import KuboPlace
from minting.ipfs.store import BlockStore

STORE: Final = "store"
KUBO: Final = "kubo"


class Place(Protocol):
    def put(self, cid: str, size_bytes: int) -> None:
        """Put the file there. Harmless when repeated. Raises a MintingError when it did not happen."""

    def has_whole(self, cid: str, size_bytes: int) -> bool:
        """Read it back and hash it; False for other bytes too. PlaceUnreachable when it cannot be known."""


class OnThisMachine:
    """The store. What it lacks is fetched from the further place, where there is one."""

    def __init__(self, store: BlockStore, further: KuboPlace | None) -> None:
        self._store, self._further = store, further

    def put(self, cid: str, size_bytes: int) -> None:
        if self._store.verify(cid):
            return
        if not self._further:
            raise BlockMissing(f"The content store has lost blocks of {cid}, and no other place is set up.")
        with tempfile.NamedTemporaryFile() as file:  # other bytes must not get into the store
            for piece in self._further.fetch(cid, size_bytes):
                file.write(piece)
            file.flush()
            if cids.of_file(file.name) != cid:
                raise WrongCid(f"The node of IPFS_API gives other bytes than those of {cid}.")
            self._store.put_file(file.name)

    def has_whole(self, cid: str, size_bytes: int) -> bool:
        return self._store.verify(cid)


class AtKubo:
    """The node of IPFS_API, filled from the store."""

    def __init__(self, store: BlockStore, node: KuboPlace) -> None:
        self._store, self._node = store, node

    def put(self, cid: str, size_bytes: int) -> None:
        self._node.put(self._store, cid)

    def has_whole(self, cid: str, size_bytes: int) -> bool:
        if not self._node.holds(cid):
            return False
        stream = cids.hasher()
        try:
            for piece in self._node.fetch(cid, size_bytes):
                stream.update(piece)
        except WrongCid:
            return False
        return stream.finalize() == cid


def names() -> list[str]:
    """The places that are set up: the store always, the node where IPFS_API names one."""
    return [STORE, KUBO] if settings.IPFS_API else [STORE]


def named(name: str, store: BlockStore) -> Place:
    node = KuboPlace(settings.IPFS_API) if settings.IPFS_API else None
    if name == KUBO and node:
        return AtKubo(store, node)
    return OnThisMachine(store, node)
