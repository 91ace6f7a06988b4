"""The compiled contracts, as minting/solidity/compile.mjs wrote them. Read from disk once per process."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

FOLDER = Path(__file__).resolve().parent.parent / "solidity" / "artifacts"
Name = Literal[
    "NinefoldToken", "NinefoldMarket", "NinefoldFactory", "NinefoldSeries", "NinefoldAuctions", "NinefoldOffers"
]
TOKEN: Name = "NinefoldToken"  # noqa: S105
MARKET: Name = "NinefoldMarket"
FACTORY: Name = "NinefoldFactory"
SERIES: Name = "NinefoldSeries"
AUCTIONS: Name = "NinefoldAuctions"
OFFERS: Name = "NinefoldOffers"
ALL = (TOKEN, MARKET, FACTORY, SERIES, AUCTIONS, OFFERS)


@cache
def _artifact(name: Name) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{name}.json").read_text()))


def abi(name: Name) -> list[dict[str, Any]]:
    """The ABI of a contract; do not change the list."""
    return list(_artifact(name)["abi"])


def bytecode(name: Name) -> bytes:
    """What creates the contract; the constructor's arguments follow it."""
    return bytes.fromhex(_artifact(name)["bytecode"].removeprefix("0x"))


def types(inputs: list[dict[str, Any]]) -> list[str]:
    """ABI types with tuples spelled out: [{"type": "tuple", …}] -> ["(address,uint16)"]."""
    return [collapse_if_tuple(one) for one in inputs]


def hash_of(entry: dict[str, Any]) -> bytes:
    """keccak-256 of `name(types)`: an event's first topic; its first four bytes are a function's selector."""
    return keccak(text=f"{entry['name']}({','.join(types(entry['inputs']))})")


@cache
def functions(name: Name) -> dict[str, dict[str, Any]]:
    """Functions by name; no contract overloads any that Ninefold calls."""
    return {entry["name"]: entry for entry in abi(name) if entry["type"] == "function"}


@cache
def events() -> dict[bytes, dict[str, Any]]:
    """Events of all contracts by their first topic; one that two contracts share has one form."""
    return {hash_of(entry): entry for name in ALL for entry in abi(name) if entry["type"] == "event"}


@cache
def refusals() -> dict[bytes, dict[str, Any]]:
    """Custom errors of all contracts by their selector."""
    return {hash_of(entry)[:4]: entry for name in ALL for entry in abi(name) if entry["type"] == "error"}
