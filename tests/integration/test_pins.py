"""Pins on their way to two real places: the store on a disk, and a real IPFS node that is stopped and started."""

import os
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from minting.errors import PlaceUnreachable, StaleTransition
from minting.ipfs import cid, pins, places
from minting.ipfs import store as stores
from minting.ipfs.kubo import KuboPlace
from minting.models import Pin, Place
from tests.support.ipfs_node import IpfsNode
from tests.support.processes import python

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def shared_node() -> Iterator[IpfsNode]:
    with IpfsNode() as running:
        yield running


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> Iterator[stores.BlockStore]:
    with override_settings(CONTENT_STORE_DIR=tmp_path / "blocks", IPFS_API=""):
        yield stores.here()


@pytest.fixture
def node(shared_node: IpfsNode) -> Iterator[IpfsNode]:
    with override_settings(IPFS_API=shared_node.api):
        yield shared_node


def picture() -> bytes:
    return os.urandom(300_000)


def row(address: str, place: str) -> Pin:
    return Pin.objects.get(cid=address, place=place)


def make_due(**of: object) -> None:
    """As if the time until the next attempt, the next check or the end of a lease had gone by."""
    Pin.objects.filter(**of).update(due_at=timezone.now() - timedelta(seconds=1))


def work_all() -> None:
    for pin_id in pins.due():
        pins.work(pin_id)


def test_keep_writes_wanted_rows_for_each_place_when_bytes_are_new(node: IpfsNode, store: stores.BlockStore) -> None:
    data = picture()
    kept = pins.keep(data, "a.png", "image/png")
    assert kept == cid.of_bytes(data)
    assert store.verify(kept)
    assert [(pin.place, pin.status, pin.size_bytes, pin.mime) for pin in pins.of(kept)] == [
        ("kubo", "wanted", len(data), "image/png"),
        ("store", "wanted", len(data), "image/png"),
    ]
    assert not pins.is_kept(kept)


def test_keep_takes_a_path_and_changes_nothing_when_repeated(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"a picture")
    kept = pins.keep(tmp_path / "a.png", "a.png", "image/png")
    work_all()
    before = list(Pin.objects.values())
    assert pins.keep(b"a picture", "other name", "image/jpeg") == kept
    assert list(Pin.objects.values()) == before


def test_keep_leaves_no_row_when_the_caller_rolls_back() -> None:
    with transaction.atomic():
        pins.keep(b"x", "x", "image/png")
        transaction.set_rollback(True)
    assert not Pin.objects.exists()


def test_work_brings_every_row_to_pinned_when_both_places_are_up(node: IpfsNode) -> None:
    kept = pins.keep(picture(), "a.png", "image/png")
    work_all()
    assert {pin.status for pin in pins.of(kept)} == {"pinned"}
    assert all(pin.verified_at and pin.attempts == 0 for pin in pins.of(kept))
    assert pins.is_kept(kept)
    assert KuboPlace(node.api).holds(kept)
    assert pins.due() == []


def test_work_leaves_the_row_alone_when_it_is_not_due_or_not_there() -> None:
    kept = pins.keep(b"x", "x", "image/png")
    work_all()
    before = Pin.objects.values().get()
    pins.work(row(kept, "store").pk)
    pins.work(999_999)
    assert Pin.objects.values().get() == before


def test_row_stays_wanted_with_its_error_and_comes_back_when_node_is_stopped_and_started() -> None:
    with IpfsNode() as own, override_settings(IPFS_API=own.api):
        own.stop()
        kept = pins.keep(picture(), "a.png", "image/png")
        work_all()
        failed = row(kept, "kubo")
        assert (failed.status, failed.attempts, failed.error_code) == ("wanted", 1, PlaceUnreachable.code)
        assert "IPFS_API" in failed.error_text
        assert failed.due_at > timezone.now()
        assert row(kept, "store").status == "pinned"
        assert not pins.is_kept(kept)
        own.start()
        make_due(pk=failed.pk)
        Place.objects.filter(name="kubo").update(next_at=timezone.now())
        work_all()
        well = row(kept, "kubo")
        assert (well.status, well.attempts, well.error_code, well.error_text) == ("pinned", 0, "", "")
        assert pins.is_kept(kept)


def test_attempts_come_later_and_later_and_go_on_when_node_stays_away() -> None:
    with override_settings(IPFS_API="/ip4/127.0.0.1/tcp/1/http"):
        kept = pins.keep(b"x", "x", "image/png")
        waits = []
        for _ in range(12):
            make_due(place="kubo")
            Place.objects.filter(name="kubo").update(next_at=timezone.now())  # or it would be left in peace
            before = timezone.now()
            pins.work(row(kept, "kubo").pk)
            waits.append(round((row(kept, "kubo").due_at - before).total_seconds()))
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert (row(kept, "kubo").status, row(kept, "kubo").attempts) == ("wanted", 12)


