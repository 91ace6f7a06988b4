import errno
import io
import os
import uuid
import zlib
from pathlib import Path

import pytest
from django.conf import LazySettings
from PIL import Image as Pillow

from generation import api
from generation.models import Image

pytestmark = pytest.mark.django_db
OWNER, STRANGER = uuid.UUID(int=1), uuid.UUID(int=2)


def picture(kind: str = "PNG", size: tuple[int, int] = (32, 24), **options: object) -> bytes:
    buffer = io.BytesIO()
    Pillow.linear_gradient("L").resize(size).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


def refusal(data: bytes) -> api.UploadRefused:
    with pytest.raises(api.UploadRefused) as refused:
        api.upload(OWNER, "bad", data)
    assert Image.objects.count() == 0
    assert str(refused.value)
    assert refused.value.next_step
    return refused.value


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_upload_is_kept_as_png_when_it_is_a_picture(kind: str) -> None:
    image = api.upload(OWNER, "up", picture(kind))
    assert (image.width_px, image.height_px, image.mime, image.made_by) == (32, 24, "image/png", "human")
    with Pillow.open(api.picture_path(image)) as kept:
        assert kept.format == "PNG"


def test_upload_is_the_child_of_its_parent_when_one_is_named() -> None:
    parent = api.upload(OWNER, "parent", picture())
    child = api.upload(OWNER, "child", picture(size=(40, 40)), parent.pk)
    assert child.made_by == Image.MadeBy.HUMAN_WITH_MACHINE
    assert [edge.parent for edge in child.parentages.all()] == [parent]
    assert api.upload(OWNER, "child", picture(size=(40, 40)), parent.pk) == child
    assert Image.objects.count() == 2


def test_upload_is_refused_when_the_parent_is_anothers() -> None:
    parent = api.upload(STRANGER, "parent", picture())
    with pytest.raises(api.NoSuchPicture):
        api.upload(OWNER, "child", picture(), parent.pk)


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", b"RIFF0000WAVE",
             b"GIF89a" + b"\0" * 50], ids=["empty", "text", "svg", "wave", "gif"],
)  # fmt: skip
def test_upload_is_refused_as_415_when_it_is_no_picture_we_take(data: bytes) -> None:
    assert (refusal(data).code, refusal(data).status) == ("not_a_picture", 415)


def test_upload_is_refused_when_another_format_hides_behind_a_signature() -> None:
    assert refusal(b"\x89PNG\r\n\x1a\n" + picture("JPEG")).status == 422


def test_upload_is_refused_when_it_is_a_pixel_bomb() -> None:
    bomb = io.BytesIO()
    Pillow.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert refusal(bomb.getvalue()).code == "too_many_pixels"


def test_upload_is_refused_when_a_page_is_hidden_behind_the_picture() -> None:
    assert refusal(picture() + b"<html><script>alert(1)</script></html>").code == "trailing_data"


def test_upload_is_refused_when_it_is_cut_short() -> None:
    assert refusal(picture("JPEG", size=(400, 300))[:-400]).code == "cut_short"


def test_upload_is_refused_as_413_when_it_has_too_many_bytes(settings: LazySettings) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    assert refusal(picture()).status == 413


def test_upload_loses_its_place_on_earth_with_a_notice_when_exif_tells_it() -> None:
    exif = Pillow.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (37.0, 33.0, 59.0)
    image = api.upload(OWNER, "gps", picture("JPEG", exif=exif))
    assert image.notices == ["location_removed"]
    with Pillow.open(api.picture_path(image)) as kept:
        assert not kept.getexif()


def test_upload_leaves_no_half_file_when_the_disk_is_full(
    settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PICTURES_DIR = tmp_path

    def no_space(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)  # the edge of what we do not own: the kernel
    with pytest.raises(api.GenerationError) as failed:
        api.upload(OWNER, "full", picture())
    assert (failed.value.code, failed.value.retryable) == ("disk_full", True)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert Image.objects.count() == 0


def test_upload_is_refused_when_its_name_says_another_format() -> None:
    with pytest.raises(api.UploadRefused) as refused:
        api.upload(OWNER, "named", picture("JPEG"), None, "a.png")
    assert (refused.value.code, refused.value.status) == ("wrong_format", 415)
    assert api.upload(OWNER, "named", picture("JPEG"), None, "a.JPG").width_px == 32


@pytest.mark.parametrize(("kind", "end"), [("PNG", b"\0\0\0\0IEND\xaeB`\x82"), ("JPEG", b"\xff\xd9")])
def test_upload_is_refused_when_the_hidden_page_ends_like_a_picture(kind: str, end: bytes) -> None:
    assert refusal(picture(kind) + b"<html><script>alert(1)</script></html>" + end).code == "trailing_data"


def test_upload_is_taken_when_a_jpeg_has_a_thumbnail_and_many_scans() -> None:
    exif = Pillow.Exif()
    exif[0x010E] = "a lake \xff\xd9 in words"
    assert api.upload(OWNER, "scans", picture("JPEG", (640, 480), exif=exif, progressive=True)).width_px == 640


def test_upload_is_refused_with_a_sentence_when_its_exif_is_rubbish() -> None:
    png = picture()
    rubbish = b"garbagegarbage"
    chunk = len(rubbish).to_bytes(4, "big") + b"eXIf" + rubbish + zlib.crc32(b"eXIf" + rubbish).to_bytes(4, "big")
    assert refusal(png[:33] + chunk + png[33:]).code == "cut_short"


def test_upload_keeps_its_light_when_it_is_grey_of_16_bits() -> None:
    deep = io.BytesIO()
    Pillow.new("I;16", (8, 8), 20_000).save(deep, "PNG")
    image = api.upload(OWNER, "deep", deep.getvalue())
    with Pillow.open(api.picture_path(image)) as kept:
        assert kept.getpixel((4, 4)) == (78, 78, 78)


def test_upload_loses_what_a_colour_profile_hides() -> None:
    image = api.upload(OWNER, "icc", picture(icc_profile=b"<script>HIDDEN</script>" * 9))
    assert b"HIDDEN" not in api.picture_path(image).read_bytes()
    with Pillow.open(api.picture_path(image)) as kept:
        assert "icc_profile" not in kept.info


def test_compose_remembers_the_chosen_pictures_when_their_bytes_are_equal() -> None:
    twins = [api.upload(OWNER, f"twin {number}", picture()).pk for number in range(4)]
    job = api.compose(OWNER, "twins", twins, columns=2)
    assert job.inputs == [str(pk) for pk in twins]
    with pytest.raises(api.RequestIdReused):
        api.compose(OWNER, "twins", twins[::-1], columns=2)
