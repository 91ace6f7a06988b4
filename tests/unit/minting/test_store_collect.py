"""What the store forgets and finds: references from pins, collection beside puts, kill -9, spoilt and lost blocks."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minting.errors import BlockMissing, StoreFull
from minting.ipfs import cid, collect, pins
from minting.ipfs.disk import DRAFT, SPOILT
from minting.ipfs.store import BlockStore
from minting.models import Pin
from tests.support.processes import ROOT, poll, python
from tests.unit.minting.test_store import blocks, file_size_limit, spoil

HOUR = 3600


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BlockStore]:
    with override_settings(CONTENT_STORE_DIR=tmp_path / "blocks"):
        yield BlockStore(tmp_path / "blocks")


def age(store: BlockStore, seconds: float = 2 * HOUR) -> None:
    """As if everything had been written that long ago."""
    then = time.time() - seconds
    for part in list(store.all()):
        with contextlib.suppress(FileNotFoundError):  # a collector may be at work
            os.utime(store.root / part[-3:-1] / part, (then, then))
    for draft in store.root.rglob(f"{DRAFT}*"):
        os.utime(draft, (then, then))


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("store", *arguments, stdout=out)
    return out.getvalue()


def test_references_count_the_trees_that_hold_a_block(store: BlockStore) -> None:
    shared = store.put_bytes(b"shared")
    one, two = store.put_folder({"a": shared}), store.put_folder({"b": shared, "c": store.put_bytes(b"own")})
    count = collect.references(store, [one, two, shared])
    assert (count[shared], count[one], count[two], count[cid.of_bytes(b"own")]) == (3, 1, 1, 1)


def test_gc_removes_what_no_root_holds_and_nothing_else(store: BlockStore) -> None:
    shared = os.urandom(cid.CHUNK_BYTES)
    kept, gone = store.put_bytes(shared + os.urandom(9)), store.put_bytes(shared + os.urandom(300_000))
    age(store)
    freed = collect.gc(store, [kept], HOUR)
    assert (freed.blocks, freed.drafts) == (3, 0)  # the node and its other two leaves
    assert store.verify(kept)
    assert not store.has(gone)


@given(st.lists(st.tuples(st.sets(st.integers(0, 5), min_size=1), st.booleans()), max_size=6))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_gc_leaves_every_pinned_tree_whole_when_trees_share_blocks(
    store: BlockStore, trees: list[tuple[set[int], bool]]
) -> None:
    leaves = [store.put_bytes(bytes([number])) for number in range(6)]
    made = [(store.put_folder({str(at): leaves[at] for at in chosen}), is_pinned) for chosen, is_pinned in trees]
    age(store)
    pinned = {root for root, is_pinned in made if is_pinned}
    collect.gc(store, sorted(pinned), HOUR)
    assert all(store.verify(root) for root in pinned)
    assert set(store.all()) == set(collect.references(store, pinned))


def test_gc_spares_what_is_young(store: BlockStore) -> None:
    kept = store.put_bytes(b"put, and its row not committed yet")
    assert collect.gc(store, [], HOUR).blocks == 0
    assert store.verify(kept)
    with pytest.raises(ValueError, match="under way"):
        collect.gc(store, [], 60)


def test_gc_removes_nothing_when_a_pinned_tree_cannot_be_followed(store: BlockStore) -> None:
    root = store.put_bytes(os.urandom(600_000))
    other = store.put_bytes(b"not pinned")
    next(path for path in blocks(store) if path.name == root).unlink()
    age(store)
    with pytest.raises(BlockMissing, match="Nothing was removed"):
        collect.gc(store, [root], HOUR)
    assert store.has(other)


def test_gc_takes_no_block_of_a_put_that_runs_beside_it_when_old_ones_are_found_again(store: BlockStore) -> None:
    """The blocks were there, old and unpinned; the put does not write them anew, and gc is after the very same."""
    pieces = [os.urandom(cid.CHUNK_BYTES) for _ in range(24)]
    data = b"".join(pieces)
    ends = threading.Event()
    failures: list[BaseException] = []

    def collecting() -> None:
        try:
            while not ends.is_set():
                collect.gc(store, [], HOUR)
        except BaseException as error:
            failures.append(error)

    collector = threading.Thread(target=collecting)
    collector.start()
    try:
        for _ in range(15):
            root = store.put_bytes(data)
            assert store.verify(root)
            age(store)
    finally:
        ends.set()
        collector.join()
    assert failures == []


def test_put_leaves_nothing_half_and_can_be_repeated_when_it_was_killed(store: BlockStore, tmp_path: Path) -> None:
    """SIGKILL while blocks are being written: each name holds its bytes, and the root is not there."""
    data = os.urandom(400 * cid.CHUNK_BYTES)
    (tmp_path / "large").write_bytes(data)
    program = (
        "import sys\nfrom pathlib import Path\nfrom minting.ipfs.store import BlockStore\n"
        "while True:\n    BlockStore(Path(sys.argv[1])).put_file(sys.argv[2])\n    print('whole', flush=True)\n"
    )
    child = subprocess.Popen(python("-c", program, str(store.root), str(tmp_path / "large")), cwd=ROOT)
    try:
        poll(lambda: len(list(store.all())) > 20, 30)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait(20)
    root, written = cid.of_bytes(data), list(store.all())
    assert len(written) < 400
    assert not store.has(root)
    assert all(store.block(part) for part in written)
    (store.root / "aa").mkdir(exist_ok=True)
    (store.root / "aa" / f"{DRAFT}left").write_bytes(b"half a bl")  # what a kill a moment earlier leaves
    age(store)
    assert store.put_bytes(data) == root
    freed = collect.gc(store, [root], HOUR)
    assert (freed.blocks, freed.drafts >= 1) == (0, True)
    assert not list(store.root.rglob(f"{DRAFT}*"))
    assert store.verify(root)


def test_put_can_be_repeated_when_the_disk_was_full_in_the_middle(store: BlockStore, tmp_path: Path) -> None:
    small, large = os.urandom(50_000), os.urandom(3 * cid.CHUNK_BYTES)
    with file_size_limit(100_000):
        kept = store.put_bytes(small)
        with pytest.raises(StoreFull):
            store.put_bytes(large + small)
        assert store.verify(kept)
    assert not store.has(cid.of_bytes(large + small))
    assert not list(store.root.rglob(f"{DRAFT}*"))
    assert store.verify(store.put_bytes(large + small))


@pytest.mark.django_db
def test_fsck_sets_spoilt_blocks_aside_and_wakes_the_check_when_they_are_pinned(store: BlockStore) -> None:
    whole, harmed = pins.keep(b"whole", "a", "text/plain"), pins.keep(os.urandom(600_000), "b", "image/png")
    loose = store.put_bytes(b"pinned by nobody")
    assert "0 blocks" not in run("fsck")
    Pin.objects.update(due_at="2100-01-01T00:00:00Z")
    leaf = list(store.walk(harmed))[1]
    spoil(store, leaf)
    spoil(store, loose)
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("store", "fsck", stdout=out)
    assert end.value.code == 1
    assert f"pinned {harmed} lacks 1: {leaf}" in out.getvalue()
    assert loose in out.getvalue()
    assert len(list(store.root.rglob(f"{SPOILT}*"))) == 2
    assert Pin.objects.get(cid=harmed, place="store").due_at.year < 2100
    assert Pin.objects.get(cid=whole, place="store").due_at.year == 2100
    assert not store.has(leaf)


@pytest.mark.django_db
def test_store_command_collects_counts_and_carries_when_asked(store: BlockStore, tmp_path: Path) -> None:
    kept = pins.keep(os.urandom(300_000), "a.png", "image/png")
    gone = store.put_bytes(b"pinned by nobody")
    age(store)
    assert "Removed 1 blocks" in run("gc", "--hours", "1")
    assert not store.has(gone)
    assert [line.split()[0] for line in run("refs", kept).splitlines()] == ["1"] * 3
    run("export", kept, str(tmp_path / "a.car"))
    Pin.objects.all().delete()
    age(store)
    assert "Removed 3 blocks" in run("gc", "--hours", "1")
    assert run("import", str(tmp_path / "a.car")).strip() == kept
    assert store.verify(kept)
    assert pins.of(kept).count() == 1
    with pytest.raises(CommandError, match="under way"):
        run("gc", "--hours", "0")
    with pytest.raises(CommandError):
        run("export", cid.of_bytes(b"never seen"), str(tmp_path / "b.car"))
