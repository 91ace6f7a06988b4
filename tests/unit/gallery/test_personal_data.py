"""What is held of a person, given out and taken away; what is minted stays under a neutral name."""

import io
import json
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from gallery import works
from gallery.models import Share, SignInMessage, User, Wallet, Work
from gallery.people import personal_data, sign_in
from generation import api as generation
from generation import pictures
from generation.models import Credential, Image, Job, Prompt, Turn
from minting import api as minting
from minting.models import Pin
from tests.unit.gallery import factories as make
from tests.unit.gallery.test_keepsakes import published

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    settings.CONTENT_STORE_DIR, settings.PICTURES_DIR = tmp_path / "blocks", tmp_path / "pictures"


def files(sha256: str) -> list[str]:
    return [path.name for path in pictures.settings.PICTURES_DIR.rglob(f"{sha256}*")]


def test_export_holds_all_that_is_held_and_every_picture_but_no_password() -> None:
    user, other = make.artist("Han Seoyeon", biography="Paints."), make.artist("Other")
    image, stranger = make.picture(user, "a secret lake"), make.picture(other, "not hers")
    make.work(user, status="draft", master=image)
    sign_in.write_message(user.wallets.get().address, domain="testserver", uri="http://testserver/")
    client = Client()
    client.force_login(user)
    answer = client.get("/account/data.zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:  # type: ignore[arg-type]
        names = archive.namelist()
        text = archive.read("ninefold-personal-data/data.json").decode()
        assert (
            archive.read(f"ninefold-personal-data/pictures/{image.pk}.png")
            == generation.picture_path(image).read_bytes()
        )
    said = json.loads(text)
    assert [row["text"] for row in said["prompt"]] == ["a secret lake"]
    assert said["person"][0]["biography"] == "Paints."
    assert [len(said[name]) for name in ("wallet", "work", "image", "sign-in message")] == [1, 1, 1, 1]
    assert len([name for name in names if "/pictures/" in name]) == 1
    assert stranger.sha256 not in text
    assert user.password not in text
    assert Client().get("/account/data.zip").status_code == 302


def test_person_goes_with_drafts_and_pictures_and_what_is_minted_stays(
    django_capture_on_commit_callbacks: Any,
) -> None:
    user = make.artist("Han Seoyeon", name_ko="한서연", biography="Paints.")
    address = user.wallets.get().address
    minted = published(user, master=make.nine_panels(user, "a shore"), title="Minted")
    make.mint(minted)
    shown = published(user, title="Not minted")
    draft = make.work(user, status="draft", master=make.retouched(user))
    loose = make.picture(user, "never published")
    Turn.objects.create(owner_id=user.pk)
    user.works.filter(pk=minted.pk).update(title="Minted")
    cids, kept = (
        shown.cids,
        [*Image.objects.filter(owner_id=user.pk, pk__in=_lineage(minted)).values_list("pk", flat=True)],
    )
    session = Client()
    session.force_login(user)
    with django_capture_on_commit_callbacks(execute=True):
        personal_data.forget(user)
    user.refresh_from_db()
    assert (user.email, user.name, user.biography, user.is_active, user.is_artist) == (
        None, personal_data.NAME, "", False, False,
    )  # fmt: skip
    assert not Wallet.objects.filter(address=address).exists()
    assert set(Work.objects.values_list("pk", flat=True)) == {minted.pk}
    assert set(Image.objects.values_list("pk", flat=True)) == set(kept)
    assert not Prompt.objects.filter(text="never published").exists()
    assert Prompt.objects.filter(text="a shore").count() == 9
    assert not Job.objects.filter(image__isnull=True).exists()
    assert not Turn.objects.filter(owner_id=user.pk).exists()
    assert not Pin.objects.filter(cid__in=cids).exists()
    assert minting.pins_of(minted.image_cid).exists()
    for gone in (loose.sha256, draft.master.sha256, shown.master.sha256):
        assert files(gone) == []
    assert files(minted.master.sha256)
    assert minted.credential
    assert generation.manifest_path(minted.credential.pk).is_file()
    page = Client().get(f"/works/{minted.id}/").content.decode()
    assert personal_data.NAME in page
    assert "Han Seoyeon" not in page
    assert session.get("/account/").status_code == 302
    personal_data.forget(user)  # harmless when repeated
    assert sign_in.account_of(address).pk != user.pk


def _lineage(work: Work) -> list[uuid.UUID]:
    return [step.image.pk for step in generation.lineage(work.master)]


def test_signed_offer_leaves_the_wall_and_its_bytes_stay_for_whoever_redeems_it() -> None:
    user = make.artist()
    offered = published(user)
    offered.price_wei = make.ETHER
    offered.voucher = make.voucher(offered)
    offered.save()
    assert personal_data.outlook(user).offers == 1
    personal_data.forget(user)
    offered.refresh_from_db()
    assert offered.status == Work.Status.WITHDRAWN
    assert offered.voucher.withdrawn_at
    assert minting.pins_of(offered.metadata_cid).exists()


def test_draft_of_another_waits_no_more_for_a_share_of_somebody_who_left() -> None:
    artist, helper = make.artist(), make.artist("Helper")
    draft = make.work(artist, status="draft")
    whole = draft.shares.get(position=0).bps
    make.collaborator_share(draft, helper)
    personal_data.forget(helper)
    assert draft.shares.get(position=0).bps == whole
    assert not Share.objects.filter(user=helper).exists()
    assert works.submit(draft).status == Work.Status.SUBMITTED


def test_nobody_is_forgotten_while_a_mint_is_on_its_way_or_when_no_operator_would_be_left() -> None:
    user = make.artist()
    client = Client()
    client.force_login(user)
    work = published(user)
    minting.want_mint(works.token_id(work), work.metadata_cid, work.artist_address, 500)
    answer = client.post("/account/data/leave", {"proof": "a long password"})
    assert answer.status_code == 409
    assert "being minted just now" in answer.content.decode()
    root = User.objects.create_superuser("root@example.org", "a long password", name="Root")
    with pytest.raises(CommandError, match="only operator"):
        call_command("forget_person", str(root.pk), "--yes")
    assert User.objects.filter(is_active=True).count() >= 2


def test_page_says_what_is_held_and_deletes_on_the_right_password_alone() -> None:
    user = make.artist("Han Seoyeon")
    make.picture(user)
    client = Client()
    client.force_login(user)
    page = client.get("/account/data/?lang=ko").content.decode()
    assert "그림 1점이 삭제됩니다" in page
    assert client.post("/account/data/leave", {"proof": "wrong"}).status_code == 422
    assert User.objects.get(pk=user.pk).is_active
    answer = client.post("/account/data/leave", {"proof": "a long password"}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert not User.objects.get(pk=user.pk).is_active
    by_wallet = sign_in.account_of(make.address())
    client.force_login(by_wallet)
    assert client.post("/account/data/leave", {"proof": make.address()}).status_code == 422
    assert client.post("/account/data/leave", {"proof": by_wallet.wallets.get().address}).status_code == 302


def test_operator_tells_first_and_forgets_by_command(capsys: Any) -> None:
    user = make.artist()
    address = user.wallets.get().address
    SignInMessage.objects.all().delete()
    call_command("forget_person", address.lower())
    assert "Nothing was done" in capsys.readouterr().out
    assert User.objects.get(pk=user.pk).email
    call_command("forget_person", user.email, "--yes")
    assert User.objects.get(pk=user.pk).email is None
    with pytest.raises(CommandError, match="Nobody here"):
        call_command("forget_person", address)


def test_files_that_no_row_names_are_collected_and_all_others_stay(settings: Any) -> None:
    import os

    work = published()
    assert work.credential
    before = {path for path in settings.PICTURES_DIR.rglob("*") if path.is_file()}
    loser = pictures.manifest_path(uuid.uuid4().hex)
    pictures.write(loser, b"a manifest whose row another process wrote first")
    orphan = pictures.path(pictures.put(b"signed by the loser", "image/png"))
    young = pictures.manifest_path(uuid.uuid4().hex)
    pictures.write(young, b"its row is on its way")
    for path in (*before, loser, orphan):
        os.utime(path, (1, 1))
    freed = generation.collect()
    assert freed.files == 2
    assert {path for path in settings.PICTURES_DIR.rglob("*") if path.is_file()} == {*before, young}
    os.utime(young, (1, 1))
    assert pictures.put(b"signed by the loser", "image/png") == orphan.stem
    call_command("collect_pictures")
    assert orphan.exists()
    assert not young.exists()
    assert Credential.objects.count() == 1
