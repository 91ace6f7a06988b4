"""An exhibition as a folder: what is in it, that it is whole or not there, and that its address is IPFS's own."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from gallery.keepsakes import exhibition as exhibitions
from gallery.keepsakes import folder as folders
from gallery.models import Exhibition
from minting.ipfs import cid, pins, tree
from minting.ipfs import store as stores
from tests.unit.gallery import factories as make
from tests.unit.gallery.test_keepsakes import alone, collect_all, published

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    settings.CONTENT_STORE_DIR = tmp_path / "blocks"


def two_works() -> Exhibition:
    by = make.artist("한서연")
    nine = published(by, master=make.nine_panels(by), title="Nine", title_ko="아홉 순간", description_ko="아홉.")
    other = published(master=None, title="<img src=x onerror=alert(1)>")
    withdrawn = make.work(status="withdrawn")
    return make.exhibition(nine, other, withdrawn, slug="first", title="First", title_ko="첫 전시", essay_ko="뷁")


def test_folder_holds_pages_works_and_proofs_and_every_link_leads_to_a_file(tmp_path: Path, capsys: Any) -> None:
    shown, out = two_works(), tmp_path / "out"
    call_command("export_exhibition", shown.slug, str(out))
    address = re.findall(r"ipfs://(\S+)", capsys.readouterr().out)
    assert address == [tree.of_path(out)] == [stores.here().put_tree(out)]
    pages = sorted(out.glob("*.html"))
    assert len(pages) == 2 * (2 + 2)
    for page in pages:
        text = page.read_text()
        assert f'<html lang="{"ko" if page.name.endswith(".ko.html") else "en"}">' in text
        assert not re.search(r"<script|https?://|<img src=x", text)
        for link in re.findall(r'(?:href|src)="([^"#]+)"', text):
            assert (out / link).is_file(), (page.name, link)
    sheet = (out / "style/css/korean.css").read_text()
    faces = re.findall(r'url\("\.\./([^"]+)"\)', sheet)
    assert 0 < len(faces) < 60
    assert all((out / "style" / face).is_file() for face in faces)
    listed = json.loads((out / "exhibition.json").read_text())
    assert {one["path"] for one in listed["files"]} | {"exhibition.json"} == {
        str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()
    }
    for number in [one["number"] for one in listed["works"]]:
        fine = alone(out / f"works/{number}", ".")
        assert (fine.returncode, fine.stderr) == (0, "")


def test_ledger_of_the_folder_tells_what_its_works_gave_and_no_other(tmp_path: Path) -> None:
    mine, other = published(), published()
    for work in (mine, other):
        work.price_wei = make.ETHER
        make.sell(work)
    shown = make.exhibition(mine)
    exhibitions.write(shown, tmp_path / "out")
    said = json.loads((tmp_path / "out/ledger.json").read_text())
    assert [row["title"] for row in said["donations"]] == [mine.title]
    assert said["donations"][0]["amount_wei"] == str(make.ETHER // 10)
    page = (tmp_path / "out/ledger.html").read_text()
    assert mine.title in page
    assert other.title not in page


def test_there_is_no_folder_when_a_block_is_gone_or_the_disk_is_full(tmp_path: Path, monkeypatch: Any) -> None:
    work = published(licence="CC0-1.0")
    shown = make.exhibition(work, slug="gone")
    (tmp_path / "out").mkdir()
    with pytest.raises(CommandError, match="is there already"):
        call_command("export_exhibition", "gone", str(tmp_path / "out"))
    (tmp_path / "out").rmdir()
    with Path("/dev/full").open("wb", buffering=0) as full, monkeypatch.context() as patched:
        patched.setattr(folders.os, "fsync", lambda _: full.write(b"x"))  # what a full disk answers
        with pytest.raises(CommandError, match="has no room"):
            call_command("export_exhibition", "gone", str(tmp_path / "out"))
    list(collect_all(stores.here(), work.image_cid))
    with pytest.raises(CommandError, match="not in the content store"):
        call_command("export_exhibition", "gone", str(tmp_path / "out"))
    with pytest.raises(CommandError, match="there is: gone"):
        call_command("export_exhibition", "nothing", str(tmp_path / "out"))
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == []
    assert shown.slug == "gone"


def test_the_folder_is_pinned_at_every_place_when_it_shall_be_kept(tmp_path: Path) -> None:
    make.exhibition(published(), slug="kept")
    call_command("export_exhibition", "kept", str(tmp_path / "out"), "--keep")
    address = tree.of_path(tmp_path / "out")
    assert [pin.place for pin in pins.of(address)] == ["store"]
    assert stores.here().verify(address)


@pytest.mark.parametrize("size", [0, 1, cid.CHUNK_BYTES, cid.CHUNK_BYTES + 1, cid.CHUNK_BYTES * 175 + 7])
def test_address_computed_without_keeping_is_the_stores_own_at_every_boundary(tmp_path: Path, size: int) -> None:
    (tmp_path / "in/deep").mkdir(parents=True)
    (tmp_path / "in/deep/file").write_bytes(b"\1" * size)
    (tmp_path / "in/empty").mkdir()
    assert tree.of_path(tmp_path / "in/deep/file") == cid.of_file(tmp_path / "in/deep/file")
    assert tree.of_path(tmp_path / "in") == stores.here().put_tree(tmp_path / "in")
