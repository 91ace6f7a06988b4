"""Folders against aleph-cid, which hashes them as Kubo does, and their reading back."""

import os
from pathlib import Path

import aleph_cid
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minting.errors import CorruptBlock, MalformedCid, NameRefused, NotAFile, NotInFolder
from minting.ipfs import cid, dagpb, folders, unixfs
from minting.ipfs.store import BlockStore

EMPTY_FOLDER = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354"  # known to every implementation


@pytest.fixture
def store(tmp_path: Path) -> BlockStore:
    return BlockStore(tmp_path / "blocks")


def on_disk(folder: Path, names: list[str], data: bytes = b"x") -> str:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(data)
    return aleph_cid.hash_folder(folder)


def test_put_folder_gives_the_known_address_when_it_is_empty(store: BlockStore) -> None:
    assert store.put_folder({}) == EMPTY_FOLDER
    assert list(store.entries(EMPTY_FOLDER)) == []


@pytest.mark.parametrize(
    ("count", "letters"),
    [(1, 1), (3, 200), (1000, 8), (4095, 28), (4096, 28), (4097, 28), (10_000, 9)],
    ids=["one", "few", "thousand", "below 256 KiB", "at 256 KiB", "above", "ten thousand"],
)
def test_put_folder_equals_kubos_address_when_the_folder_is_of_any_size(
    store: BlockStore, tmp_path: Path, count: int, letters: int
) -> None:
    names = [f"{number:0{letters}d}" for number in range(count)]
    leaf = store.put_bytes(b"x")
    kept = store.put_folder(dict.fromkeys(names, leaf))
    assert kept == on_disk(tmp_path / "folder", names)
    assert sorted(name for name, _, _ in store.entries(kept)) == names
    assert {store.resolve(kept, names[at]) for at in range(0, count, max(1, count // 50))} == {leaf}
    assert store.verify(kept)
    with pytest.raises(NotInFolder):
        store.resolve(kept, "absent")


def test_put_tree_equals_kubos_address_when_folders_hold_folders_and_large_files(
    store: BlockStore, tmp_path: Path
) -> None:
    root = tmp_path / "series"
    (root / "panels" / "large").mkdir(parents=True)
    (root / "0.json").write_bytes(b"{}")
    (root / "panels" / "한글.png").write_bytes(os.urandom(300_000))
    (root / "panels" / "large" / "a").write_bytes(os.urandom(176 * cid.CHUNK_BYTES))
    kept = store.put_tree(root)
    assert kept == aleph_cid.hash_folder(root)  # an empty folder in it aleph-cid leaves out; a node does not
    at = store.resolve(kept, "/panels//한글.png")
    assert b"".join(store.read(at)) == (root / "panels" / "한글.png").read_bytes()
    paths = {"0.json": store.resolve(kept, "0.json"), "panels/한글.png": at}
    paths["panels/large/a"] = store.resolve(kept, "panels/large/a")
    assert store.put_folder(paths) == kept


@given(
    st.sets(st.text(st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=40))
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_shards_hold_every_name_once_when_names_are_anything(names: set[str]) -> None:
    names = {name for name in names if name not in (".", "..") and len(name.encode()) <= 255}
    kept: dict[str, bytes] = {}

    def write(block: bytes, codec: int) -> str:
        address = cid.of_block(block, codec)
        kept[address] = block
        return address

    links = [dagpb.PBLink(cid.of_bytes(name.encode()), name.encode(), 1) for name in sorted(names)]
    root, _ = folders._shard([(folders._hash(link.name), link) for link in links], 0, write)
    found = {name: address for name, address, _ in folders.entries(root, kept.__getitem__)}
    assert found == {name: cid.of_bytes(name.encode()) for name in names}
    assert all(folders.find(root, name, kept.__getitem__) == address for name, address in found.items())


@pytest.mark.parametrize("name", ["", ".", "..", "a//b", "/a", "a/", "a\0", "x" * 256, "한" * 86, "\ud800"])
def test_put_folder_refuses_when_a_name_could_be_no_files_name(store: BlockStore, name: str) -> None:
    with pytest.raises(NameRefused):
        store.put_folder({name: store.put_bytes(b"x")})


def test_put_folder_refuses_when_a_path_lies_below_a_file(store: BlockStore) -> None:
    leaf = store.put_bytes(b"x")
    with pytest.raises(NameRefused):
        store.put_folder({"a": leaf, "a/b": leaf})
    with pytest.raises(NameRefused):
        store.put_folder({"a/b": leaf, "a": leaf})


def test_put_tree_refuses_when_a_link_would_lead_elsewhere(store: BlockStore, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "passwords").symlink_to("/etc/passwd")
    with pytest.raises(NameRefused):
        store.put_tree(tmp_path / "folder")


def test_resolve_refuses_when_the_path_goes_through_a_file(store: BlockStore) -> None:
    kept = store.put_folder({"a": store.put_bytes(b"x"), "big": store.put_bytes(bytes(300_000))})
    for path in ("a/b", "big/b", "a/../a", "b", "/".join("a" * 70)):
        with pytest.raises(NotInFolder):
            store.resolve(kept, path)
    assert store.resolve(kept, "") == kept


def test_node_refuses_when_it_is_a_symbolic_link() -> None:
    with pytest.raises(NotAFile):
        unixfs.node(b"\x0a\x0d\x08\x04\x12\x09/etc/pass")


@pytest.mark.parametrize("fanout", [b"\x10", b"\x80\x80\x04"])
def test_entries_refuse_when_a_shard_has_another_width(store: BlockStore, fanout: bytes) -> None:
    data = b"\x08\x05\x28\x22\x30" + fanout
    shard = store.put_block(dagpb.encode([], data), cid.DAG_PB)
    with pytest.raises(CorruptBlock):
        list(store.entries(shard))


def test_entries_end_when_a_shard_is_deeper_than_its_hashes(store: BlockStore) -> None:
    at, data = store.put_bytes(b"x"), b"\x08\x05\x28\x22\x30\x80\x02"
    for _ in range(20):
        at = store.put_block(dagpb.encode([dagpb.PBLink(at, b"00", 1)], data), cid.DAG_PB)
    with pytest.raises(CorruptBlock):
        list(store.entries(at))
    name = next(f"{n}" for n in range(10**6) if folders._hash(f"{n}".encode())[0] == 0)
    with pytest.raises((NotInFolder, CorruptBlock)):
        store.resolve(at, name)


def test_links_are_refused_when_they_have_another_kind_of_address(store: BlockStore) -> None:
    block = b"\x12\x06\x0a\x04\x01\x71\x12\x20\x0a\x02\x08\x01"
    with pytest.raises(MalformedCid):
        unixfs.node(block)
