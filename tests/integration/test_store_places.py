"""Pins at real further places: a pinning service with a gateway that may lie, an S3 bucket, a node; their loss."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import override_settings
from django.utils import timezone

from config import health
from minting import api as minting
from minting.errors import BlockMissing, PlaceBusy, PlaceMisnamed, PlaceRefuses, PlaceUnreachable, WrongCid
from minting.ipfs import cid, pins, places, proof
from minting.ipfs import store as stores
from minting.ipfs.bucket import Bucket
from minting.ipfs.kubo import KuboPlace
from minting.ipfs.pinning_service import PinningService
from minting.models import Pin, Place
from tests.support.ipfs_node import IpfsNode
from tests.support.place_servers import BucketServer, Gateway, PinningServer, unpack_archive

pytestmark = pytest.mark.django_db(transaction=True)
DATA = os.urandom(6 * cid.CHUNK_BYTES + 5)


@pytest.fixture(scope="module")
def node() -> Iterator[IpfsNode]:
    with IpfsNode() as running:
        yield running


@pytest.fixture(scope="module")
def bucket_server() -> Iterator[BucketServer]:
    with BucketServer() as running:
        yield running


@pytest.fixture
def service() -> Iterator[PinningServer]:
    with PinningServer() as running:
        yield running


@pytest.fixture
def gateway(node: IpfsNode) -> Iterator[Gateway]:
    with Gateway(node.url) as running:
        yield running


@pytest.fixture(autouse=True)
def store(
    tmp_path: Path, bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[stores.BlockStore]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "S3RVER")
    monkeypatch.setenv("PINNING_TOKEN_FAR_AWAY", PinningServer.token)
    with override_settings(CONTENT_STORE_DIR=tmp_path / "blocks", IPFS_API="", PLACE_CALLS_PER_SECOND=1000):
        yield stores.here()


@pytest.fixture
def far_away(service: PinningServer, gateway: Gateway) -> Iterator[PinningService]:
    with override_settings(PINNING_SERVICES=[f"far-away={service.url} {gateway.url}"]):
        place = places.named("far-away", stores.here())
        assert isinstance(place, PinningService)
        yield place


@pytest.fixture
def vault(bucket_server: BucketServer, store: stores.BlockStore) -> Iterator[Bucket]:
    with override_settings(BUCKETS=[f"vault={bucket_server.address}"]):
        place = places.named("vault", store)
        assert isinstance(place, Bucket)
        yield place


def row(address: str, place: str) -> Pin:
    return Pin.objects.get(cid=address, place=place)


def work_all() -> None:
    """As if every wait had gone by."""
    Pin.objects.update(due_at=timezone.now() - timedelta(seconds=1), nudged_at=None)
    Place.objects.update(next_at=timezone.now())
    for pin_id in pins.due():
        pins.work(pin_id)


def test_pinning_service_counts_only_once_its_gateway_gave_every_byte_back(
    far_away: PinningService, service: PinningServer, node: IpfsNode, store: stores.BlockStore
) -> None:
    kept = pins.keep(DATA, "a.png", "image/png")
    work_all()
    waiting = row(kept, "far-away")
    assert (waiting.status, waiting.error_code) == ("wanted", "place_busy")
    service.settle("pinned")  # it says so, and its gateway has nothing yet
    work_all()
    assert (row(kept, "far-away").status, row(kept, "far-away").error_code) == ("wanted", "wrong_cid")
    assert not pins.is_kept(kept)
    KuboPlace(node.api).put(store, kept)  # the provider has fetched it
    work_all()
    assert row(kept, "far-away").status == "pinned"
    assert pins.is_kept(kept)


def test_pinning_service_is_refused_when_its_gateway_gives_other_bytes(
    far_away: PinningService, service: PinningServer, gateway: Gateway
) -> None:
    kept = pins.keep(DATA, "a.png", "image/png")
    work_all()
    service.settle("pinned")
    root = kept
    for other in (b"other bytes", b"", b"x" * 3_000_000):
        gateway.answer = lambda path, other=other: (200, {}, other)  # type: ignore[misc]
        assert not proof.whole(far_away, root, len(DATA))
    work_all()
    assert row(kept, "far-away").status == "wanted"
    assert row(kept, "far-away").error_code == "wrong_cid"
    assert "far-away" in minting.places_well()
    assert minting.places_well()["far-away"]
    assert not pins.is_kept(kept)


def test_pinning_service_is_refused_when_it_answers_with_another_address(far_away: PinningService) -> None:
    ours, other = cid.of_bytes(b"ours"), cid.of_bytes(b"other")
    with pytest.raises(WrongCid):
        far_away._entry(ours, {"requestid": "1", "status": "pinned", "pin": {"cid": other}})
    for nonsense in ({}, [], {"requestid": "../x", "status": "pinned", "pin": {"cid": ours}}):
        with pytest.raises(PlaceUnreachable):
            far_away._entry(ours, nonsense)


def test_pinning_service_is_asked_anew_when_it_had_failed(far_away: PinningService, service: PinningServer) -> None:
    kept = stores.here().put_bytes(b"ours")
    with pytest.raises(PlaceBusy):
        far_away.put(kept, 4)
    service.settle("failed")
    assert not far_away.claims(kept)
    with pytest.raises(PlaceBusy):
        far_away.put(kept, 4)
    service.settle("pinned")
    assert far_away.claims(kept)
    far_away.put(kept, 4)


def test_pinning_service_refuses_when_the_token_is_wrong(
    far_away: PinningService, service: PinningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINNING_TOKEN_FAR_AWAY", "another")
    with pytest.raises(PlaceRefuses):
        places.named("far-away", stores.here()).claims(cid.of_bytes(b"x"))


def test_place_is_left_in_peace_and_comes_back_when_it_was_stopped(
    far_away: PinningService, service: PinningServer
) -> None:
    service.stop()
    kept = [pins.keep(os.urandom(10), "a", "image/png") for _ in range(3)]
    Pin.objects.filter(place="store").update(due_at=timezone.now() + timedelta(hours=1))
    for _ in range(2):
        work_all()
    place = Place.objects.get(name="far-away")
    assert place.failures >= 2
    assert place.next_at > timezone.now()
    assert any(row(one, "far-away").error_code == "" for one in kept)  # it was not called for every pin
    assert "far-away" in health._places()["place_far-away"]["detail"] or minting.places_well()["far-away"]
    assert not health._places()["place_far-away"]["up"]
    service.start()
    work_all()
    assert health._places()["place_far-away"]["up"]


@pytest.mark.parametrize("size", [0, 5, 6 * cid.CHUNK_BYTES + 5, 40 * cid.CHUNK_BYTES])
def test_bucket_holds_an_archive_that_anyone_can_open_when_a_tree_is_put(
    vault: Bucket, store: stores.BlockStore, tmp_path: Path, size: int
) -> None:
    data = os.urandom(size)
    kept = store.put_bytes(data)
    assert not vault.claims(kept)
    vault.put(kept, size)
    vault.put(kept, size)
    assert vault.claims(kept)
    assert proof.whole(vault, kept, size)
    assert proof.sample(vault, store, kept, size)
    assert all(vault.one(kept, part) == store.block(part) for part in store.walk(kept))
    archive = tmp_path / "from the bucket.car"
    archive.write_bytes(vault._client.get_object(Bucket="vault", Key=f"cars/{kept}.car")["Body"].read())
    unpack_archive(archive, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == data


def test_bucket_does_not_have_it_when_its_archive_was_harmed(
    vault: Bucket, bucket_server: BucketServer, store: stores.BlockStore
) -> None:
    kept = store.put_bytes(DATA)
    vault.put(kept, len(DATA))
    [file] = [path for path in bucket_server.folder.rglob(f"{kept}*") if path.stat().st_size > 10_000]
    whole = file.read_bytes()
    for harmed in (whole[:-1], whole[:-1] + b"?", whole[:200], b"", os.urandom(100)):
        file.write_bytes(harmed)
        assert not proof.whole(vault, kept, len(DATA)), len(harmed)


def test_places_say_what_is_wrong_when_they_refuse_or_are_not_there(vault: Bucket, store: stores.BlockStore) -> None:
    kept = store.put_bytes(b"x")
    with pytest.raises(PlaceRefuses):
        Bucket("absent", store, "no-such-bucket", "", vault.options).put(kept, 1)
    with pytest.raises(PlaceUnreachable):
        Bucket("away", store, "vault", "", {"endpoint": "http://127.0.0.1:1"}).put(kept, 1)
    with pytest.raises(BlockMissing):
        list(vault.tree(cid.of_bytes(b"never put"), 1))


def test_check_finds_the_loss_and_puts_it_back_when_one_of_three_places_loses_it(
    vault: Bucket, bucket_server: BucketServer, node: IpfsNode, store: stores.BlockStore
) -> None:
    with override_settings(IPFS_API=node.api):
        kept = pins.keep(DATA, "a.png", "image/png")
        work_all()
        assert {pin.place: pin.status for pin in pins.of(kept)} == dict.fromkeys(["kubo", "store", "vault"], "pinned")
        for file in bucket_server.folder.rglob(f"{kept}*"):
            file.unlink()
        assert not vault.claims(kept)
        work_all()
        assert proof.whole(vault, kept, len(DATA))
        assert row(kept, "vault").mended_at
        for file in store.root.rglob("baf*"):  # and now this machine's disk
            file.unlink()
        work_all()
        assert store.verify(kept)
        assert all(pin.status == "pinned" for pin in pins.of(kept))
        assert minting.counts()["pins_mended_today"] == 2


def test_store_is_mended_from_two_places_when_each_has_a_part(
    vault: Bucket, node: IpfsNode, store: stores.BlockStore, bucket_server: BucketServer
) -> None:
    data = os.urandom(6 * cid.CHUNK_BYTES)
    kept = store.put_bytes(data)
    vault.put(kept, len(data))
    KuboPlace(node.api).put(store, kept)
    [file] = [path for path in bucket_server.folder.rglob(f"{kept}*") if path.stat().st_size > 10_000]
    file.write_bytes(file.read_bytes()[: 3 * cid.CHUNK_BYTES])  # the first two leaves alone are left
    for block in store.root.rglob("baf*"):
        block.unlink()
    sources = [("vault", vault), ("kubo", places.AtKubo(store, KuboPlace(node.api)))]
    assert proof.mend(store, kept, len(data), sources) == "vault, kubo"
    assert b"".join(store.read(kept)) == data


def test_daily_check_reads_a_sample_and_the_monthly_one_all_of_it(vault: Bucket, store: stores.BlockStore) -> None:
    kept = pins.keep(DATA, "a.png", "image/png")
    work_all()
    first = row(kept, "vault")
    work_all()
    sampled = row(kept, "vault")
    assert sampled.sampled_at
    assert sampled.verified_at == first.verified_at
    Pin.objects.update(verified_at=timezone.now() - timedelta(days=31))
    work_all()
    assert row(kept, "vault").verified_at > timezone.now() - timedelta(minutes=1)


def test_folder_is_kept_at_every_place_when_a_series_is_kept(
    vault: Bucket, node: IpfsNode, store: stores.BlockStore
) -> None:
    with override_settings(IPFS_API=node.api):
        documents = {f"{n}.json": pins.keep(b'{"n":%d}' % n, "d", "application/json") for n in range(40)}
        series = pins.keep_folder(documents, "series")
        for pin in Pin.objects.filter(cid=series):
            pins.work(pin.pk)
        assert {pin.place: pin.status for pin in pins.of(series)} == dict.fromkeys(
            ["kubo", "store", "vault"], "pinned"
        )
        for block in store.root.rglob("baf*"):
            block.unlink()
        pins.check(row(series, "store"))
    assert b"".join(store.read(store.resolve(series, "39.json"))) == b'{"n":39}'


def test_two_places_are_needed_where_there_are_two_and_one_on_a_laptop(vault: Bucket) -> None:
    assert places.needed() == 2
    with override_settings(BUCKETS=[]):
        assert places.needed() == 1
    with override_settings(PLACES_NEEDED=3):
        assert places.needed() == 3


@pytest.mark.parametrize(
    ("services", "buckets"),
    [
        (["store=http://a http://b"], []), (["Kubo=http://a http://b"], []), (["a=http://a"], []), ([], ["a=ftp://x"]),
        (["a=http://a http://b"], ["a=s3://x"]), ([], ["a=s3://"]), ([], ["=s3://x"]), (["a=http://a file:///x"], []),
    ],
)  # fmt: skip
def test_places_are_refused_when_the_settings_cannot_be_read(services: list[str], buckets: list[str]) -> None:
    with override_settings(PINNING_SERVICES=services, BUCKETS=buckets), pytest.raises(PlaceMisnamed):
        [places.named(name, stores.here()) for name in places.names()]
