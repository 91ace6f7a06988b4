"""Calldata of what Ninefold asks its contracts to do, and back again. Pure ABI encoding: no network, no database.

A voucher's payload has the members of the Solidity struct by name, integers as decimal strings. Everything is
returned as 0x-hex, ready for a wallet. Reference: Solidity ABI specification.
"""

from collections.abc import Mapping
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from minting.contract import artifacts
from minting.contract.artifacts import MARKET, TOKEN, Name

Payload = Mapping[str, Any]
INTEGERS = (
    "tokenId", "price", "donationBps", "resaleBps", "royaltyBps", "round", "validFrom", "validUntil", "nonce",
)  # fmt: skip
DEFAULT_ADMIN_ROLE = b"\0" * 32


def encode_call(contract: Name, function: str, *values: Any) -> str:
    """Selector and arguments of `function`."""
    entry = artifacts.functions(contract)[function]
    return "0x" + (artifacts.hash_of(entry)[:4] + encode(artifacts.types(entry["inputs"]), values)).hex()


def decode_call(contract: Name, data: str | bytes) -> tuple[str, tuple[Any, ...]]:
    """(function, arguments) of calldata; ValueError when it is none of this contract's."""
    raw = bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else bytes(data)
    for name, entry in artifacts.functions(contract).items():
        if artifacts.hash_of(entry)[:4] == raw[:4]:
            try:
                return name, tuple(decode(artifacts.types(entry["inputs"]), raw[4:]))
            except DecodingError as error:
                raise ValueError(f"{name} with arguments that cannot be read") from error
    raise ValueError(f"no function of {contract}")


def create(contract: Name, *values: Any) -> str:
    """Data of the transaction that creates `contract` with these constructor arguments."""
    inputs: list[dict[str, Any]] = next(
        (entry["inputs"] for entry in artifacts.abi(contract) if entry["type"] == "constructor"), []
    )
    return "0x" + (artifacts.bytecode(contract) + encode(artifacts.types(inputs), values)).hex()


def mint(token_id: int, uri_digest: bytes, royalty_receiver: str, royalty_bps: int) -> str:
    """Token: mint a work to the artist whom its id names. MINTER_ROLE."""
    return encode_call(TOKEN, "mint", token_id, uri_digest, royalty_receiver, royalty_bps)


def mint_batch(token_ids: list[int], uri_digests: list[bytes], royalty_receiver: str, royalty_bps: int) -> str:
    """Token: mint several works to their artists, all or none. MINTER_ROLE."""
    return encode_call(TOKEN, "mintBatch", token_ids, uri_digests, royalty_receiver, royalty_bps)


def admit(artist: str) -> str:
    """Token: let works of `artist` be minted. CURATOR_ROLE."""
    return encode_call(TOKEN, "admit", artist)


def grant_role(role: bytes, account: str) -> str:
    """Token: give `role` to `account`. DEFAULT_ADMIN_ROLE."""
    return encode_call(TOKEN, "grantRole", role, account)


def revoke_role(role: bytes, account: str) -> str:
    """Token: take `role` from `account`. DEFAULT_ADMIN_ROLE."""
    return encode_call(TOKEN, "revokeRole", role, account)


def buy(payload: Payload, signature: str, recipient: str) -> str:
    """Market: buy the voucher's work for `recipient`; the value to send is the voucher's price exactly."""
    return encode_call(MARKET, "buy", voucher_values(payload), bytes.fromhex(signature.removeprefix("0x")), recipient)


def cancel(nonce: int) -> str:
    """Market: withdraw the sender's own vouchers that carry `nonce`."""
    return encode_call(MARKET, "cancel", nonce)


def withdraw(account: str) -> str:
    """Market: pay out what is held for `account`, to `account`. Anyone may ask."""
    return encode_call(MARKET, "withdraw", account)


def voucher_values(payload: Payload) -> tuple[Any, ...]:
    """The struct's members in order, as the ABI encoder takes them."""
    return (
        payload["collection"],
        int(payload["tokenId"]),
        bytes.fromhex(payload["uriDigest"].removeprefix("0x")),
        int(payload["price"]),
        payload["currency"],
        payload["beneficiary"],
        int(payload["donationBps"]),
        int(payload["resaleBps"]),
        [(share["account"], int(share["bps"])) for share in payload["shares"]],
        payload["royaltyReceiver"],
        int(payload["royaltyBps"]),
        int(payload["round"]),
        int(payload["validFrom"]),
        int(payload["validUntil"]),
        int(payload["nonce"]),
    )
