"""The recipe that a picture file of ours carries, read back with care: the file may come from anybody.

A PNG has it as the text "ninefold.recipe", a WebP in its XMP packet. What is read is bounded, must be a recipe of a
kind that is known here, and its members must be of the kinds that recipes have; nothing in it is run or fetched.
"""

import hashlib
import html
import io
import json
import re
import struct
import uuid
import warnings
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final

from PIL import Image as Pillow

from generation import pictures, recipe
from generation.models import Image
from generation.pictures import UploadRefused

LONGEST: Final = 32_768
_KINDS: Final = {
    "text-to-image": recipe.PaintRecipe, "image-to-image": recipe.ReworkRecipe, "variation": recipe.ReworkRecipe,
    "inpaint": recipe.ReworkRecipe, recipe.OUTPAINT: recipe.ReworkRecipe, recipe.UPSCALE: recipe.UpscaleRecipe,
    "compose": recipe.ComposeRecipe,
}  # fmt: skip
_IN_XMP: Final = re.compile(rb'ninefold:recipe="([^"]{1,200000})"')
_HELD: Final[dict[Any, tuple[type, ...]]] = {int: (int,), str: (str,), float: (int, float)}


@dataclass(frozen=True)
class Recalled:
    """A recipe as a document, and the owner's own picture that it made, where there is one."""

    document: dict[str, Any]
    image: Image | None


class NoRecipe(UploadRefused):
    """A picture without a recipe of ours, or with one that does not hold."""


def read(data: bytes) -> dict[str, Any]:
    """The recipe as a document; UploadRefused for what is no picture, NoRecipe for one without a sound recipe."""
    kind = pictures.kind_of(data)
    text = _text(data, kind)
    if not text:
        raise NoRecipe(
            "no_recipe", "The picture carries no recipe of Ninefold.",
            next_step="Choose a picture as it was downloaded here; editors often leave the recipe out.",
        )  # fmt: skip
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise _broken() from None
    return _checked(document)


def recall(owner_id: uuid.UUID, data: bytes) -> Recalled:
    """The recipe in the file and the owner's picture that it belongs to; their own file is known as it is."""
    pictures.kind_of(data)
    sha256 = hashlib.sha256(data).hexdigest()
    own = Image.objects.filter(owner_id=owner_id).select_related("job__prompt").defer("words")
    image = own.filter(sha256=sha256).first() or own.filter(credentials__sha256=sha256).first()
    if image and image.job:
        return Recalled(image.job.recipe, image)
    document = read(data)
    image = own.filter(job__owner_id=owner_id, job__recipe_sha256=recipe.digest(document)).first()
    return Recalled(document, image)


def _text(data: bytes, kind: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        try:
            with Pillow.open(io.BytesIO(data), formats=[kind]) as picture:
                known = picture.info.get(pictures.RECIPE, "")
                found = _IN_XMP.search(picture.info.get("xmp", b"")) if kind == "WEBP" else None
        except (OSError, SyntaxError, ValueError, KeyError, struct.error, Pillow.DecompressionBombError,
                Pillow.DecompressionBombWarning) as error:  # fmt: skip
            raise UploadRefused("cut_short", f"The picture cannot be decoded to its end ({error}).") from None
    text = html.unescape(found[1].decode(errors="replace")) if found else str(known)
    if len(text) > LONGEST:
        raise _broken()
    return text


def _checked(document: Any) -> dict[str, Any]:
    kind = _KINDS.get(str(document.get("operation", ""))) if isinstance(document, dict) else None
    if kind is None:
        raise _broken()
    members = {field.name: field for field in fields(kind)}
    needed = {name for name, field in members.items() if field.default is MISSING}
    if not needed <= set(document) <= set(members):
        raise _broken()
    for name, value in document.items():
        if isinstance(value, bool) or not isinstance(value, _HELD.get(members[name].type, (list, dict, str))):
            raise _broken()
    return dict(document)


def _broken() -> NoRecipe:
    return NoRecipe(
        "recipe_broken", "The picture carries something in the recipe's place that is no recipe of Ninefold.",
        next_step="Choose a picture as it was downloaded here.",
    )  # fmt: skip
