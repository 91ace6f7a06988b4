import io
import os
from pathlib import Path

import aleph_cid
import pytest

from minting.errors import BlockMissing, CorruptBlock, MalformedCar, MalformedCid
from minting.ipfs import car, cid
from minting.ipfs.store import BlockStore


@pytest.fixture
def store(tmp_path: Path) -> BlockStore:
    return BlockStore(tmp_path / "blocks")


@pytest.fixture
def other(tmp_path: Path) -> BlockStore:
    return BlockStore(tmp_path / "other")


def archive(store: BlockStore, kept: str) -> bytes:
    return b"".join(car.stream(store, kept))


@pytest.mark.parametrize("size", [0, 5, 2**20 + 1, 180 * cid.CHUNK_BYTES])
def test_read_brings_the_file_back_when_its_archive_is_read(store: BlockStore, other: BlockStore, size: int) -> None:
    data = os.urandom(size)
    kept = store.put_bytes(data)
    assert car.read(io.BytesIO(archive(store, kept)), other) == [kept]
    assert b"".join(other.read(kept)) == data


def test_stream_names_the_root_when_another_reader_reads_it(store: BlockStore, tmp_path: Path) -> None:
    kept = store.put_bytes(os.urandom(600_000))
    (tmp_path / "f.car").write_bytes(archive(store, kept))
    assert aleph_cid.read_carv1_root(tmp_path / "f.car") == kept


def test_read_takes_an_archive_of_another_writer_when_it_holds_a_folder(other: BlockStore, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a").write_bytes(b"hello")
    root = aleph_cid.write_folder_car(tmp_path / "folder", tmp_path / "f.car")
    with (tmp_path / "f.car").open("rb") as file:
        assert car.read(file, other) == [root]
    assert b"".join(other.read(cid.of_bytes(b"hello"))) == b"hello"


def test_stream_holds_a_block_once_when_the_file_repeats_itself(store: BlockStore) -> None:
    kept = store.put_bytes(bytes(10 * cid.CHUNK_BYTES))
    assert len(archive(store, kept)) < 2 * cid.CHUNK_BYTES


def test_stream_ends_with_an_error_when_a_block_is_missing(store: BlockStore) -> None:
    kept = store.put_bytes(os.urandom(2 * cid.CHUNK_BYTES))
    leaf = list(store.walk(kept))[-1]
    next(store.root.rglob(leaf)).unlink()
    with pytest.raises(BlockMissing):
        archive(store, kept)


def test_read_refuses_when_a_block_has_changed(store: BlockStore, other: BlockStore) -> None:
    kept = store.put_bytes(b"as it was")
    changed = archive(store, kept).replace(b"as it was", b"as it is!")
    with pytest.raises(CorruptBlock):
        car.read(io.BytesIO(changed), other)
    assert not other.has(kept)


def test_read_refuses_when_archive_is_cut_anywhere(store: BlockStore, other: BlockStore) -> None:
    whole = archive(store, store.put_bytes(b"hello"))
    header = 1 + whole[0]
    for length in range(len(whole)):
        if length != header:  # a header without blocks is an archive too
            with pytest.raises(MalformedCar):
                car.read(io.BytesIO(whole[:length]), other)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", MalformedCar),
        (b"\xff" * 12, MalformedCar),
        (b"\xff\xff\xff\x7f" + b"x" * 100, MalformedCar),
        (b"\x0b\xa1gversion\x02", MalformedCar),
        (b"\x11\xa2eroots\x80gversion\x01", MalformedCar),
        (b"\x16\xa2eroots\x81\xd8\x2a\x58\x02\x00\x01gversion\x01", MalformedCid),
        (b"PK\x03\x04" + b"\0" * 60, MalformedCar),
    ],
)
def test_read_refuses_when_file_is_no_archive(other: BlockStore, data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        car.read(io.BytesIO(data), other)
