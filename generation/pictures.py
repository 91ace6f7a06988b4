"""The picture store: bytes on disk under their SHA-256, and small derivatives for pages.

A picture is written to a temporary file, synced and renamed, so there is never half a picture under its name;
writing it twice is harmless. Uploads are hostile: `admit` decodes them under limits and writes them anew, which
drops whatever was hidden in them. Knows no rows.
"""

import contextlib
import datetime as dt
import errno
import hashlib
import html
import io
import os
import struct
import tempfile
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from generation.errors import GenerationError

WIDTHS_PX = (320, 640, 1280)
RECIPE = "ninefold.recipe"
"""The text of a PNG of ours that holds its recipe; the largest WebP has it in XMP, the small ones do without."""
_SIGNATURES = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff", "WEBP": b"RIFF"}
_SUFFIXES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


class StoreFull(GenerationError):
    """The disk is full; nothing was kept."""

    retryable = True
    code = "disk_full"
    title = "There is no room for this picture"
    next_step = "The operator has to free some room; then the job can be tried again."


class UploadRefused(GenerationError):
    """A file that is not taken; `code` and `status` say why, in the words of docs/api."""

    title = "This file is not taken"
    status = 422

    def __init__(self, code: str, detail: str, status: int = 422, next_step: str = "") -> None:
        super().__init__(detail, next_step=next_step or "Save the picture as PNG, JPEG or WebP and upload it again.")
        self.code = code  # type: ignore[misc]
        self.status = status


@dataclass(frozen=True)
class Stored:
    """What the rows need to know of a picture in the store."""

    sha256: str
    mime: str
    width_px: int
    height_px: int
    size_bytes: int
    notices: tuple[str, ...] = ()


def path(sha256: str, mime: str = "image/png") -> Path:
    """Where the picture lies, whether or not it is there."""
    return settings.PICTURES_DIR / sha256[:2] / f"{sha256}.{mime.removeprefix('image/')}"


def put_png(picture: Pillow.Image, words: dict[str, str]) -> Stored:
    """Keep a picture of ours as PNG with `words` as text chunks (the recipe); StoreFull when there is no room."""
    return _put(_png(picture, words), "image/png", picture.size)


def png_sha256(picture: Pillow.Image, words: dict[str, str]) -> str:
    """The name that `put_png` would keep it under; keeps nothing."""
    return hashlib.sha256(_png(picture, words)).hexdigest()


def _png(picture: Pillow.Image, words: dict[str, str]) -> bytes:
    info = PngInfo()
    for key, value in words.items():
        info.add_itxt(key, value)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", pnginfo=info, compress_level=4)
    return buffer.getvalue()


def admit(data: bytes, file_name: str = "") -> Stored:
    """Keep an uploaded picture, decoded under limits and written anew in sRGB; UploadRefused says what is wrong."""
    clean, notices = _decoded(data, file_name)
    buffer = io.BytesIO()
    clean.save(buffer, "PNG", compress_level=4)
    stored = _put(buffer.getvalue(), "image/png", clean.size)
    return replace(stored, notices=notices)


def _decoded(data: bytes, file_name: str = "") -> tuple[Pillow.Image, tuple[str, ...]]:
    kind = kind_of(data)
    named = _SUFFIXES.get(Path(file_name).suffix.lower(), kind)
    if named != kind:
        raise UploadRefused("wrong_format", f"The file is called {named} and holds {kind}.", 415)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            opened = Pillow.open(io.BytesIO(data), formats=[kind])
            _within_limits(opened)
            if opened.format != "MPO":  # what many telephones write: a JPEG with a second one behind it
                _nothing_behind(kind, data)
            opened.load()
            notices = ("location_removed",) if _has_location(opened) else ()
            clean = _plain(ImageOps.exif_transpose(opened))
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        raise UploadRefused("too_many_pixels", "The picture has more pixels than are taken.") from None
    except (OSError, SyntaxError, ValueError, KeyError, struct.error, UnidentifiedImageError) as error:
        raise UploadRefused("cut_short", f"The picture cannot be decoded to its end ({error}).") from None
    clean.info = {}  # Pillow would write a profile from here
    return clean, notices


