"""A work to take home: who may have it, what is in it, and what a stranger with Python alone makes of it."""

import io
import json
import subprocess
import sys
import zipfile
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from gallery import works
from gallery.keepsakes import bundle, zipped
from gallery.models import User, Wallet, Work
from minting import api as minting
from minting.ipfs import car, cid, collect
from minting.ipfs import store as stores
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    settings.CONTENT_STORE_DIR = tmp_path / "blocks"


def published(by: User | None = None, **fields: Any) -> Work:
    """A work whose bytes are really kept; without a price, so that no signature is needed."""
    made = make.work(by, status="draft", price_wei=None, **fields)
    return works.publish(works.submit(made))


def taken(work: Work, client: Client | None = None) -> bytes:
    answer = (client or Client()).get(f"/works/{work.id}/bundle.zip")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    return b"".join(answer)  # type: ignore[arg-type]


def unpacked(data: bytes, into: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        archive.extractall(into)
    [folder] = into.iterdir()
    return folder


def alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The bundle's own program as a stranger runs it, with the standard library alone."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), "bundle", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120)


def test_zip_is_whole_when_it_was_sent_in_pieces_and_says_what_it_holds() -> None:
    entries = [
        zipped.Entry("a.txt", partial(iter, [b"one", b"two"])),
        zipped.Entry("b/ㄱ.bin", partial(iter, [b""]), "bafy"),
    ]

    def last(written: list[zipped.Written]) -> zipped.Entry:
        said = json.dumps([[one.path, one.size_bytes, one.cid] for one in written])
        return zipped.Entry("list.json", partial(iter, [said.encode()]))

    pieces = list(zipped.stream("home", iter(entries), last))
    assert len(pieces) > 3
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        assert archive.read("home/a.txt") == b"onetwo"
        assert json.loads(archive.read("home/list.json")) == [["a.txt", 6, ""], ["b/ㄱ.bin", 0, "bafy"]]
    assert b"".join(pieces) == b"".join(zipped.stream("home", iter(entries), last))


def test_zip_does_not_open_when_an_entry_could_not_be_read_to_its_end() -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise minting.BlockMissing("gone")

    got = bytearray()
    pieces = zipped.stream("home", iter([zipped.Entry("a", broken)]), lambda _: zipped.Entry("l", broken))
    with pytest.raises(minting.BlockMissing):
        deque(map(got.extend, pieces))
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(bytes(got)))


def test_bundle_proves_itself_to_a_stranger_and_each_change_is_named(tmp_path: Path) -> None:
    by = make.artist("한서연")
    work = published(by, master=make.nine_panels(by), title="아홉 순간", licence="CC-BY-4.0", description="<b>&")
    folder = unpacked(taken(work), tmp_path / "home")
    assert {path.name for path in (folder / "panels").iterdir()} == {f"{n}.png" for n in range(1, 10)}
    fine = alone(folder, ".")
    assert (fine.returncode, fine.stderr) == (0, ""), fine.stdout + fine.stderr
    assert f"the metadata has the address {work.metadata_cid}" in fine.stdout
    assert cid.of_file(folder / "picture.png") == work.image_cid
    page = (folder / "index.ko.html").read_text()
    assert "아홉 순간" in page
    assert "<b>&<" not in page
    for name in ("picture.png", "metadata.json", "panels/4.png", "credentials.c2pa", "work.car", "index.html"):
        path = folder / name
        right = path.read_bytes()
        path.write_bytes(right[:-9] + bytes(8) + right[-1:])
        wrong = alone(folder, ".")
        assert wrong.returncode == 1, name
        assert "WRONG" in wrong.stderr
        path.write_bytes(right)
    (folder / "panels/9.png").unlink()
    assert alone(folder, ".").returncode == 1


def test_bundle_is_refused_by_the_verifier_when_its_list_leads_out_of_it(tmp_path: Path) -> None:
    folder = unpacked(taken(published(licence="CC0-1.0")), tmp_path / "home")
    listed = json.loads((folder / "bundle.json").read_text())
    for path in ("../secret", "/etc/hostname", "a/../../b", "a\\..\\b"):
        listed["files"][0]["path"] = path
        (folder / "bundle.json").write_text(json.dumps(listed))
        wrong = alone(folder, ".")
        assert wrong.returncode == 1
        assert "would lie outside" in wrong.stderr


