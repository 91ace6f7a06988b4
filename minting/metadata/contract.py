"""What a contract says of itself: the site's token contract, or the contract of one series.

Refuses what `schema` refuses, and addresses of collaborators that are none.

Reference: https://eips.ethereum.org/EIPS/eip-7572
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from minting.metadata import build, schema


@dataclass(frozen=True)
class ContractFacts:
    """Empty strings stand for what is left out; CIDs are CIDv1 of pictures, `external_link` is https."""

    name: str
    symbol: str = ""
    description: str = ""
    image_cid: str = ""
    banner_cid: str = ""
    external_link: str = ""
    collaborators: Sequence[str] = ()


def build_contract(facts: ContractFacts) -> bytes:
    """The canonical bytes; MetadataInvalid names the field."""
    document: dict[str, Any] = {
        "name": facts.name,
        "symbol": facts.symbol,
        "description": facts.description,
        "image": f"ipfs://{facts.image_cid}" if facts.image_cid else "",
        "banner_image": f"ipfs://{facts.banner_cid}" if facts.banner_cid else "",
        "external_link": facts.external_link,
        "collaborators": list(facts.collaborators),
    }
    composed = {name: build.compose(value) for name, value in document.items() if value or name == "name"}
    schema.check_contract(composed)
    return build.encode(composed)
