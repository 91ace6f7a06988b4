"""Faults that keeping bytes has to bear, with real parts: a stopped node, a killed backend."""

import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.test import override_settings
from django.utils import timezone

from config.backup import database
from gallery import works
from gallery.errors import NotReady
from minting.ipfs import cid, pins
from minting.ipfs import store as stores
from minting.models import Pin, Place
from tests.support.ipfs_node import IpfsNode
from tests.unit.gallery import factories as make
from tests.unit.gallery.test_keepsakes import published

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_places(settings: Any, tmp_path: Path) -> None:
    settings.CONTENT_STORE_DIR, settings.PICTURES_DIR = tmp_path / "blocks", tmp_path / "pictures"
    settings.DEPLOYMENTS_DIR = tmp_path
    make.deployed(tmp_path)


def work_all(**of: Any) -> None:
    """Every pin at once, also those that a message was sent for, and no place waits for its turn."""
    Pin.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    for pin_id in list(Pin.objects.filter(**of).values_list("pk", flat=True)):
        Place.objects.update(next_at=timezone.now() - timedelta(seconds=1))
        pins.work(pin_id)


def test_s1_mint_waits_while_the_node_is_stopped_and_goes_when_it_is_back() -> None:
    with IpfsNode() as node, override_settings(IPFS_API=node.api):
        node.stop()
        work = published()
        work_all(place="store")
        work_all(place="kubo", cid=work.image_cid)
        assert {pin.status for pin in Pin.objects.filter(place="store")} == {"pinned"}
        with pytest.raises(NotReady, match="still being pinned"):
            works.mint(work)
        node.start()
        work_all()
        assert works.mint(work).status == "wanted"


def killed(number: int) -> None:
    with psycopg.connect(database.here(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [number])


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def killed_while_keeping(data: bytes) -> None:
    with transaction.atomic():
        pins.keep(data, "a.png", "image/png")
        killed(backend())
        Pin.objects.count()


def test_d1_keeping_is_rolled_back_when_the_backend_is_killed_and_can_be_repeated() -> None:
    data = os.urandom(300_000)
    with pytest.raises(OperationalError):
        killed_while_keeping(data)
    connection.close()
    assert not Pin.objects.exists()
    kept = cid.of_bytes(data)
    assert stores.here().verify(kept)  # bytes come before rows, and what no row names is collected later
    assert pins.keep(data, "a.png", "image/png") == kept
    work_all()
    assert pins.is_kept(kept)


def test_d1_pin_is_tried_again_when_the_workers_backend_is_killed_at_its_edge(monkeypatch: Any) -> None:
    kept = pins.keep(os.urandom(1000), "a.png", "image/png")
    [pin] = pins.of(kept)
    edge = pins.mark_uploaded

    def and_then_killed(of: Pin) -> None:
        number = backend()
        monkeypatch.setattr(pins, "mark_uploaded", edge)
        worker = threading.Thread(target=killed, args=(number,))
        worker.start()
        worker.join()
        edge(of)

    monkeypatch.setattr(pins, "mark_uploaded", and_then_killed)
    with pytest.raises(OperationalError):
        pins.work(pin.pk)
    connection.close()
    assert Pin.objects.get().status == "wanted"
    work_all()
    assert pins.is_kept(kept)
