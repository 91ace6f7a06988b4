"""What a token's document may say: the ERC-721 fields that every market reads, and `ninefold` with the proof.

`check` names the first field that is wrong. Refuses floats (they have no canonical form), NUL and bidirectional
overrides, addresses that are neither https nor ipfs, an image behind a gateway, and keys that nobody defined.

References: https://eips.ethereum.org/EIPS/eip-721, https://docs.opensea.io/docs/metadata-standards
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from minting.errors import MetadataInvalid

Check = Callable[[str, Any], None]

_OVERRIDES: Final = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_DISPLAY_TYPES: Final = {"number", "boost_number", "boost_percentage", "date"}
_MADE_BY: Final = {"machine", "human_with_machine", "human"}
_DEPTH_MAX: Final = 6
# Every CIDv1 of raw or dag-pb with sha2-256, in its one spelling: the four bytes before the digest end inside the
# eighth letter, the digest ends inside the last one. A test compares it with minting/ipfs/cid.py.
_IPFS_URI: Final = re.compile(r"ipfs://baf(?:krei|ybei)[a-h][a-z2-7]{50}[aeimquy4]", re.ASCII)
VERSION: Final = 1


def check(document: Mapping[str, Any]) -> None:
    """MetadataInvalid with the name of the field, or nothing."""
    _keys("document", document, _DOCUMENT, optional=_OPTIONAL)


def check_contract(document: Mapping[str, Any]) -> None:
    """As `check`, for what a contract says of itself (ERC-7572)."""
    _keys("document", document, _CONTRACT, optional=set(_CONTRACT) - {"name"})


def _text(most: int, *, least: int = 1, lines: bool = False) -> Check:
    def check_text(field: str, value: Any) -> None:
        if not isinstance(value, str):
            raise MetadataInvalid(f"{field} must be text.")
        if not least <= len(value) <= most:
            raise MetadataInvalid(f"{field} must have {least} to {most:,} characters; it has {len(value):,}.")
        _clean(field, value, "\n" if lines else "")

    return check_text


def _clean(field: str, value: str, allowed: str = "\n") -> None:
    for letter in value:
        if letter in _OVERRIDES or (unicodedata.category(letter) in ("Cc", "Cs") and letter not in allowed):
            raise MetadataInvalid(f"{field} holds the character U+{ord(letter):04X}, which is not shown to people.")


def _pattern(pattern: str, words: str) -> Check:
    compiled = re.compile(pattern, re.ASCII)

    def check_pattern(field: str, value: Any) -> None:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise MetadataInvalid(f"{field} must be {words}.")

    return check_pattern


def _one_of(words: set[str]) -> Check:
    def check_word(field: str, value: Any) -> None:
        if not isinstance(value, str) or value not in words:
            raise MetadataInvalid(f"{field} must be one of {', '.join(sorted(words))}.")

    return check_word


def _whole(least: int, most: int) -> Check:
    def check_number(field: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise MetadataInvalid(f"{field} must be a whole number from {least} to {most:,}.")

    return check_number


def _ipfs(field: str, value: Any) -> None:
    if not isinstance(value, str) or not _IPFS_URI.fullmatch(value):
        raise MetadataInvalid(f"{field} must be ipfs:// and a CIDv1 in base32, and not the address of a gateway.")


def _address(field: str, value: Any) -> None:
    """https with a host and without a password, or ipfs with a CIDv1."""
    if isinstance(value, str) and value.startswith("ipfs://"):
        _ipfs(field, value)
        return
    _text(2000)(field, value)
    try:
        parts = urlsplit(value)
        good = parts.scheme == "https" and parts.hostname and parts.username is None and not re.search(r"\s", value)
    except ValueError:
        good = False
    if not good:
        raise MetadataInvalid(f"{field} must begin with https:// or ipfs://.")


def _list(item: Check, most: int) -> Check:
    def check_list(field: str, value: Any) -> None:
        if not isinstance(value, list) or len(value) > most:
            raise MetadataInvalid(f"{field} must be a list of at most {most:,}.")
        for number, part in enumerate(value):
            item(f"{field}[{number}]", part)

    return check_list


def _shape(fields: Mapping[str, Check], *optional: str) -> Check:
    def check_shape(field: str, value: Any) -> None:
        _keys(field, value, fields, set(optional))

    return check_shape


def _keys(field: str, value: Any, fields: Mapping[str, Check], optional: set[str]) -> None:
    if not isinstance(value, Mapping):
        raise MetadataInvalid(f"{field} must be an object.")
    prefix = "" if field == "document" else f"{field}."
    for key in value:
        if key not in fields:
            raise MetadataInvalid(f"{prefix}{key} is not a field of this document.")
    for key, check_field in fields.items():
        if key in value:
            check_field(prefix + key, value[key])
        elif key not in optional:
            raise MetadataInvalid(f"{prefix}{key} is missing.")


def _attribute_value(field: str, value: Any) -> None:
    if isinstance(value, str):
        _text(1000)(field, value)
    else:
        _whole(-(2**53) + 1, 2**53 - 1)(field, value)


def _attribute(field: str, value: Any) -> None:
    """A trait; markets show one with a display type as a number, so it must be one (a date: seconds since 1970)."""
    fields = {"trait_type": _text(100), "value": _attribute_value, "display_type": _one_of(_DISPLAY_TYPES)}
    _keys(field, value, fields, {"display_type"})
    if "display_type" in value and not isinstance(value["value"], int):
        raise MetadataInvalid(f"{field}.value must be a whole number, as its display_type says.")


def _tree(field: str, value: Any, depth: int = 0) -> None:
    """A step of the lineage as its maker wrote it: words, whole numbers, lists and objects of them."""
    if depth > _DEPTH_MAX:
        raise MetadataInvalid(f"{field} is nested more than {_DEPTH_MAX} deep.")
    if isinstance(value, str):
        _clean(field, value)
        if field.rpartition(".")[2] in ("uri", "url", "external_url", "image"):
            _address(field, value)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            _pattern(r"[a-z][a-z0-9_]{0,63}", "named in small letters")(f"a key of {field}", key)
            _tree(f"{field}.{key}", part, depth + 1)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            _tree(f"{field}[{number}]", part, depth + 1)
    elif value is not None and not isinstance(value, bool):
        _whole(-(2**53) + 1, 2**53 - 1)(field, value)


def _step(field: str, value: Any) -> None:
    if not isinstance(value, Mapping) or not value:
        raise MetadataInvalid(f"{field} must be an object that says something.")
    _tree(field, value)


_SHA256: Final = _pattern(r"[0-9a-f]{64}", "a sha256 of 64 small hexadecimal digits")
_WORDS: Final = {"name": _text(200), "description": _text(20_000, least=0, lines=True)}
_NINEFOLD: Final[dict[str, Check]] = {
    "version": _whole(VERSION, VERSION),
    "licence": _text(200),
    "made_by": _one_of(_MADE_BY),
    "lineage": _list(_step, 1000),
    "localization": _shape({"ko": _shape(_WORDS)}, "ko"),
    "donation": _shape(
        {"beneficiary": _pattern(r"0x[0-9a-fA-F]{40}", "an Ethereum address"), "bps": _whole(0, 10_000)}
    ),
    "model": _shape({"name": _text(200), "sha256": _SHA256}),
    "recipe_sha256": _SHA256,
    "manifest": _ipfs,
}
_DOCUMENT: Final[dict[str, Check]] = {
    **_WORDS,
    "image": _ipfs,
    "image_preview": _ipfs,
    "animation_url": _ipfs,
    "background_color": _pattern(r"[0-9a-f]{6}", "six small hexadecimal digits without #"),
    "external_url": _address,
    "attributes": _list(_attribute, 200),
    "ninefold": _shape(_NINEFOLD, "model", "recipe_sha256", "manifest"),
}
_OPTIONAL: Final = {"external_url", "image_preview", "animation_url", "background_color"}
_CONTRACT: Final[dict[str, Check]] = {
    "name": _text(200),
    "symbol": _pattern(r"[A-Z0-9]{1,11}", "1 to 11 capital letters and digits"),
    "description": _text(20_000, lines=True),
    "image": _ipfs,
    "banner_image": _ipfs,
    "featured_image": _ipfs,
    "external_link": _address,
    "collaborators": _list(_pattern(r"0x[0-9a-fA-F]{40}", "an Ethereum address"), 100),
}
