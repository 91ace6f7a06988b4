"""Structs of our contracts as JSON, as ABI values and as EIP-712 types, all three read from the ABI itself.

In JSON a struct's members stand by their Solidity names, integers as decimal strings, bytes as 0x-hex, addresses
EIP-55, truth values as they are. References: Solidity ABI specification, EIP-712.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from eth_account.messages import encode_typed_data
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

Member = Mapping[str, Any]  # one entry of an ABI's inputs or components
DOMAIN = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]


def name_of(member: Member) -> str:
    """The struct's own name: "struct NinefoldAuctions.ReserveAuction" -> "ReserveAuction"."""
    return str(member["internalType"]).removeprefix("struct ").rpartition(".")[2].removesuffix("[]")


def values(members: Sequence[Member], said: Mapping[str, Any]) -> tuple[Any, ...]:
    """What the ABI encoder takes for JSON; KeyError or ValueError where it does not have the members' form."""
    return tuple(_value(member, said[member["name"]]) for member in members)


def _value(member: Member, said: Any) -> Any:
    kind = member["type"]
    if kind.endswith("[]"):
        return [_value({**member, "type": kind[:-2]}, one) for one in said]
    if kind == "tuple":
        return values(member["components"], said)
    if kind.startswith("uint"):
        return int(said)
    return bytes.fromhex(said.removeprefix("0x")) if kind.startswith("bytes") else said


def said(members: Sequence[Member], found: Sequence[Any]) -> dict[str, Any]:
    """JSON of decoded ABI values: `values` the other way."""
    return {member["name"]: _said(member, one) for member, one in zip(members, found, strict=True)}


def _said(member: Member, found: Any) -> Any:
    kind = member["type"]
    if kind.endswith("[]"):
        return [_said({**member, "type": kind[:-2]}, one) for one in found]
    if kind == "tuple":
        return said(member["components"], found)
    if kind.startswith("uint"):
        return str(found)
    if kind == "address":
        return to_checksum_address(found)
    return "0x" + bytes(found).hex() if kind.startswith("bytes") else found


def typed_data(name: str, members: Sequence[Member], message: Mapping[str, Any], domain: Member) -> dict[str, Any]:
    """The JSON that eth_signTypedData_v4 takes, for a struct `name` of these members."""
    types: dict[str, Any] = {"EIP712Domain": DOMAIN}
    _add_types(types, name, members)
    return {"types": types, "primaryType": name, "domain": dict(domain), "message": dict(message)}


def _add_types(types: dict[str, Any], name: str, members: Sequence[Member]) -> None:
    types[name] = []
    for member in members:
        kind = member["type"]
        if kind.startswith("tuple"):
            kind = name_of(member) + kind.removeprefix("tuple")
            _add_types(types, name_of(member), member["components"])
        types[name].append({"name": member["name"], "type": kind})


def digest(typed: dict[str, Any]) -> str:
    """The EIP-712 digest of typed data, 0x-hex."""
    message = encode_typed_data(full_message=typed)
    return "0x" + keccak(b"\x19" + message.version + message.header + message.body).hex()
