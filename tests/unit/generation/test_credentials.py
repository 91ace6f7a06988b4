"""Content credentials: what is signed, how often, what copies keep, and what a reader makes of it."""

import http.server
import io
import json
import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import c2pa
import numpy as np
import pytest
from django.db import connection, connections
from PIL import Image as Pillow

from generation import api as generation
from generation import pictures
from generation.models import Credential, Image
from generation.provenance import certificate, claims, credentials, marks, reading
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db
WORDS = claims.Words("호수 <&>", "한서연", "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/")


@pytest.fixture(autouse=True)
def own_certificate(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path


def uploaded() -> Image:
    owner = make.artist()
    data = io.BytesIO()
    Pillow.new("RGB", (64, 48), (30, 90, 60)).save(data, "PNG")
    return generation.upload(owner.pk, "one", data.getvalue())


def store(data: bytes, mime: str, manifest: bytes | None = None) -> dict[str, Any]:
    """As c2pa-python reads it, with this site's authority as the only one that it knows."""
    anchors = certificate.configured().authority_pem.decode()
    trusting = {"version": 1, "trust": {"trust_anchors": anchors}, "verify": {"remote_manifest_fetch": False}}
    with c2pa.Context.from_dict(trusting) as context:
        arguments = (mime, io.BytesIO(data)) if manifest is None else (mime, io.BytesIO(data), manifest)
        with c2pa.Reader(*arguments, context=context) as reader:
            said: dict[str, Any] = json.loads(reader.json())
    return said


def active(said: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the active manifest, its assertions by label)."""
    manifest = said["manifests"][said["active_manifest"]]
    return manifest, {one["label"]: one["data"] for one in manifest["assertions"]}


def signed(image: Image, words: claims.Words = WORDS) -> bytes:
    return generation.signed_path(generation.issue(image, words)).read_bytes()


@pytest.mark.parametrize(
    ("made", "kind", "actions", "relations"),
    [
        ("picture", claims.TRAINED, ["c2pa.created", "c2pa.resized"], []),
        ("nine_panels", claims.COMPOSITE, ["c2pa.created", *["c2pa.placed"] * 9], ["componentOf"] * 9),
        ("retouched", claims.COMPOSITE, ["c2pa.opened", "c2pa.edited"], ["parentOf"]),
        ("reworked", claims.TRAINED, ["c2pa.opened", "c2pa.edited"], ["parentOf"]),
        ("enlarged", claims.TRAINED, ["c2pa.opened", "c2pa.resized"], ["parentOf"]),
        ("upload", claims.BY_HAND, ["c2pa.created"], []),
    ],
)
def test_manifest_names_steps_parents_and_kind_and_is_read_as_trusted(
    made: str, kind: str, actions: list[str], relations: list[str]
) -> None:
    image = uploaded() if made == "upload" else getattr(make, made)(make.artist())
    said = store(signed(image), "image/png")
    assert said["validation_state"] == "Trusted"
    manifest, assertions = active(said)
    done = assertions["c2pa.actions.v2"]["actions"]
    assert [one["action"] for one in done] == actions
    assert {one["digitalSourceType"] for one in done if "digitalSourceType" in one} <= {kind}
    assert assertions["cawg.metadata"]["Iptc4xmpExt:DigitalSourceType"] == kind
    assert assertions["org.ninefold.step"]["image_sha256"] == image.sha256
    parents = manifest.get("ingredients", [])
    assert [one["relationship"] for one in parents] == relations
    assert all(one["active_manifest"] in said["manifests"] for one in parents)
    assert not any(one["validation_results"]["activeManifest"]["failure"] for one in parents)
    assert len(said["manifests"]) == 1 + len(relations)


def test_artist_s_choice_about_learning_is_in_manifest_and_xmp() -> None:
    image = make.picture(make.artist())
    for may, use, plus in ((False, "notAllowed", "DMI-PROHIBITED"), (True, "allowed", "DMI-ALLOWED")):
        data = signed(image, claims.Words(**{**WORDS.__dict__, "may_be_mined": may}))
        entries = active(store(data, "image/png"))[1]["cawg.training-mining"]["entries"]
        assert {name: one["use"] for name, one in entries.items()} == dict.fromkeys(claims.USES, use)
        with Pillow.open(io.BytesIO(data)) as picture:
            xmp = picture.info["xmp"].partition(b"<x:xmpmeta")
        said = ElementTree.fromstring((xmp[1] + xmp[2]).partition(b"<?xpacket end")[0])[0][0]
        fields = {name.partition("}")[2]: value for name, value in said.attrib.items()}
        assert fields["DataMining"].endswith(plus)
        assert fields["DigitalSourceType"] == claims.TRAINED
        assert fields["WebStatement"] == WORDS.licence_url
        assert ["".join(field.itertext()) for field in said] == [WORDS.title, WORDS.creator, WORDS.licence]


def test_signing_touches_no_pixel_and_keeps_the_recipe() -> None:
    image = make.picture(make.artist())
    with Pillow.open(generation.picture_path(image)) as before, Pillow.open(io.BytesIO(signed(image))) as after:
        assert before.tobytes() == after.tobytes()
        assert before.text.items() <= after.text.items()


def test_picture_is_signed_once_for_each_claim_and_its_bytes_stay() -> None:
    image = make.nine_panels(make.artist())
    first = generation.issue(image, WORDS)
    assert Credential.objects.count() == 10
    assert generation.issue(image, WORDS) == first
    other = generation.issue(image, claims.Words(**{**WORDS.__dict__, "title": "Another"}))
    assert other.sha256 != first.sha256
    assert Credential.objects.count() == 20
    assert generation.signed_path(first).read_bytes() == generation.signed_path(first).read_bytes()
    assert generation.manifest_path(first.pk).read_bytes() in generation.signed_path(first).read_bytes()


@pytest.mark.django_db(transaction=True)
def test_all_get_the_same_bytes_when_many_sign_at_once() -> None:
    image = make.retouched(make.artist())

    def one(_: int) -> str:
        try:
            return generation.issue(image, WORDS).sha256
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(one, range(12)))) == 1
    assert Credential.objects.filter(image=image).count() == 1
    assert connection.vendor == "postgresql"


@pytest.mark.parametrize("name", ["320", "640", "1280"])
def test_thumbnail_names_its_manifest_which_holds_and_leads_to_the_signed_picture(name: str, settings: Any) -> None:
    image = make.picture(make.artist(), size_px=1500)
    row = generation.issue(image, WORDS)
    data = generation.signed_derivative(row, name).read_bytes()
    assert generation.signed_derivative(row, name).read_bytes() == data
    [key] = re.findall(rb"/credentials/([0-9a-f-]{36})\.c2pa", data)
    manifest = generation.manifest_path(uuid.UUID(key.decode())).read_bytes()
    said = store(data, "image/webp", manifest)
    assert said["validation_state"] == "Trusted"
    parent = active(said)[0]["ingredients"][0]
    assert parent["relationship"] == "parentOf"
    assert active(store(generation.signed_path(row).read_bytes(), "image/png"))[0]["instance_id"]
    with Pillow.open(io.BytesIO(data)) as picture:
        assert picture.width == int(name)
        assert b"DigitalSourceType" in picture.info["xmp"]
    plain = io.BytesIO()
    with Pillow.open(generation.picture_path(image)) as picture:
        picture.thumbnail((int(name), 8 * int(name)), Pillow.Resampling.LANCZOS)
        picture.save(plain, "WEBP", quality=86)
    assert len(data) < len(plain.getvalue()) + 3_000
    with pytest.raises(c2pa.C2paError):
        store(data[:-400] + bytes(8) + data[-392:], "image/webp")


def test_share_picture_carries_its_manifest_inside() -> None:
    row = generation.issue(make.nine_panels(make.artist()), WORDS)
    data = generation.signed_derivative(row, "share").read_bytes()
    said = store(data, "image/jpeg")
    assert said["validation_state"] == "Trusted"
    assert len(said["manifests"]) == 11
    found = generation.examine(data)
    assert (found.state, found.is_ours, found.is_trial) == ("trusted", True, True)
    assert [one.is_sound for one in found.ingredients] == [True]


def test_examine_says_what_a_picture_of_ours_says() -> None:
    found = generation.examine(signed(make.nine_panels(make.artist())))
    assert (found.state, found.title, found.creator) == ("trusted", "호수 <&>", "한서연")
    assert (found.may_be_mined, found.source_type, found.program) == (False, claims.COMPOSITE, "Ninefold")
    assert found.signer == certificate.ORGANISATION
    assert len(found.ingredients) == 9
    assert found.faults == ()


def test_examine_says_that_it_does_not_hold_when_any_pixel_or_word_was_changed() -> None:
    data = signed(make.picture(make.artist()))
    for needle in (b"IDAT", b"c2pa.created", b"trainedAlgorithmicMedia"):
        at = data.rindex(needle) + len(needle) + 6
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        assert generation.examine(changed).state == "invalid", needle


def test_examine_does_not_vouch_for_a_signer_whom_nobody_here_knows(settings: Any, tmp_path: Path) -> None:
    image = make.picture(make.artist())
    settings.STATE_DIR = tmp_path / "another site"
    data = signed(image)
    theirs = certificate.configured().authority_pem
    settings.STATE_DIR = tmp_path / "this site"
    found = generation.examine(data)
    assert (found.state, found.is_ours, found.is_trial, found.faults) == ("valid", False, False, ())
    settings.CREDENTIALS_TRUSTED = str(tmp_path / "known.pem")
    (tmp_path / "known.pem").write_bytes(theirs)
    assert generation.examine(data).state == "trusted"


def test_examine_asks_nobody_when_a_picture_names_a_manifest_elsewhere(settings: Any) -> None:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        settings.SITE_URL = f"http://127.0.0.1:{server.server_port}"
        row = generation.issue(make.picture(make.artist()), WORDS)
        data = generation.signed_derivative(row, "320").read_bytes()
        assert generation.examine(data).state == "trusted"  # a manifest of ours is found by its name, without asking
        for path in (pictures.settings.PICTURES_DIR / "credentials").rglob("*.c2pa"):
            path.rename(path.with_suffix(".away"))
        found = generation.examine(data)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    for path in (pictures.settings.PICTURES_DIR / "credentials").rglob("*.away"):
        path.rename(path.with_suffix(".c2pa"))
    assert (found.state, asked) == ("none", [])
    assert found.elsewhere.startswith(settings.SITE_URL)


def test_examine_refuses_what_is_no_picture_and_survives_what_only_begins_as_one(settings: Any) -> None:
    for data, code in ((b"GIF89a", "not_a_picture"), (b"<svg onload=1>", "not_a_picture"), (b"", "not_a_picture")):
        with pytest.raises(generation.UploadRefused) as refused:
            generation.examine(data)
        assert refused.value.code == code
    good = signed(make.picture(make.artist()))
    for start in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\x10\0\0\0WEBP"):
        for rest in (b"", bytes(2_000), good[20:3_000], b"\xff" * 500):
            assert generation.examine(start + rest).state in ("none", "invalid")
    for cut in range(40, len(good), len(good) // 60):
        assert generation.examine(good[:cut]).state in ("none", "invalid")
    settings.UPLOAD_MAX_BYTES = 10
    with pytest.raises(generation.UploadRefused) as refused:
        generation.examine(good)
    assert refused.value.status == 413


def test_certificate_of_the_settings_signs_when_one_is_named_and_must_fit_its_key(
    settings: Any, tmp_path: Path
) -> None:
    for name in ("house", "other"):
        chain, key = certificate.make_trial(f"The {name} of art")
        (tmp_path / f"{name}.pem").write_bytes(chain)
        (tmp_path / f"{name}.key").write_bytes(key)
    settings.CREDENTIALS_CERTIFICATE = str(tmp_path / "house.pem")
    settings.CREDENTIALS_KEY = str(tmp_path / "house.key")
    row = generation.issue(make.picture(make.artist()), WORDS)
    assert (row.signer_name, row.is_trial) == ("The house of art", False)
    assert not (tmp_path / "credentials").exists()
    for key_path in (str(tmp_path / "other.key"), str(tmp_path / "none.key"), ""):
        settings.CREDENTIALS_KEY = key_path
        with pytest.raises(certificate.CannotSign):
            certificate.configured()


def test_trial_certificate_is_made_once_and_its_key_is_nobody_else_s(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: certificate.configured().sha256, range(16)))) == 1
    key = tmp_path / "credentials" / "trial.key.pem"
    assert key.stat().st_mode & 0o077 == 0
    assert certificate.configured().is_trial


def drawn(seed: int, size: tuple[int, int] = (1024, 1024)) -> bytes:
    """A picture of flat and lively parts."""
    rng = np.random.default_rng(seed)
    small = Pillow.fromarray(rng.integers(0, 255, (24, 24, 3), dtype=np.uint8), "RGB")
    soft = np.asarray(small.resize(size, Pillow.Resampling.BICUBIC), dtype=np.int16)
    grain = rng.integers(-18, 18, soft.shape) * (np.arange(size[1])[:, None, None] > size[1] // 2)
    out = io.BytesIO()
    Pillow.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8), "RGB").save(out, "PNG")
    return out.getvalue()


def through(data: bytes, width_px: int, kind: str, quality: int) -> Pillow.Image:
    with Pillow.open(io.BytesIO(data)) as picture:
        small = picture.convert("RGB").resize((width_px, width_px * picture.height // picture.width))
    out = io.BytesIO()
    small.save(out, kind, quality=quality)
    return Pillow.open(io.BytesIO(out.getvalue()))


@pytest.mark.parametrize("number", [1, 77, 2**32 - 1])
def test_mark_is_found_again_in_smaller_and_compressed_copies_and_is_hardly_seen(number: int) -> None:
    plain = drawn(number % 1000, (1024, 768))
    data = marks.mark(plain, number=number)
    assert marks.mark(plain, number=number) == data
    with Pillow.open(io.BytesIO(plain)) as before, Pillow.open(io.BytesIO(data)) as after:
        error = np.asarray(before, dtype=float) - np.asarray(after, dtype=float)
        assert 10 * np.log10(255**2 / (error**2).mean()) > 40
        assert marks.detect(after) == number
        assert marks.detect(before) is None
    for width_px, kind, quality in ((1024, "JPEG", 50), (640, "WEBP", 86), (320, "WEBP", 86), (1600, "JPEG", 75)):
        assert marks.detect(through(data, width_px, kind, quality)) == number, (width_px, kind, quality)


def test_mark_is_found_in_no_picture_that_has_none() -> None:
    for seed in range(40):
        with Pillow.open(io.BytesIO(drawn(1000 + seed, (256, 256)))) as picture:
            assert marks.detect(picture) is None
    for shade in (0, 128, 255):
        assert marks.detect(Pillow.new("RGB", (64, 64), (shade,) * 3)) is None


def test_visible_mark_changes_the_corner_alone_and_keeps_transparency_and_words() -> None:
    plain = io.BytesIO()
    info = pictures.PngInfo()
    info.add_itxt("ninefold.recipe", "말")
    Pillow.new("RGBA", (600, 600), (10, 200, 30, 128)).save(plain, "PNG", pnginfo=info)
    with Pillow.open(io.BytesIO(marks.mark(plain.getvalue(), visible=True))) as after:
        changed = (np.asarray(after) != np.array([10, 200, 30, 128])).any(axis=2)
        assert after.mode == "RGBA"
        assert after.text == {"ninefold.recipe": "말"}
    rows, columns = np.nonzero(changed)
    assert changed.sum() > 500
    assert rows.min() > 540
    assert columns.min() > 400


def test_marks_are_told_in_the_manifest_and_earlier_steps_have_none() -> None:
    image = make.retouched(make.artist())
    words = claims.Words(**{**WORDS.__dict__, "visible_mark": True, "mark_number": 9})
    said = store(signed(image, words), "image/png")
    actions = [one["action"] for one in active(said)[1]["c2pa.actions.v2"]["actions"]]
    assert actions[-2:] == ["c2pa.addedText", "c2pa.watermarked.unbound"]
    parent = Credential.objects.exclude(image=image).get()
    assert parent.image.sha256 != image.sha256
    assert reading.examine(generation.signed_path(parent).read_bytes()).mark is None


def test_looks_are_compared_at_any_size() -> None:
    one, other = drawn(1, (256, 256)), drawn(2, (256, 256))
    small = io.BytesIO()
    through(one, 90, "JPEG", 40).save(small, "JPEG")
    assert reading.looks_like(one, small.getvalue())
    assert not reading.looks_like(one, other)
    assert not reading.looks_like(one, b"no picture")
    assert credentials.DERIVATIVES["share"] == ("image/jpeg", 1200)


def test_hand_is_named_where_a_hand_was_and_the_model_where_a_model_was() -> None:
    for made, said in (("retouched", "Worked over by hand."), ("reworked", "Worked over by a model: inpaint.")):
        _, assertions = active(store(signed(getattr(make, made)(make.artist())), "image/png"))
        edited = assertions["c2pa.actions.v2"]["actions"][-1]
        assert edited["description"] == said
        assert (edited.get("softwareAgent", {}).get("name") == "ninefold-painter-4") == (made == "reworked")
