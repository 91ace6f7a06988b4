"""Words of prompts that an artist keeps: sealed in the metadata, in nothing that is public, opened later."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from gallery import prompts, works
from gallery.errors import StaleTransition
from gallery.keepsakes import bundle
from gallery.models import Work
from gallery.people import personal_data
from generation import api as generation
from minting import api as minting
from tests.unit.gallery import factories as make
from tests.unit.gallery.test_keepsakes import alone, published, taken, unpacked

pytestmark = pytest.mark.django_db
SECRET = "the lake behind my grandmother's house"


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    settings.CONTENT_STORE_DIR = tmp_path / "blocks"


def kept(**fields: Any) -> Work:
    by = make.artist()
    master = fields.pop("master", None) or make.picture(by, SECRET)
    return published(by, master=master, hides_prompts=True, licence="CC0-1.0", **fields)


def test_words_that_are_kept_are_in_nothing_that_leaves_the_studio(tmp_path: Path) -> None:
    work = kept()
    [sealed] = work.commitments.all()
    document = bundle.metadata(work)
    [step] = document["ninefold"]["lineage"]
    assert step["prompt"] == {"commitment": sealed.digest, "language": "en"}
    assert sealed.digest == hashlib.sha256(bytes.fromhex(sealed.salt) + SECRET.encode()).hexdigest()
    assert "recipe_sha256" not in step
    assert step["recipe"]["seed"] == 1
    folder = unpacked(taken(work), tmp_path / "home")
    digest = work.master.job.recipe_sha256.encode() if work.master.job else b""
    for path in folder.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path
            assert digest not in path.read_bytes(), path
    assert not (folder / "prompts.json").exists()
    client = Client()
    for url in (f"/works/{work.id}/", f"/pictures/{work.master.id}/original", f"/works/{work.id}/share.jpg"):
        answer = client.get(url)
        body = b"".join(answer) if answer.streaming else answer.content  # type: ignore[arg-type]
        assert answer.status_code == 200
        assert SECRET.encode() not in body
    page = client.get(f"/works/{work.id}/").content.decode()
    assert sealed.digest in page
    assert sealed.salt not in page
    assert json.loads(client.get(f"/works/{work.id}/prompts.json").content) == []


def test_pixels_stay_and_the_signature_holds_when_the_recipe_is_taken_out_of_the_picture() -> None:
    from PIL import Image as Pillow

    work = kept()
    assert work.credential
    with (
        Pillow.open(generation.picture_path(work.master)) as before,
        Pillow.open(generation.signed_path(work.credential)) as after,
    ):
        assert before.tobytes() == after.tobytes()
        assert set(after.info) - {"XML:com.adobe.xmp", "xmp"} == set()  # type: ignore[arg-type]
    found = generation.examine(generation.signed_path(work.credential).read_bytes())
    assert found.state == "trusted"


def test_opened_words_are_shown_to_all_and_a_stranger_checks_them(tmp_path: Path) -> None:
    work = kept()
    [sealed] = work.commitments.all()
    client, stranger = Client(), Client()
    client.force_login(work.artist)
    studio = client.get(f"/studio/works/{work.id}/").content.decode()
    assert "grandmother" in studio
    assert stranger.post(f"/studio/works/{work.id}/words/{sealed.pk}/open").status_code == 302
    assert prompts.opened(work) == []
    assert client.post(f"/studio/works/{work.id}/words/{sealed.pk}/open").status_code == 302
    with pytest.raises(StaleTransition):
        prompts.open_words(sealed)
    page = stranger.get(f"/works/{work.id}/").content.decode()
    assert "grandmother" in page
    assert sealed.salt in page
    folder = unpacked(taken(work), tmp_path / "home")
    fine = alone(folder, ".")
    assert (fine.returncode, fine.stderr) == (0, "")
    assert f"were sealed in the metadata as {sealed.digest}" in fine.stdout
    (tmp_path / "p.json").write_bytes(stranger.get(f"/works/{work.id}/prompts.json").content)
    (tmp_path / "m.json").write_bytes(b"".join(minting.read(work.metadata_cid)))
    asked = [sys.executable, "-I", "-S", str(minting.verifier_path()), "prompt", "--metadata", "m.json", "--opened"]
    fine = subprocess.run([*asked, "p.json"], capture_output=True, text=True, cwd=tmp_path)
    assert (fine.returncode, fine.stderr) == (0, "")
    assert work.metadata_cid in fine.stdout
    (tmp_path / "lie.json").write_text((tmp_path / "p.json").read_text().replace("lake", "pond"))
    assert subprocess.run([*asked, "lie.json"], capture_output=True, cwd=tmp_path).returncode == 1


def test_submitting_again_finds_the_same_seals_and_nine_panels_have_one_for_each_prompt() -> None:
    by = make.artist()
    draft = make.work(by, status="draft", price_wei=None, master=make.nine_panels(by, SECRET), hides_prompts=True)
    first = works.submit(draft)
    again = prompts.commit(first, generation.lineage(first.master))
    lineage = bundle.metadata(first)["ninefold"]["lineage"]
    assert {step["prompt"]["commitment"] for step in lineage if "prompt" in step} == set(again.values())
    assert len(set(again.values())) == 9
    assert all("prompt" not in step["recipe"] for step in lineage)


def test_words_that_were_never_opened_go_with_the_person() -> None:
    work = kept()
    make.mint(work)
    [sealed] = work.commitments.all()
    personal_data.forget(work.artist)
    sealed.refresh_from_db()
    assert (sealed.salt, sealed.prompt.text) == ("", "")
    with pytest.raises(StaleTransition):
        prompts.open_words(sealed)
    assert sealed.digest in Client().get(f"/works/{work.id}/").content.decode()


def test_open_words_are_published_as_before_when_the_artist_does_not_keep_them() -> None:
    work = published(master=None, title="Open")
    [step] = bundle.metadata(work)["ninefold"]["lineage"]
    assert step["prompt"]["text"] == "a lake"
    assert step["recipe_sha256"]
    assert "a lake" in Client().get(f"/works/{work.id}/").content.decode()
