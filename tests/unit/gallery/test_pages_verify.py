"""Checking a picture: what the page says of ours, of changed ones and of strangers'; and what copies keep."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Pillow

from gallery import works
from gallery.models import Work
from generation import api as generation
from generation.provenance import marks
from minting import api as minting
from minting.models import Pin
from tests.unit.gallery import factories as make
from tests.unit.gallery.test_keepsakes import published
from tests.unit.generation.test_credentials import drawn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    settings.CONTENT_STORE_DIR = tmp_path / "blocks"


def check(data: bytes, name: str = "a.png", status: int = 200, language: str = "en") -> str:
    answer = Client().post(f"/verify/?lang={language}", {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == status, answer.content[:500]
    return answer.content.decode()


def fetched(path: str) -> tuple[Any, bytes]:
    """(answer, body); read to the end, which is what closes the file behind it."""
    answer = Client().get(path)
    assert answer.status_code == 200
    return answer, b"".join(answer)


def served(path: str) -> bytes:
    return fetched(path)[1]


def test_every_picture_that_is_served_of_a_work_keeps_its_credentials() -> None:
    work = published(title="Lake", master=None)
    for path in (f"/pictures/{work.master_id}/original", f"/works/{work.id}/share.jpg",
                 *(f"/pictures/{work.master_id}/{width}.webp" for width in (320, 640, 1280))):  # fmt: skip
        text = check(served(path))
        assert "Unchanged since this site signed it." in text, path
        assert "trial certificate" in text
        assert "Lake" in text
    assert f"/works/{work.id}/" in check(served(f"/pictures/{work.master_id}/original"))
    original, data = fetched(f"/pictures/{work.master_id}/original")
    manifest, body = fetched(original["Link"].partition("<")[2].partition(">")[0])
    assert manifest["Content-Type"] == "application/c2pa"
    assert manifest["Access-Control-Allow-Origin"] == "*"
    assert body in data


def test_submitted_bytes_are_the_signed_ones_and_are_the_same_when_submitting_is_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = make.work(status="draft", price_wei=None)

    def fails(_: str) -> None:
        raise minting.MintingError("the last step")

    with monkeypatch.context() as patched:
        patched.setattr(minting, "admit_artist", fails)
        with pytest.raises(minting.MintingError):
            works.submit(work)
    kept = set(Pin.objects.values_list("cid", flat=True))
    work = works.submit(Work.objects.get(pk=work.pk))
    assert set(Pin.objects.values_list("cid", flat=True)) == kept == set(work.cids)
    assert work.credential
    assert b"".join(minting.read(work.image_cid)) == generation.signed_path(work.credential).read_bytes()
    document = json.loads(b"".join(minting.read(work.metadata_cid)))
    assert document["image_preview"].removeprefix("ipfs://") in work.cids
    manifest = b"".join(minting.read(document["ninefold"]["manifest"].removeprefix("ipfs://")))
    assert manifest == generation.manifest_path(work.credential.pk).read_bytes()
    assert document["ninefold"]["lineage"][-1]["image_sha256"] == work.master.sha256 != work.credential.sha256


def test_changed_and_plain_pictures_are_told_apart_and_said_in_korean() -> None:
    work = published(title="Lake")
    data = served(f"/pictures/{work.master_id}/original")
    at = data.rindex(b"IDAT") + 9
    text = check(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    assert "Its content credentials do not hold." in text
    assert "Do not believe" in text
    assert "콘텐츠 자격 증명이 없습니다." in check(drawn(3, (64, 64)), language="ko")


def test_stripped_copy_leads_back_to_its_work_when_it_carries_the_mark_and_looks_the_same() -> None:
    by = make.artist()
    stored = generation.upload(by.pk, "one", drawn(5))
    work = published(by, master=stored, title="Marked", invisible_mark=True)
    with Pillow.open(io.BytesIO(served(f"/pictures/{work.master_id}/original"))) as picture:
        out = io.BytesIO()
        picture.convert("RGB").resize((700, 700)).save(out, "JPEG", quality=70)
    text = check(out.getvalue(), "screenshot.jpg")
    assert "It carries no content credentials." in text
    assert f'<a href="/works/{work.id}/">Marked</a>' in text
    assert "Its invisible mark says so" in text
    other = marks.mark(drawn(6), number=work.number)  # another site's work of the same number
    assert "is no work of this site" in check(other)
    works.withdraw(work)
    assert "Marked" not in check(out.getvalue(), "screenshot.jpg")


def test_page_refuses_what_is_no_picture_with_its_status_and_a_next_step(settings: Any) -> None:
    assert "Choose a picture first." in Client().post("/verify/").content.decode()
    assert "is not a PNG, JPEG or WebP" in check(b"<svg/>", "a.png", 415)
    settings.UPLOAD_MAX_BYTES = 100
    assert "larger than is taken" in check(drawn(1, (64, 64)), status=413)
    assert Client().put("/verify/").status_code == 405


def test_words_of_a_strangers_manifest_are_shown_escaped() -> None:
    by = make.artist("<script>alert(1)</script>")
    work = published(by, title="<img src=x>", licence="CC0-1.0")
    text = check(served(f"/pictures/{work.master_id}/original"))
    assert "<script>alert" not in text
    assert "<img src=x>" not in text
    assert "&lt;img src=x&gt;" in text


def test_manifest_that_is_not_there_and_share_of_a_draft_answer_404() -> None:
    draft = make.work(status="draft")
    for path in (f"/credentials/{draft.id}.c2pa", f"/works/{draft.id}/share.jpg", "/credentials/x.c2pa"):
        assert Client().get(path).status_code == 404
    assert b"BEGIN CERTIFICATE" in Client().get("/credentials/authority.pem").content


def test_work_page_names_its_share_picture_and_who_signed() -> None:
    work = published(title="Lake")
    text = Client().get(f"/works/{work.id}/").content.decode()
    assert f"/works/{work.id}/share.jpg" in text
    assert "signed with a trial certificate" in text
    assert "machines may not learn from it" in text
