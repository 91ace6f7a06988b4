"""A token's document as bytes: the same facts give the same bytes, hence the same address, on every machine.

UTF-8 without escapes, keys sorted, no spaces, integers only (RFC 8785 for what occurs here: keys are ASCII). At
most 256 KiB, so that the document is one raw block and its digest alone, in one slot of the contract, stands for it.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from minting.errors import MetadataInvalid, MetadataTooLarge
from minting.metadata import schema

METADATA_BYTES_MAX: Final = 256 * 1024  # the chunk of minting/ipfs/cid.py


@dataclass(frozen=True)
class Attribute:
    """One trait. A number is an int; `display_type` is number, boost_number, boost_percentage, date or empty."""

    trait_type: str
    value: str | int
    display_type: str = ""


@dataclass(frozen=True)
class WorkFacts:
    """All that a document says of a work. Empty strings stand for what is not known and is left out.

    `image_cid` is a CIDv1. `external_url` is https, or empty where the site has no public address. `made_by` is
    machine, human_with_machine or human. `lineage` tells the steps in order, each a dict of words and whole numbers.
    A work that only people made has no model and no recipe. `preview_cid` is a small WebP of the picture,
    `manifest_cid` its C2PA manifest as a file of its own, `background_color` six hexadecimal digits.
    """

    name: str
    description: str
    image_cid: str
    licence: str
    made_by: str
    donation_beneficiary: str
    donation_bps: int
    external_url: str = ""
    attributes: Sequence[Attribute] = ()
    lineage: Sequence[Mapping[str, Any]] = ()
    name_ko: str = ""
    description_ko: str = ""
    model_name: str = ""
    model_sha256: str = ""
    recipe_sha256: str = ""
    preview_cid: str = ""
    manifest_cid: str = ""
    animation_cid: str = ""
    background_color: str = ""


def build(facts: WorkFacts) -> bytes:
    """The canonical bytes; MetadataInvalid or MetadataTooLarge. Text is brought into Unicode's composed form."""
    document = _document(facts)
    schema.check(document)
    data = encode(document)
    if len(data) > METADATA_BYTES_MAX:
        raise MetadataTooLarge(
            f"The document has {len(data):,} bytes; {METADATA_BYTES_MAX:,} is the most that one block holds."
        )
    return data


def encode(document: Mapping[str, Any]) -> bytes:
    """Canonical JSON of a checked document."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _document(facts: WorkFacts) -> dict[str, Any]:
    ninefold: dict[str, Any] = {
        "version": schema.VERSION,
        "licence": facts.licence,
        "made_by": facts.made_by,
        "lineage": [dict(step) for step in facts.lineage],
        "localization": {},
        "donation": {"beneficiary": facts.donation_beneficiary, "bps": facts.donation_bps},
    }
    if facts.name_ko:
        ninefold["localization"]["ko"] = {"name": facts.name_ko, "description": facts.description_ko}
    elif facts.description_ko:
        raise MetadataInvalid("ninefold.localization.ko.name is missing.")
    if facts.model_name or facts.model_sha256:
        ninefold["model"] = {"name": facts.model_name, "sha256": facts.model_sha256}
    if facts.recipe_sha256:
        ninefold["recipe_sha256"] = facts.recipe_sha256
    document: dict[str, Any] = {
        "name": facts.name,
        "description": facts.description,
        "image": f"ipfs://{facts.image_cid}",
        "attributes": [_attribute(attribute) for attribute in facts.attributes],
        "ninefold": ninefold,
    }
    if facts.manifest_cid:
        ninefold["manifest"] = f"ipfs://{facts.manifest_cid}"
    if facts.preview_cid:
        document["image_preview"] = f"ipfs://{facts.preview_cid}"
    if facts.animation_cid:
        document["animation_url"] = f"ipfs://{facts.animation_cid}"
    if facts.background_color:
        document["background_color"] = facts.background_color
    if facts.external_url:
        document["external_url"] = facts.external_url
    composed: dict[str, Any] = compose(document)
    return composed


def _attribute(attribute: Attribute) -> dict[str, str | int]:
    written: dict[str, str | int] = {"trait_type": attribute.trait_type, "value": attribute.value}
    if attribute.display_type:
        written["display_type"] = attribute.display_type
    return written


def compose(value: Any) -> Any:
    """Korean typed on different systems arrives composed or decomposed; one spelling gives one address."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).replace("\r\n", "\n")
    if isinstance(value, Mapping):
        return {key: compose(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [compose(part) for part in value]
    return value