def admit_mask(data: bytes, size: tuple[int, int]) -> tuple[Stored, tuple[int, int, int, int]]:
    """Keep a mask of exactly this size, black and white; also says where its white lies.

    UploadRefused for what `admit` would refuse, for another size, and for a mask without white.
    """
    given, _ = _decoded(data)
    if given.size != size:
        raise UploadRefused(
            "mask_size", f"The mask has {given.width} x {given.height} pixels, the picture {size[0]} x {size[1]}.",
            next_step="Make the mask as large as the picture.",
        )  # fmt: skip
    plain = given.convert("L").point(lambda value: 255 if value > 127 else 0)
    box = plain.getbbox()
    if box is None:
        raise UploadRefused(
            "mask_empty", "Nothing in the mask is white.", next_step="Mark what is to be painted anew."
        )
    buffer = io.BytesIO()
    plain.convert("1").save(buffer, "PNG")
    return _put(buffer.getvalue(), "image/png", plain.size), box


def kind_of(data: bytes) -> str:
    """PNG, JPEG or WEBP, by how the bytes begin; UploadRefused for anything else, or for too many bytes."""
    if len(data) > settings.UPLOAD_MAX_BYTES:
        raise UploadRefused(
            "too_large",
            f"The file has {len(data):,} bytes; at most {settings.UPLOAD_MAX_BYTES:,} are taken.",
            status=413,
        )
    kind = next((name for name, start in _SIGNATURES.items() if data.startswith(start)), None)
    if kind is None or (kind == "WEBP" and data[8:12] != b"WEBP"):
        raise UploadRefused("not_a_picture", "The file is no PNG, JPEG or WebP picture, whatever its name.", 415)
    return kind


def derivative(sha256: str, mime: str, width_px: int) -> Path:
    """A WebP of the picture at most `width_px` wide, made once and kept."""
    if width_px not in WIDTHS_PX:
        raise ValueError(f"Widths are {WIDTHS_PX}")
    target = settings.PICTURES_DIR / "derived" / sha256[:2] / f"{sha256}-{width_px}.webp"
    if not target.exists():
        with Pillow.open(path(sha256, mime)) as picture:
            picture.thumbnail((width_px, width_px * 8), Pillow.Resampling.LANCZOS)
            buffer = io.BytesIO()
            known = picture.info.get(RECIPE, "") if width_px == max(WIDTHS_PX) else ""
            more = {"xmp": _packet(known)} if known else {}
            picture.convert("RGB").save(buffer, "WEBP", quality=86, method=4, **more)
        write(target, buffer.getvalue())
    return target


