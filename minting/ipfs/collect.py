"""What the content store may forget, and whether what it holds is still what it was.

A block is referred to as often as there are pinned trees that hold it. `gc` removes blocks to which nothing refers
and that nobody has written, or found here, for a day: a put that is under way, or whose rows are about to be
committed, keeps its blocks by their age. Where a pinned tree cannot be followed to its end nothing at all is removed.
`fsck` hashes every block again and takes changed ones out of their place, so that the check of the pins finds and
mends them. Both may run beside everything else; neither writes a row.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from minting.errors import BlockMissing, CorruptBlock
from minting.ipfs.store import BlockStore

GRACE_SECONDS: Final = 24 * 3600
GRACE_SECONDS_MIN: Final = 3600  # longer than any put and its transaction take


@dataclass(frozen=True)
class Freed:
    """What `gc` removed: blocks, drafts of killed processes, and the bytes of both."""

    blocks: int
    drafts: int
    size_bytes: int


@dataclass
class Findings:
    """What `fsck` saw: blocks and their bytes, CIDs of changed ones, and pinned roots with what they lack."""

    blocks: int = 0
    size_bytes: int = 0
    spoilt: list[str] = field(default_factory=list)
    lacking: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        return not self.spoilt and not self.lacking


def references(store: BlockStore, roots: Iterable[str]) -> Counter[str]:
    """How many of the trees hold each block; BlockMissing or CorruptBlock where one cannot be followed."""
    count: Counter[str] = Counter()
    for root in roots:
        count.update(store.walk(root))
    return count


def gc(store: BlockStore, roots: Iterable[str], grace_seconds: float = GRACE_SECONDS) -> Freed:
    """Remove what no root refers to; the age is counted from before the roots were read.

    `roots` is read once, lazily, after the clock: a root that comes later was put later, and is young.
    """
    if grace_seconds < GRACE_SECONDS_MIN:
        raise ValueError(f"Blocks younger than {GRACE_SECONDS_MIN} seconds may belong to a put that is under way.")
    older_than = time.time() - grace_seconds
    try:
        held = references(store, roots)
    except (BlockMissing, CorruptBlock) as error:
        raise type(error)(
            f"Nothing was removed: a pinned tree cannot be followed to its end. {error}",
            next_step="Run `manage.py store fsck`, let the pins be mended from another place, and try again.",
        ) from error
    blocks = drafts = size_bytes = 0
    for cid, freed in store.remove(lambda cid: cid not in held, older_than):
        blocks, drafts, size_bytes = blocks + bool(cid), drafts + (not cid), size_bytes + freed
    return Freed(blocks, drafts, size_bytes)


def fsck(store: BlockStore, roots: Iterable[str]) -> Findings:
    """Hash every block on the disk, then follow every root; reads everything once."""
    found = Findings()
    for cid in store.all():
        try:
            found.size_bytes += len(store.block(cid))
            found.blocks += 1
        except CorruptBlock:
            store.set_aside(cid)
            found.spoilt.append(cid)
        except BlockMissing:
            continue  # collected meanwhile
    for root in roots:
        lacking = store.missing(root, hash_leaves=False)
        if lacking:
            found.lacking[root] = lacking
    return found
