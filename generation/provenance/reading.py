"""What a picture says of itself, for anyone who asks: its manifest, whether that holds, who signed, and our mark.

The file may come from anybody. It is read in memory, bounded in bytes and pixels, and never kept; no address in it is
asked, whatever it names: a manifest elsewhere is only said to be elsewhere, but where it is one of this site's own.
"""

import hashlib
import io
import json
import re
import struct
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import c2pa
import numpy as np
from django.conf import settings
from PIL import Image as Pillow

from generation import pictures
from generation.provenance import certificate, credentials, marks

LOOK_PX: Final = 32
ALIKE: Final = 0.95  # correlation of brightness; other pictures of one prompt stay below
FAULTS_SHOWN: Final = 6
_OWN_ADDRESS: Final = re.compile(r"/credentials/([0-9a-f-]{36})\.c2pa", re.ASCII)
_REMOTE: Final = re.compile(rb"dcterms:provenance=\"([^\"]{1,2000})\"")


@dataclass(frozen=True)
class Ingredient:
    """A picture that this one was made from: "parentOf" or "componentOf"; `is_sound` when its own manifest holds."""

    title: str
    relationship: str
    is_sound: bool


@dataclass(frozen=True)
class Findings:
    """`state` is "none" (no manifest), "trusted", "valid" (whole, signed by someone not known here) or "invalid".

    `elsewhere` is the address of a manifest that the picture does not carry and this site does not have. `actions`
    are (C2PA action, program) in order; `faults` are C2PA's codes; `mark` is the number of the invisible mark.
    """

    sha256: str
    mime: str
    state: str = "none"
    elsewhere: str = ""
    signer: str = ""
    signed_at: str = ""
    is_ours: bool = False
    is_trial: bool = False
    title: str = ""
    creator: str = ""
    licence: str = ""
    source_type: str = ""
    program: str = ""
    actions: tuple[tuple[str, str], ...] = ()
    ingredients: tuple[Ingredient, ...] = ()
    may_be_mined: bool | None = None
    faults: tuple[str, ...] = ()
    mark: int | None = None


def examine(data: bytes) -> Findings:
    """Everything that the picture says; UploadRefused for what is no picture, or too large."""
    kind = pictures.kind_of(data)
    mime = f"image/{kind.lower()}"
    known: dict[str, Any] = {"sha256": hashlib.sha256(data).hexdigest(), "mime": mime, "mark": _mark(data, kind)}
    own = certificate.configured()
    trust = {"trust": {"trust_anchors": "\n".join(_anchors(own))}}
    with c2pa.Context.from_dict({**credentials.SETTINGS, **trust}) as context:
        store, elsewhere = _store(data, mime, context)
    if store is None:
        return Findings(**known, elsewhere=elsewhere)
    return Findings(**known, **_read(store, own))


def looks_like(signed: bytes, data: bytes) -> bool:
    """Whether two pictures show the same, at whatever size; False where one cannot be decoded."""
    looks = [_look(one) for one in (signed, data)]
    if looks[0] is None or looks[1] is None:
        return False
    return float((looks[0] * looks[1]).mean()) >= ALIKE


def _store(data: bytes, mime: str, context: c2pa.Context) -> tuple[dict[str, Any] | None, str]:
    """(the manifest store, "") or (None, the address of one that is elsewhere)."""
    try:
        with c2pa.Reader(mime, io.BytesIO(data), context=context) as reader:
            return json.loads(reader.json()), ""
    except c2pa.C2paError as error:
        if "ManifestNotFound" in str(error) or "no JUMBF data" in str(error):
            return None, ""
        found = _REMOTE.search(data)
        if not found:
            return {"validation_state": "Invalid", "faults": [str(error)[:200]]}, ""
    url = found[1].decode(errors="replace")
    manifest = _own_manifest(url)
    if manifest is None:
        return None, url
    try:
        with c2pa.Reader(mime, io.BytesIO(data), manifest, context=context) as reader:
            return json.loads(reader.json()), ""
    except c2pa.C2paError as error:
        return {"validation_state": "Invalid", "faults": [str(error)[:200]]}, ""


def _own_manifest(url: str) -> bytes | None:
    """Whoever the address names as host: what we have under the name is bound to the bytes by its own hash."""
    match = _OWN_ADDRESS.search(url)
    if not match:
        return None
    try:
        return credentials.manifest_path(uuid.UUID(match[1])).read_bytes()
    except (FileNotFoundError, ValueError):
        return None


