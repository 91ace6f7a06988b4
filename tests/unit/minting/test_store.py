import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from minting.errors import BlockMissing, CorruptBlock, MalformedCid, NotAFile, StoreFull
from minting.ipfs import cid, unixfs
from minting.ipfs.store import BlockStore

MANY_LEAVES = 175 * cid.CHUNK_BYTES + 1  # 176 leaves: two levels of nodes


@pytest.fixture
def store(tmp_path: Path) -> BlockStore:
    return BlockStore(tmp_path / "blocks")


def files(store: BlockStore) -> list[Path]:
    return sorted(path for path in store.root.rglob("*") if path.is_file() and path.name != ".lock")


def blocks(store: BlockStore) -> list[Path]:
    return [path for path in files(store) if not path.name.startswith(".")]


def spoil(store: BlockStore, block: str) -> None:
    path = next(path for path in files(store) if path.name == block)
    path.write_bytes(path.read_bytes()[:-1] + b"?")


@pytest.mark.parametrize("size", [0, 1, cid.CHUNK_BYTES, cid.CHUNK_BYTES + 1, 3 * cid.CHUNK_BYTES, MANY_LEAVES])
def test_put_bytes_keeps_them_under_the_computed_address_when_size_is_any(store: BlockStore, size: int) -> None:
    data = os.urandom(size)
    kept = store.put_bytes(data)
    assert kept == cid.of_bytes(data)
    assert b"".join(store.read(kept)) == data
    assert store.size(kept) == size
    assert store.verify(kept)


def test_put_file_gives_what_put_bytes_gives_when_bytes_are_the_same(store: BlockStore, tmp_path: Path) -> None:
    data = os.urandom(2**20 + 5)
    (tmp_path / "f").write_bytes(data)
    assert store.put_file(tmp_path / "f") == store.put_bytes(data)


def test_put_bytes_writes_nothing_when_repeated(store: BlockStore) -> None:
    data = os.urandom(2**20)
    store.put_bytes(data)
    before = [(path, path.stat().st_ino) for path in files(store)]
    store.put_bytes(data)
    assert [(path, path.stat().st_ino) for path in files(store)] == before


def test_put_bytes_makes_the_blocks_young_again_when_repeated(store: BlockStore) -> None:
    store.put_bytes(b"old")
    (path,) = blocks(store)
    os.utime(path, (1, 1))
    store.put_bytes(b"old")
    assert path.stat().st_mtime > 1_000_000


def test_block_refuses_when_bytes_on_disk_have_changed(store: BlockStore) -> None:
    kept = store.put_bytes(b"as it was")
    spoil(store, kept)
    with pytest.raises(CorruptBlock):
        store.block(kept)
    with pytest.raises(CorruptBlock):
        list(store.read(kept))
    assert not store.verify(kept)


def test_put_bytes_mends_the_block_when_it_has_changed(store: BlockStore) -> None:
    kept = store.put_bytes(b"as it was")
    spoil(store, kept)
    store.put_bytes(b"as it was")
    assert store.block(kept) == b"as it was"


def test_missing_names_the_leaves_when_one_is_gone_and_one_has_changed(store: BlockStore) -> None:
    kept = store.put_bytes(os.urandom(3 * cid.CHUNK_BYTES))
    first, second, _ = (link.cid for link in unixfs.decode(store.block(kept)).links)
    next(path for path in files(store) if path.name == first).unlink()
    spoil(store, second)
    assert store.missing(kept) == [first, second]
    assert not store.is_complete(kept)
    assert not store.verify(kept)


def test_block_is_missing_when_it_was_never_kept(store: BlockStore) -> None:
    stranger = cid.of_bytes(b"never seen")
    assert not store.has(stranger)
    assert not store.verify(stranger)
    assert store.missing(stranger) == [stranger]
    with pytest.raises(BlockMissing):
        store.block(stranger)


def test_has_refuses_without_touching_the_disk_when_address_is_a_path(store: BlockStore) -> None:
    with pytest.raises(MalformedCid):
        store.has("../../../../etc/passwd")
    assert not store.root.exists()


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 0), (0, 1), (5, 9), (262_143, 262_145), (300_000, 786_432), (7, None)]
)
def test_read_gives_the_part_when_a_range_is_asked_for(store: BlockStore, start: int, stop: int | None) -> None:
    data = os.urandom(3 * cid.CHUNK_BYTES)
    assert b"".join(store.read(store.put_bytes(data), start, stop)) == data[start:stop]


@contextmanager
def file_size_limit(size_bytes: int) -> Iterator[None]:
    """The kernel refuses to let any file of this process grow further."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_put_bytes_leaves_no_half_file_when_kernel_refuses_to_write_on(store: BlockStore) -> None:
    data = os.urandom(200_000)
    with file_size_limit(100_000), pytest.raises(StoreFull, match="no room"):
        store.put_bytes(data)
    assert files(store) == []
    assert store.verify(store.put_bytes(data))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_put_bytes_says_that_the_disk_is_full_when_flushing_fails(
    store: BlockStore, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFull) as refusal:
        store.put_bytes(b"x")
    assert refusal.value.retryable
    assert files(store) == []


def test_read_refuses_when_address_names_a_folder(store: BlockStore) -> None:
    folder = store.put_block(b"\x0a\x02\x08\x01", cid.DAG_PB)
    with pytest.raises(NotAFile):
        store.size(folder)


def test_read_gives_the_bytes_when_a_node_has_them_inline(store: BlockStore) -> None:
    inline = store.put_block(b"\x0a\x09\x08\x02\x12\x03abc\x18\x03", cid.DAG_PB)  # as CIDv0 leaves are
    assert b"".join(store.read(inline)) == b"abc"


@pytest.mark.parametrize(
    "block", [b"\xff", b"\x0a\xff", b"\x0a\x02\x08", b"\x12\x02\x10\x01\x0a\x02\x08\x02", b"\x0d1234"]
)
def test_size_refuses_when_block_is_no_node(store: BlockStore, block: bytes) -> None:
    with pytest.raises(CorruptBlock):
        store.size(store.put_block(block, cid.DAG_PB))


def test_walk_refuses_when_tree_is_deeper_than_any_file(store: BlockStore) -> None:
    at = unixfs.Link(store.put_bytes(b"x"), 1, 1)
    for _ in range(12):
        at = unixfs.Link(store.put_block(unixfs.encode([at]), cid.DAG_PB), 1, 1)
    with pytest.raises(CorruptBlock, match="deeper"):
        list(store.read(at.cid))
    for _ in range(60):
        at = unixfs.Link(store.put_block(unixfs.encode([at]), cid.DAG_PB), 1, 1)
    with pytest.raises(CorruptBlock, match="deeper"):
        list(store.walk(at.cid))
    assert not store.verify(at.cid)


def test_walk_ends_when_every_node_names_the_next_one_twice(store: BlockStore) -> None:
    at = unixfs.Link(store.put_bytes(b"x"), 1, 1)
    for _ in range(60):  # 2^60 leaves to whoever opens a node again and again
        at = unixfs.Link(store.put_block(unixfs.encode([at, at]), cid.DAG_PB), 2 * at.file_bytes, 1)
    assert len(list(store.walk(at.cid))) == 61
    assert store.verify(at.cid)


def test_read_refuses_when_a_part_has_another_length_than_is_said(store: BlockStore) -> None:
    leaf = store.put_bytes(b"four")
    for said in (3, 5, 2**40):
        liar = store.put_block(unixfs.encode([unixfs.Link(leaf, said, 4)]), cid.DAG_PB)
        with pytest.raises(CorruptBlock, match="length"):
            list(store.read(liar))