def test_check_pins_it_again_when_the_node_lost_it(node: IpfsNode) -> None:
    kept = pins.keep(picture(), "a.png", "image/png")
    work_all()
    with KuboPlace(node.api)._client() as client:
        client.pin.rm(kept)
    assert not KuboPlace(node.api).holds(kept)
    make_due(place="kubo")
    work_all()
    assert KuboPlace(node.api).holds(kept)
    assert pins.is_kept(kept)


def test_check_mends_the_store_when_a_block_has_changed(node: IpfsNode, store: stores.BlockStore) -> None:
    kept = pins.keep(picture(), "a.png", "image/png")
    work_all()
    next(store.root.rglob(list(store.walk(kept))[-1])).write_bytes(b"rot")
    assert not store.verify(kept)
    pins.check(row(kept, "store"))
    assert store.verify(kept)
    assert row(kept, "store").status == "pinned"


def test_check_says_so_and_goes_on_when_no_place_has_the_bytes(store: stores.BlockStore) -> None:
    data = picture()
    kept = pins.keep(data, "a.png", "image/png")
    work_all()
    next(store.root.rglob(kept)).unlink()
    pins.check(row(kept, "store"))
    lost = row(kept, "store")
    assert (lost.status, lost.error_code, lost.verified_at) == ("wanted", "block_missing", None)
    assert lost.mended_at
    assert not pins.is_kept(kept)
    assert pins.keep(data, "a.png", "image/png") == kept  # someone still had the bytes
    make_due()
    work_all()
    assert pins.is_kept(kept)


def test_check_leaves_it_pinned_when_the_node_cannot_be_asked() -> None:
    with IpfsNode() as own, override_settings(IPFS_API=own.api):
        kept = pins.keep(b"x", "x", "image/png")
        work_all()
        own.stop()
        make_due(place="kubo")
        work_all()
    unknown = row(kept, "kubo")
    assert (unknown.status, unknown.attempts, unknown.error_code) == ("pinned", 1, PlaceUnreachable.code)


def test_next_worker_repeats_the_step_when_one_was_killed_between_upload_and_commit(
    node: IpfsNode, store: stores.BlockStore
) -> None:
    kept = pins.keep(picture(), "a.png", "image/png")
    pin = row(kept, "kubo")
    program = (
        "import django, os, signal; django.setup()\n"
        "from minting.ipfs import pins\n"
        "pins.mark_uploaded = lambda pin: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"pins.work({pin.pk})\n"
    )
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    env = {**os.environ, "DATABASE_URL": url, "CONTENT_STORE_DIR": str(store.root), "IPFS_API": node.api}
    killed = subprocess.run(python("-c", program), env=env, check=False, capture_output=True, timeout=60)
    assert killed.returncode == -9, killed.stderr.decode()
    assert KuboPlace(node.api).holds(kept)
    left = row(kept, "kubo")
    assert left.status == "wanted"
    assert left.due_at > timezone.now()  # the lease of the dead worker
    make_due(place="kubo")
    work_all()
    assert pins.is_kept(kept)


def test_row_is_pinned_once_when_many_workers_have_it_at_the_same_time(node: IpfsNode) -> None:
    kept = pins.keep(picture(), "a.png", "image/png")
    pin_id = row(kept, "kubo").pk
    failures: list[BaseException] = []

    def one() -> None:
        try:
            pins.work(pin_id)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    pinned = row(kept, "kubo")
    assert (pinned.status, pinned.attempts, pinned.error_code) == ("pinned", 0, "")


def test_edge_refuses_when_the_row_is_in_another_state() -> None:
    kept = pins.keep(b"x", "x", "image/png")
    for edge in (pins.mark_pinned, pins.lose, pins.want_again, lambda pin: pins.seen_again(pin, True)):
        with pytest.raises(StaleTransition):
            edge(row(kept, "store"))
    stale = row(kept, "store")
    pins.mark_uploaded(row(kept, "store"))
    with pytest.raises(StaleTransition):
        pins.mark_uploaded(stale)
    assert row(kept, "store").status == "uploaded"


def test_work_refuses_when_a_transaction_would_be_held_open_by_the_network() -> None:
    pin_id = row(pins.keep(b"x", "x", "image/png"), "store").pk
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        pins.work(pin_id)


def test_spread_writes_the_missing_rows_when_a_place_is_set_up_later(node: IpfsNode) -> None:
    with override_settings(IPFS_API=""):
        kept = pins.keep(picture(), "a.png", "image/png")
        work_all()
        assert pins.is_kept(kept)
    assert not pins.is_kept(kept)
    assert (pins.spread(), pins.spread()) == (1, 0)
    work_all()
    assert pins.is_kept(kept)


def test_row_waits_untouched_when_its_place_is_not_set_up_any_more(node: IpfsNode) -> None:
    kept = pins.keep(b"x", "x", "image/png")
    with override_settings(IPFS_API=""):
        assert places.names() == ["store"]
        assert pins.due() == [row(kept, "store").pk]
        pins.work(row(kept, "kubo").pk)
    assert row(kept, "kubo").attempts == 0