def _anchors(own: certificate.Certificate) -> Iterator[str]:
    yield own.authority_pem.decode()
    if settings.CREDENTIALS_TRUSTED:
        yield Path(settings.CREDENTIALS_TRUSTED).read_text()


def _read(store: dict[str, Any], own: certificate.Certificate) -> dict[str, Any]:
    manifest = store.get("manifests", {}).get(store.get("active_manifest"), {})
    said = {one["label"].partition("__")[0]: one.get("data") or {} for one in manifest.get("assertions", ())}
    signature = manifest.get("signature_info", {})
    is_ours = str(signature.get("cert_serial_number", "")) == own.serial
    metadata, actions = said.get("cawg.metadata", {}), said.get("c2pa.actions.v2", said.get("c2pa.actions", {}))
    listed = [one for one in actions.get("actions", ()) if isinstance(one, dict)]
    generators = manifest.get("claim_generator_info") or [{}]
    return {
        "state": {"Trusted": "trusted", "Valid": "valid"}.get(store.get("validation_state", ""), "invalid"),
        "signer": _text(signature.get("issuer")),
        "signed_at": _text(signature.get("time")),
        "is_ours": is_ours,
        "is_trial": is_ours and own.is_trial,
        "title": _text(manifest.get("title")),
        "creator": _text(metadata.get("dc:creator")),
        "licence": _text(metadata.get("dc:rights")),
        "source_type": next((_text(one["digitalSourceType"]) for one in listed if "digitalSourceType" in one), ""),
        "program": _text(generators[0].get("name")),
        "actions": tuple((_text(one.get("action")), _text(one.get("softwareAgent"))) for one in listed),
        "ingredients": tuple(_ingredient(one) for one in manifest.get("ingredients", ())),
        "may_be_mined": _mined(said),
        "faults": tuple(_faults(store))[:FAULTS_SHOWN],
    }


def _ingredient(one: dict[str, Any]) -> Ingredient:
    results = one.get("validation_results", {}).get("activeManifest", {})
    is_sound = bool(one.get("active_manifest")) and not results.get("failure")
    return Ingredient(_text(one.get("title")), _text(one.get("relationship")), is_sound)


def _mined(said: dict[str, Any]) -> bool | None:
    entries = said.get("cawg.training-mining", said.get("c2pa.training-mining", {})).get("entries", {})
    uses = [entry.get("use") for entry in entries.values() if isinstance(entry, dict)]
    return all(use == "allowed" for use in uses) if uses else None


def _faults(store: dict[str, Any]) -> Iterator[str]:
    yield from store.get("faults", ())
    results = store.get("validation_results", {})
    for one in results.get("activeManifest", {}).get("failure", ()):
        if one.get("code") != "signingCredential.untrusted":  # that is a state, not a fault
            yield _text(one.get("code"))
    for delta in results.get("ingredientDeltas", ()):
        for one in delta.get("validationDeltas", {}).get("failure", ()):
            yield _text(one.get("code"))


def _text(value: Any) -> str:
    """Words from a stranger's manifest, shortened; of a list or an object, the first that it holds."""
    if isinstance(value, dict):
        value = value.get("name", next(iter(value.values()), ""))
    if isinstance(value, list):
        value = value[0] if value else ""
    return str(value)[:300] if isinstance(value, str | int) else ""


def _mark(data: bytes, kind: str) -> int | None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        try:
            with Pillow.open(io.BytesIO(data), formats=[kind]) as picture:
                if picture.width * picture.height > settings.UPLOAD_MAX_PIXELS:
                    return None
                return marks.detect(picture)
        except (OSError, SyntaxError, ValueError, KeyError, struct.error, Pillow.DecompressionBombWarning,
                Pillow.DecompressionBombError):  # fmt: skip
            return None


def _look(data: bytes) -> Any:
    """Brightness at 32 x 32, of mean 0 and deviation 1; None for a picture of one shade."""
    try:
        with Pillow.open(io.BytesIO(data)) as picture:
            small = np.asarray(picture.convert("L").resize((LOOK_PX, LOOK_PX), Pillow.Resampling.BOX), dtype=float)
    except (OSError, SyntaxError, ValueError):
        return None
    spread = small.std()
    return (small - small.mean()) / spread if spread > 1 else None
