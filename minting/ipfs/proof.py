"""Whether a place still has a tree, told by its bytes: in whole, in a sample; and putting back what is lost here.

A place gives blocks; each is hashed here, so equal addresses are equal bytes, and the tree is followed from its root,
so that nothing is left out. Works on any place, and believes none.
"""

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from minting.errors import BlockMissing, CorruptBlock, MintingError, NotAFile, PlaceUnreachable, WrongCid
from minting.ipfs import cid as cids
from minting.ipfs import unixfs
from minting.ipfs.store import BlockStore

SAMPLE_BLOCKS: Final = 4
_WHOLE_UP_TO: Final = 4  # a tree of so few blocks is read in whole
_random = random.SystemRandom()  # a place must not foresee what it will be asked


class Source(Protocol):
    """What can be asked for blocks."""

    def one(self, root: str, cid: str) -> bytes:
        """One block of a tree, not hashed; BlockMissing, PlaceUnreachable."""

    def tree(self, root: str, size_bytes: int) -> Iterator[tuple[str, bytes]]:
        """Every block of a tree, parents first, not hashed; may end early with an error."""


def whole(place: Source, root: str, size_bytes: int) -> bool:
    """Whether every block of the tree comes back and hashes to its address. PlaceUnreachable when nobody knows."""
    wanted, got = {root}, set()
    try:
        for cid, block in place.tree(root, size_bytes):
            if not _is(cid, block):
                return False
            got.add(cid)
            wanted.update(_children(cid, block))
    except (BlockMissing, CorruptBlock, NotAFile, WrongCid):
        return False
    return wanted <= got


def sample(place: Source, store: BlockStore, root: str, size_bytes: int) -> bool:
    """As `whole` for some blocks, chosen here by chance, compared byte for byte with ours."""
    parts = list(store.walk(root))
    if len(parts) <= _WHOLE_UP_TO:
        return whole(place, root, size_bytes)
    chosen = [root, *_random.sample(parts[1:], SAMPLE_BLOCKS - 1)]
    try:
        return all(place.one(root, cid) == store.block(cid) for cid in chosen)
    except (BlockMissing, WrongCid):
        return False


def mend(store: BlockStore, root: str, size_bytes: int, others: Iterable[tuple[str, Source]]) -> str:
    """Put back what the store lacks of a tree, from the first places that have it; their names. BlockMissing.

    Other bytes never get into the store. What one place gave stays, and the next one gives the rest.
    """
    helped, unknown = [], None
    for name, place in others:
        lacking = set(store.missing(root))
        if not lacking:
            break
        try:
            for cid, block in place.tree(root, size_bytes):
                if not _is(cid, block):
                    raise WrongCid(f"{name} gives other bytes than those of {cid}.")
                if cid in lacking or not store.has(cid):
                    store.put_block(block, cids.decode(cid)[0])
                    helped.append(name)
        except MintingError as error:
            unknown = error
    if not store.verify(root):
        if isinstance(unknown, PlaceUnreachable | WrongCid):
            raise unknown
        raise BlockMissing(f"The content store has lost blocks of {root}, and no other place gives them.")
    return ", ".join(dict.fromkeys(helped))


def by_walking(root: str, one: Callable[[str], bytes], seconds: float) -> Iterator[tuple[str, bytes]]:
    """The tree of a place that gives block by block; a block is hashed before it is followed. WrongCid."""
    end, seen, ahead = time.monotonic() + seconds, set(), [root]
    while ahead:
        cid = ahead.pop()
        if cid in seen:
            continue
        seen.add(cid)
        if time.monotonic() > end:
            raise PlaceUnreachable("The place takes too long to give a tree.")
        block = one(cid)
        if not _is(cid, block):
            raise WrongCid(f"A place gives other bytes than those of {cid}.")
        yield cid, block
        ahead.extend(reversed(_children(cid, block)))


def _is(cid: str, block: bytes) -> bool:
    return hashlib.sha256(block).digest() == cids.digest32(cid)


def _children(cid: str, block: bytes) -> list[str]:
    return [] if cids.is_raw(cid) else [link.cid for link in unixfs.node(block).links]