def _packet(text: str) -> bytes:
    """XMP that holds a recipe."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:ninefold="urn:ninefold:1" '
        f'ninefold:recipe="{html.escape(text)}"/></rdf:RDF></x:xmpmeta>'
    ).encode()


def smaller(picture: Pillow.Image, mime: str, width_px: int, xmp: bytes) -> tuple[bytes, tuple[int, int]]:
    """(the bytes, width and height) of a copy at most `width_px` wide in WebP or JPEG, with an XMP packet."""
    copy = picture.copy()
    copy.thumbnail((width_px, width_px * 8), Pillow.Resampling.LANCZOS)
    kind, quality = ("WEBP", 86) if mime == "image/webp" else ("JPEG", 90)
    buffer = io.BytesIO()
    copy.convert("RGB").save(buffer, kind, quality=quality, **({"xmp": xmp} if xmp else {}))
    return buffer.getvalue(), copy.size


def put(data: bytes, mime: str) -> str:
    """Keep the bytes of a picture that is written already; their SHA-256. Bytes that are there count as new again."""
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        os.utime(path(sha256, mime))
    except (FileNotFoundError, PermissionError):  # another user's file is as good written anew
        write(path(sha256, mime), data)
    return sha256


def forget(sha256: str, mime: str, not_after: dt.datetime) -> None:
    """Delete a picture and its smaller copies, unless it was written after that moment; harmless when repeated."""
    target = path(sha256, mime)
    with contextlib.suppress(FileNotFoundError):
        if target.stat().st_mtime > not_after.timestamp():
            return
        target.unlink()
    for width_px in WIDTHS_PX:
        derived_path(sha256, str(width_px), "image/webp").unlink(missing_ok=True)


def derived_path(sha256: str, name: str, mime: str) -> Path:
    """Where a smaller copy of a signed picture lies, whether or not it is there."""
    return settings.PICTURES_DIR / "derived" / sha256[:2] / f"{sha256}-{name}.{mime.removeprefix('image/')}"


def manifest_path(key: str) -> Path:
    """Where the manifest of that name lies, whether or not it is there."""
    return settings.PICTURES_DIR / "credentials" / key[:2] / f"{key}.c2pa"


def _within_limits(picture: Pillow.Image) -> None:
    if picture.width * picture.height > settings.UPLOAD_MAX_PIXELS:
        raise UploadRefused(
            "too_many_pixels",
            f"The picture has {picture.width} x {picture.height} pixels; at most "
            f"{settings.UPLOAD_MAX_PIXELS:,} in all are taken.",
        )
    if picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1:
        raise UploadRefused("animated", "The picture moves; only still pictures are taken.")


def _nothing_behind(kind: str, data: bytes) -> None:
    """Refuse bytes after the end of the picture: a file that is two things at once."""
    end = {"PNG": _end_of_png, "JPEG": _end_of_jpeg, "WEBP": _end_of_webp}[kind](data)
    if data[end:].strip(b"\0"):
        raise UploadRefused(
            "trailing_data", f"There are {len(data) - end} bytes after the end of the picture.",
            next_step="Open the picture in an editor and save it anew.",
        )  # fmt: skip


def _end_of_png(data: bytes) -> int:
    at, kind = 8, b""
    while kind != b"IEND" and at + 12 <= len(data):
        kind = data[at + 4 : at + 8]
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return at


def _end_of_jpeg(data: bytes) -> int:
    """Behind the first EOI that is no part of a segment: segments are stepped over by their length."""
    at = 2
    while at + 2 <= len(data):
        marker = data[at + 1]
        if data[at] != 0xFF or marker in (0x00, 0xFF, 0x01) or 0xD0 <= marker <= 0xD7:
            at = max(data.find(b"\xff", at + 1), at + 1)  # inside coded data
        elif marker == 0xD9:
            return at + 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return len(data)


def _end_of_webp(data: bytes) -> int:
    size = int.from_bytes(data[4:8], "little")
    return 8 + size + size % 2


def _plain(picture: Pillow.Image) -> Pillow.Image:
    """8-bit sRGB, with transparency where there was some; a profile is applied and then dropped."""
    if picture.mode.startswith(("I", "F")):
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    mode = "RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB"
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "RGBA", "CMYK", "L"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
            return converted if converted is not None else picture.convert(mode)
    return picture.convert(mode)


def _has_location(picture: Pillow.Image) -> bool:
    gps_ifd = 0x8825
    return bool(picture.getexif().get_ifd(gps_ifd))


def _put(data: bytes, mime: str, size: tuple[int, int]) -> Stored:
    return Stored(put(data, mime), mime, size[0], size[1], len(data))


def write(target: Path, data: bytes) -> None:
    """All of a file or nothing of it; StoreFull. Written over what is there."""
    draft = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=".draft-")
        with os.fdopen(handle, "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        Path(draft).replace(target)
    except OSError as error:
        if draft:
            with contextlib.suppress(FileNotFoundError):
                Path(draft).unlink()
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StoreFull("The disk that holds the pictures is full.") from error
        raise