def test_archive_of_a_bundle_gives_every_block_back_and_names_all_it_holds(tmp_path: Path) -> None:
    by = make.artist()
    work = published(by, master=make.nine_panels(by), licence="CC0-1.0")
    folder = unpacked(taken(work), tmp_path / "home")
    other = stores.BlockStore(tmp_path / "other")
    with (folder / "work.car").open("rb") as file:
        roots = car.read(file, other)
    assert set(roots) == set(work.cids)
    assert len(roots) == 13
    assert all(other.verify(root) for root in roots)


def test_archive_names_more_roots_than_one_byte_of_cbor_counts(tmp_path: Path) -> None:
    store, other = stores.BlockStore(tmp_path / "a"), stores.BlockStore(tmp_path / "b")
    wanted = [store.put_bytes(b"%d" % number) for number in range(40)]
    data = b"".join(car.stream_trees(store, wanted))
    assert car.read(io.BytesIO(data), other) == wanted
    with pytest.raises(ValueError, match="190"):
        next(car.stream_trees(store, wanted * 5))


def test_bundle_goes_to_anybody_by_an_open_licence_and_else_to_maker_and_owner_alone() -> None:
    by, collector, stranger = make.artist(), make.person(), make.person()
    owner = make.address()
    Wallet.objects.create(user=collector, address=owner)
    closed, open_ = published(by), published(licence="CC-BY-NC-4.0")
    draft = make.work(by, status="draft")

    def status(work: Work, user: User | None) -> int:
        client = Client()
        if user:
            client.force_login(user)
        return client.get(f"/works/{work.id}/bundle.zip").status_code

    assert [status(open_, user) for user in (None, stranger)] == [200, 200]
    assert [status(closed, user) for user in (None, stranger, collector, by)] == [404, 404, 404, 200]
    make.mint(closed, owner)
    assert [status(closed, user) for user in (None, stranger, collector, by)] == [404, 404, 200, 200]
    assert [status(draft, user) for user in (None, stranger, by)] == [404, 404, 404]
    works.withdraw(open_)
    assert status(open_, stranger) == 404


def test_bundle_says_404_before_its_first_byte_when_a_block_is_gone() -> None:
    by = make.artist()
    work = published(by, master=make.nine_panels(by), licence="CC0-1.0")
    store = stores.here()
    list(collect_all(store, work.further_cids[6]))
    assert Client().get(f"/works/{work.id}/bundle.zip").status_code == 404


def collect_all(store: stores.BlockStore, gone: str) -> Iterator[Any]:
    yield from store.remove(lambda one: one == gone, older_than=2**40)


def test_earlier_steps_are_kept_and_named_only_when_the_artist_wishes(tmp_path: Path) -> None:
    by = make.artist()
    for keeps, count in ((False, 11), (True, 11)):
        work = published(by, master=make.nine_panels(by), keeps_steps=keeps, licence="CC0-1.0")
        assert len(work.further_cids) == count
    work = published(by, master=make.retouched(by), licence="CC0-1.0")
    assert len(work.further_cids) == 2
    assert "image" not in bundle.metadata(work)["ninefold"]["lineage"][0]
    work = published(by, master=make.retouched(by), keeps_steps=True, licence="CC0-1.0")
    assert [f"ipfs://{work.further_cids[2]}"] == [
        step["image"] for step in bundle.metadata(work)["ninefold"]["lineage"] if "image" in step
    ]
    folder = unpacked(taken(work), tmp_path / "home")
    assert cid.of_file(folder / "steps/1.png") == work.further_cids[2]
    assert alone(folder, ".").returncode == 0


def test_nothing_that_belongs_to_a_work_is_collected_when_the_store_is_swept() -> None:
    by = make.artist()
    work = published(by, master=make.nine_panels(by))
    from minting.ipfs import pins

    held = collect.references(stores.here(), pins.roots())
    assert all(held[part] for part in work.cids)


def test_work_page_offers_the_bundle_to_those_who_may_have_it() -> None:
    by = make.artist()
    work = published(by)
    client = Client()
    client.force_login(by)
    link = f'href="/works/{work.id}/bundle.zip"'
    assert link in client.get(f"/works/{work.id}/").content.decode()
    assert link not in Client().get(f"/works/{work.id}/").content.decode()
