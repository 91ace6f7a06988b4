"""Logs of our contracts as (name, arguments): addresses EIP-55, bytes 0x-hex, integers as decimal strings.

Decimal strings, because a log is stored as JSON and a uint256 does not fit a JSON number. Reference: Solidity ABI
specification, "Events".
"""

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import decode as abi_decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from minting.contract import artifacts


def decode(topics: Sequence[bytes], data: bytes) -> tuple[str, dict[str, Any]] | None:
    """What a log says, or None where no event of ours has this form."""
    entry = artifacts.events().get(bytes(topics[0])) if topics else None
    if entry is None:
        return None
    indexed = [one for one in entry["inputs"] if one["indexed"]]
    plain = [one for one in entry["inputs"] if not one["indexed"]]
    if len(indexed) != len(topics) - 1:
        return None
    try:
        values = {
            one["name"]: abi_decode([one["type"]], bytes(topic))[0]
            for one, topic in zip(indexed, topics[1:], strict=True)
        }
        values |= dict(
            zip((one["name"] for one in plain), abi_decode(artifacts.types(plain), bytes(data)), strict=True)
        )
    except DecodingError:
        return None
    return entry["name"], {one["name"]: _text(one["type"], values[one["name"]]) for one in entry["inputs"]}


def _text(kind: str, value: Any) -> Any:
    if kind == "address":
        return to_checksum_address(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return str(value)
