"""Proofs of payment that are documents: PDF, JPEG or PNG, judged by what is in them, kept for staff alone.

A file lies under its SHA-256, which the ledger shows: whoever has the document can see that it is the one that was
booked. Refuses other formats, pictures behind whose end something stands, more than 10 MB, and pictures larger than
40 megapixels. Bytes are kept as they came, since their hash is the proof; they are only ever given out as a download.
"""

import hashlib
import io
import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from PIL import Image as Pillow

from gallery.errors import WordsRefused

BYTES_MAX = 10 * 1024**2
PIXELS_MAX = 40_000_000
SUFFIXES = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
_ENDS = {"image/jpeg": b"\xff\xd9", "image/png": b"IEND\xaeB`\x82"}


@dataclass(frozen=True)
class Document:
    sha256: str
    mime: str
    size_bytes: int


def keep(file: Any) -> Document:
    """Judge and store an uploaded file; WordsRefused, and then nothing is stored. Harmless when repeated."""
    if file.size > BYTES_MAX:
        raise WordsRefused("document", "The document is larger than 10 MB.")
    data = bytes(file.read(BYTES_MAX + 1))
    mime = judge(data)
    sha256 = hashlib.sha256(data).hexdigest()
    path = path_of(sha256)
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part:  # 0600 by itself
            part.write(data)
            part.flush()
            os.fsync(part.fileno())
        Path(part.name).replace(path)
    return Document(sha256, mime, len(data))


def judge(data: bytes) -> str:
    """The MIME type by content; WordsRefused for anything else, cut short or followed by something."""
    refused = WordsRefused("document", "This file is not a PDF, JPEG or PNG, or it is damaged.")
    if len(data) > BYTES_MAX:
        raise WordsRefused("document", "The document is larger than 10 MB.")
    if data.startswith(b"%PDF-"):
        if b"%%EOF" not in data[-1024:]:
            raise refused
        return "application/pdf"
    for mime, start in (("image/jpeg", b"\xff\xd8\xff"), ("image/png", b"\x89PNG\r\n\x1a\n")):
        if data.startswith(start) and data.endswith(_ENDS[mime]):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    with Pillow.open(io.BytesIO(data), formats=[mime.removeprefix("image/").upper()]) as picture:
                        if picture.width * picture.height > PIXELS_MAX:
                            raise refused
                        picture.load()
            except (OSError, SyntaxError, ValueError, Warning, Pillow.DecompressionBombError):
                raise refused from None
            return mime
    raise refused


def path_of(sha256: str) -> Path:
    """Where a document lies; `sha256` comes from a row, never from an address."""
    folder: Path = settings.DOCUMENTS_DIR
    return folder / sha256[:2] / sha256
