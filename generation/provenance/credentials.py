"""Signing pictures: once each, with their parents inside; smaller copies keep the chain.

    issue        signs a picture and, before it, every earlier step; what was signed before is found and not repeated
    derivative   a smaller copy of a signed picture, signed as its child

The signed bytes are kept before the row is written and never made again, so their address may be pinned, minted and
sold. A thumbnail does not carry its manifest, which would be larger than itself, but names the address of it in its
XMP (a remote manifest); the share picture, which leaves this site, carries all of it. Nothing is asked of the
network, but for the timestamp authority where the settings name one.

Reference: C2PA 2.2, sections 11.4 (embedding and external manifests) and 15 (validation).
"""

import contextlib
import io
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import c2pa
from django.conf import settings
from django.db import IntegrityError, transaction
from PIL import Image as Pillow

from generation import pictures
from generation.models import Credential, Image
from generation.provenance import certificate, claims, lineage, marks, xmp
from generation.provenance.certificate import CannotSign, Certificate
from generation.provenance.claims import Words

SHARE_PX: Final = 1200
DERIVATIVES: Final = {
    **{str(width_px): ("image/webp", width_px) for width_px in pictures.WIDTHS_PX},
    "share": ("image/jpeg", SHARE_PX),
}
SETTINGS: Final = {
    "version": 1,
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"remote_manifest_fetch": False, "verify_after_sign": True},
}


def issue(image: Image, words: Words) -> Credential:
    """The signed picture with `words`; CannotSign. Repeats give the first row. Earlier steps carry no marks."""
    steps = lineage.of(image)
    plain = Words(**{**words.__dict__, "visible_mark": False, "mark_number": 0})
    issued: dict[uuid.UUID, Credential] = {}
    for place, step in enumerate(steps):
        said = words if step.image.pk == image.pk else plain
        parents = [issued[parent.pk] for parent in step.parents]
        issued[step.image.pk] = _issue(step, steps[:place], said, parents)
    return issued[image.pk]


def signed_path(credential: Credential) -> Path:
    """Where the signed bytes lie."""
    return pictures.path(credential.sha256, credential.mime)


def manifest_path(key: uuid.UUID) -> Path:
    """Where a manifest lies, whether or not it is there: of a credential by its id, of a smaller copy by its own."""
    return pictures.manifest_path(key.hex)


def owner_path(key: uuid.UUID) -> Path:
    """Beside the manifest of a smaller copy: whose copy it is."""
    return manifest_path(key).with_suffix(".of")


def of_manifest(key: uuid.UUID) -> Credential | None:
    """The credential that a manifest belongs to, its own or a smaller copy's."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        key = uuid.UUID(hex=owner_path(key).read_text())
    return Credential.objects.select_related("image").filter(pk=key).first()


def derivative(credential: Credential, name: str) -> Path:
    """The smaller copy "320", "640", "1280" (WebP) or "share" (JPEG), made and signed once and kept."""
    mime, width_px = DERIVATIVES[name]
    target = pictures.derived_path(credential.sha256, name, mime)
    if target.exists():
        return target
    signed = signed_path(credential).read_bytes()
    with Pillow.open(io.BytesIO(signed)) as picture:
        plain, size = pictures.smaller(picture, mime, width_px, picture.info.get("xmp", b""))
    key = uuid.uuid4()
    where = None if name == "share" else f"{settings.SITE_URL}/credentials/{key}.c2pa"
    claim = claims.derived(credential.title, mime, *size)
    data, manifest = _sign(certificate.configured(), claim, plain, mime, [(signed, credential.mime)], where)
    if where:
        pictures.write(owner_path(key), credential.pk.hex.encode())
        pictures.write(manifest_path(key), manifest)  # before the copy that names it
    pictures.write(target, data)
    return target


def _issue(
    step: lineage.Step, earlier: Sequence[lineage.Step], words: Words, parents: Sequence[Credential]
) -> Credential:
    claim = claims.definition(step, earlier, words)
    digest = claims.digest(claim, words, [parent.sha256 for parent in parents])
    found = Credential.objects.filter(image=step.image, claim_sha256=digest).first()
    if found:
        return found
    kind, signing = claims.source_type(step, earlier), certificate.configured()
    data = pictures.path(step.image.sha256, step.image.mime).read_bytes()
    if words.hides_words:
        data = xmp.without_words(data)
    if words.visible_mark or words.mark_number:
        data = marks.mark(data, visible=words.visible_mark, number=words.mark_number)
    plain = xmp.into_png(data, xmp.packet(words, kind))
    inputs = [(signed_path(parent).read_bytes(), parent.mime) for parent in parents]
    signed, manifest = _sign(signing, claim, plain, step.image.mime, inputs, None)
    row = Credential(
        image=step.image, claim_sha256=digest, title=words.title, sha256=pictures.put(signed, step.image.mime),
        mime=step.image.mime, size_bytes=len(signed), source_type=kind, signer_name=signing.name[:120],
        certificate_sha256=signing.sha256, is_trial=signing.is_trial,
    )  # fmt: skip
    pictures.write(manifest_path(row.pk), manifest)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # another process signed the same claim a moment ago: its bytes are the ones
        return Credential.objects.get(image=step.image, claim_sha256=digest)
    return row


def _sign(
    signing: Certificate, claim: dict[str, Any], data: bytes, mime: str, parents: Sequence[tuple[bytes, str]],
    remote_url: str | None,
) -> tuple[bytes, bytes]:  # fmt: skip
    """(the signed file, its manifest); with `remote_url` the file names that address instead of carrying it."""
    is_whole = any(action["action"] == "c2pa.opened" for action in claim["assertions"][0]["data"]["actions"])
    out = io.BytesIO()
    try:
        with c2pa.Context.from_dict(_with_trust(signing)) as context, c2pa.Builder(claim, context=context) as builder:
            for number, (parent, parent_mime) in enumerate(parents):
                ingredient = {
                    "title": claim["title"],
                    "relationship": "parentOf" if is_whole else "componentOf",
                    "label": f"parent-{number}",
                }
                builder.add_ingredient(ingredient, parent_mime, io.BytesIO(parent))
            if remote_url:
                builder.set_remote_url(remote_url)
                builder.set_no_embed()
            manifest = builder.sign(signing.signer(), mime, io.BytesIO(data), out)
    except c2pa.C2paError as error:
        raise CannotSign(f"The picture could not be signed ({error}).") from error
    return out.getvalue(), bytes(manifest)


def _with_trust(signing: Certificate) -> dict[str, Any]:
    return {**SETTINGS, "trust": {"trust_anchors": signing.authority_pem.decode()}}
