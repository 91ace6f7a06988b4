"""Vouchers: what an artist signs so that a work can be sold before it has a token (EIP-712).

`payload` builds the terms, `check` refuses bad ones with a name for what is wrong, `typed_data` gives the wallet
exactly what eth_signTypedData_v4 takes, and `keep` stores the signed word. Refuses every signature that the market
would refuse: another key's, one with the high half of s (EIP-2), one of a wallet that is not on the chain yet.
The site never signs a voucher. References: EIP-712, EIP-191, ERC-1271, ERC-6492; minting/solidity/src.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_account.messages import encode_defunct, encode_typed_data
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_typing import ChecksumAddress
from eth_utils.address import is_checksum_address, is_hex_address, to_checksum_address
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError
from web3 import Web3
from web3.exceptions import ContractLogicError, Web3RPCError

from minting import locks
from minting.chains import Chain
from minting.contract import artifacts, calls
from minting.contract.calls import Payload
from minting.contract.errors import (
    BadAddressInVoucher,
    BadPriceInVoucher,
    BadRoyaltyInVoucher,
    BadSharesInVoucher,
    BadValidityInVoucher,
    SignatureInvalid,
    VoucherInvalid,
    WalletNotDeployed,
)
from minting.contract.reader import reaching
from minting.models import Voucher
from minting.units import BPS_WHOLE, PRICE_WEI_MAX, TOKEN_NUMBER_BITS

ZERO = "0x" + "0" * 40
MOST_SHARES = 8
MOST_ROYALTY_BPS = 5_000
VALID_UNTIL_MAX = 253_402_300_799  # the last second of the year 9999, the last a datetime can name
WALLET_GAS = 2_000_000  # what a contract wallet may spend on saying yes
_HALF_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 // 2
_ERC1271_YES = bytes.fromhex("1626ba7e")
_ERC6492_SUFFIX = bytes.fromhex("6492") * 16


def payload(
    *,
    collection: str,
    token_id: int,
    uri_digest: bytes,
    price_wei: int,
    beneficiary: str,
    donation_bps: int,
    shares: Sequence[tuple[str, int]],
    royalty_receiver: str,
    royalty_bps: int,
    valid_from: datetime,
    valid_until: datetime,
    nonce: int,
    currency: str = ZERO,
    resale_bps: int = 0,
    round_number: int = 0,
) -> dict[str, Any]:
    """The voucher's members by their Solidity names; integers as decimal strings. Not checked: see `check`.

    `collection` is the shared token or a series; `currency` zero is ether; `resale_bps` of every later sale go to
    the same beneficiary; `round_number` is how often the artist has recalled the work (`roundOf`).
    """
    return {
        "collection": collection,
        "tokenId": str(token_id),
        "uriDigest": "0x" + uri_digest.hex(),
        "price": str(price_wei),
        "currency": currency,
        "beneficiary": beneficiary,
        "donationBps": str(donation_bps),
        "resaleBps": str(resale_bps),
        "shares": [{"account": account, "bps": str(bps)} for account, bps in shares],
        "royaltyReceiver": royalty_receiver,
        "royaltyBps": str(royalty_bps),
        "round": str(round_number),
        "validFrom": str(int(valid_from.timestamp())),
        "validUntil": str(int(valid_until.timestamp())),
        "nonce": str(nonce),
    }


def artist_of(payload: Payload) -> str:
    """The address in the high 160 bits of the token id: the only one whose signature counts."""
    return to_checksum_address((int(payload["tokenId"]) >> TOKEN_NUMBER_BITS).to_bytes(20, "big"))


def check(payload: Payload, chain: Chain | None = None) -> None:
    """VoucherInvalid, by its named child, for terms that the market would refuse or nobody can have meant.

    With `chain`, our own contracts are refused as payees too. Asks nobody; does not look at the signature.
    """
    members = [one["name"] for one in _struct()["components"]]
    if sorted(payload) != sorted(members):
        raise VoucherInvalid(f"A voucher has exactly the members {', '.join(members)}.")
    number = {name: integer(payload, name) for name in calls.INTEGERS}
    if number["tokenId"] >> 256 or number["tokenId"] >> TOKEN_NUMBER_BITS == 0 or number["nonce"] >> 256:
        raise VoucherInvalid("tokenId or nonce is not a token's or does not fit 256 bits.")
    digest = str(payload["uriDigest"])
    if len(digest) != 66 or not digest.startswith("0x") or not _is_hex(digest[2:]) or int(digest, 16) == 0:
        raise VoucherInvalid("uriDigest is not the sha-256 of the work's metadata.")
    if number["price"] > PRICE_WEI_MAX:
        raise BadPriceInVoucher("The price is 2^128 wei or more.")
    later = number["royaltyBps"] + number["resaleBps"]
    if later > MOST_ROYALTY_BPS:
        raise BadRoyaltyInVoucher(f"Royalty and donation of later sales are {later} basis points; the most is 5,000.")
    check_address(payload["collection"], "collection")
    check_address(payload["currency"], "currency", zero_allowed=True)
    check_shares(payload, number["donationBps"], chain)
    check_address(payload["royaltyReceiver"], "royaltyReceiver", zero_allowed=number["royaltyBps"] == 0)
    if number["validFrom"] >= number["validUntil"]:
        raise BadValidityInVoucher("The offer ends before it begins.")
    if number["validUntil"] > VALID_UNTIL_MAX:
        raise BadValidityInVoucher("The offer ends later than any calendar.")
    if number["validUntil"] <= timezone.now().timestamp():
        raise BadValidityInVoucher("The offer has ended already.")


def check_shares(payload: Payload, donation_bps: int, chain: Chain | None) -> None:
    """BadSharesInVoucher or BadAddressInVoucher unless `shares`, donation and `beneficiary` divide a price."""
    shares = payload["shares"]
    if not isinstance(shares, list) or not 1 <= len(shares) <= MOST_SHARES:
        raise BadSharesInVoucher(f"There must be 1 to {MOST_SHARES} shares.")
    if any(not isinstance(share, dict) or sorted(share) != ["account", "bps"] for share in shares):
        raise BadSharesInVoucher("Every share has an account and its basis points.")
    parts = [integer(share, "bps") for share in shares]
    if min(parts) < 1:
        raise BadSharesInVoucher("Every share must be at least 1 basis point.")
    if donation_bps + sum(parts) != BPS_WHOLE:
        raise BadSharesInVoucher(
            f"Donation and shares are {donation_bps + sum(parts)} basis points; they must be exactly 10,000."
        )
    ours = {address.lower() for address in chain.contracts} if chain else set()
    for share in shares:
        check_address(share["account"], "shares", ours)
    if len({share["account"].lower() for share in shares}) != len(shares):
        raise BadSharesInVoucher("An account has two shares.")
    nothing_given = donation_bps == 0 and int(payload.get("resaleBps", 0)) == 0
    check_address(payload["beneficiary"], "beneficiary", ours, zero_allowed=nothing_given)


def typed_data(chain: Chain, payload: Payload) -> dict[str, Any]:
    """The JSON of eth_signTypedData_v4, from the market's own ABI. Binds chain id and market."""
    components = _struct()["components"]
    shares = next(one for one in components if one["name"] == "shares")
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Voucher": [
                {"name": one["name"], "type": "Share[]" if one is shares else one["type"]} for one in components
            ],
            "Share": [{"name": one["name"], "type": one["type"]} for one in shares["components"]],
        },
        "primaryType": "Voucher",
        "domain": {
            "name": "Ninefold",
            "version": "1",
            "chainId": chain.chain_id,
            "verifyingContract": chain.market,
        },
        "message": dict(payload),
    }


def voucher_hash(chain: Chain, payload: Payload) -> str:
    """The EIP-712 digest as the market works it out; as a number it is the sale's id."""
    message = encode_typed_data(full_message=typed_data(chain, payload))
    return "0x" + keccak(b"\x19" + message.version + message.header + message.body).hex()


def text_digest(text: str) -> bytes:
    """What personal_sign signs for `text` (EIP-191, version E)."""
    message = encode_defunct(text=text)
    return keccak(b"\x19" + message.version + message.header + message.body)


def recover(chain: Chain, payload: Payload, signature: str) -> str:
    """The address whose key made `signature`; SignatureInvalid for one of another form."""
    return _recover(bytes.fromhex(voucher_hash(chain, payload)[2:]), _bytes(signature))


def is_signed_by(w3: Web3 | None, address: str, digest_or_text: bytes | str, signature: str) -> bool:
    """Whether `address` stands by a digest (32 bytes) or a text (as personal_sign signs it).

    First the ERC-6492 suffix, then the key, then a contract wallet (ERC-1271) asked with bounded gas and time; an
    account with delegated code keeps its key, as in the market. Without `w3` only keys count. WalletNotDeployed for
    ERC-6492 where the wallet has no code; False, not an error, for a signature that is somebody else's.
    """
    digest = text_digest(digest_or_text) if isinstance(digest_or_text, str) else digest_or_text
    try:
        raw = _bytes(signature)
    except SignatureInvalid:
        return False
    wrapped = raw.endswith(_ERC6492_SUFFIX)
    if wrapped:
        try:
            _, _, raw = decode(["address", "bytes", "bytes"], raw[:-32])
        except DecodingError:
            return False
    try:
        if _recover(digest, raw).lower() == address.lower():
            return True
    except SignatureInvalid:
        pass
    return w3 is not None and _wallet_agrees(w3, to_checksum_address(address), digest, raw, wrapped)


def _wallet_agrees(w3: Web3, wallet: ChecksumAddress, digest: bytes, signature: bytes, wrapped: bool) -> bool:
    with reaching():
        has_code = len(w3.eth.get_code(wallet)) > 0
    if not has_code:
        if wrapped:
            raise WalletNotDeployed("The signature is of a contract wallet that is not on this chain yet.")
        return False
    data = _ERC1271_YES + encode(["bytes32", "bytes"], [digest, signature])
    try:
        with reaching():
            answer = w3.eth.call({"to": wallet, "data": data, "gas": WALLET_GAS})
    except (ContractLogicError, Web3RPCError):
        return False
    return len(answer) >= 32 and bytes(answer[:32]) == _ERC1271_YES.ljust(32, b"\0")


def keep(chain: Chain, payload: Payload, signature: str, w3: Web3 | None = None) -> Voucher:
    """Store the artist's word, and withdraw the token's earlier open voucher in the same transaction.

    Twice the same voucher is one row. Pass `w3` to let artists with contract wallets sign. Withdrawn here means:
    no longer shown; whoever kept the earlier signature can use it until the artist cancels its nonce on the chain.
    """
    check(payload, chain)
    hashed = voucher_hash(chain, payload)
    artist = artist_of(payload)
    if not is_signed_by(w3, artist, bytes.fromhex(hashed[2:]), signature):
        raise SignatureInvalid(f"These terms are not signed by {artist}.")
    same_token = {"chain_id": chain.chain_id, "contract": chain.market, "token_id": int(payload["tokenId"])}
    with transaction.atomic():
        # A token's vouchers are stored one after another; the lock ends with the transaction.
        locks.hold(f"voucher:{chain.chain_id}:{chain.market}:{payload['tokenId']}")
        now = timezone.now()
        found = Voucher.objects.filter(voucher_hash=hashed).first()
        Voucher.objects.filter(**same_token, withdrawn_at=None).exclude(voucher_hash=hashed).update(withdrawn_at=now)
        if found:
            Voucher.objects.filter(pk=found.pk).update(withdrawn_at=None)
            found.refresh_from_db()
            return found
        return Voucher.objects.create(
            **same_token,
            voucher_hash=hashed,
            payload=dict(payload),
            price_wei=int(payload["price"]),
            signer=artist,
            signature=plain_form(signature),
            valid_from=datetime.fromtimestamp(int(payload["validFrom"]), UTC),
            valid_until=datetime.fromtimestamp(int(payload["validUntil"]), UTC),
        )


def _struct() -> dict[str, Any]:
    return dict(artifacts.functions(artifacts.MARKET)["hashVoucher"]["inputs"][0])


def _is_hex(text: str) -> bool:
    return text.isascii() and all(letter in "0123456789abcdefABCDEF" for letter in text)


def integer(members: Payload, name: str) -> int:
    """A member as the integer that its decimal digits say; VoucherInvalid for anything else."""
    text = members[name]
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > 78:
        raise VoucherInvalid(f"{name} is not an integer written as decimal digits.")
    return int(text)


def check_address(text: object, name: str, ours: Collection[str] = (), *, zero_allowed: bool = False) -> None:
    """BadAddressInVoucher for what is no address, is misspelt, zero, or one of `ours` (in small letters)."""
    if not isinstance(text, str) or not text.startswith("0x") or not is_hex_address(text):
        raise BadAddressInVoucher(f"{name} names an address that is not one.")
    if text[2:] not in {text[2:].lower(), text[2:].upper()} and not is_checksum_address(text):
        raise BadAddressInVoucher(
            f"{name} names an address with a slip of the pen: its capitals do not fit (EIP-55)."
        )
    if int(text, 16) == 0 and not zero_allowed:
        raise BadAddressInVoucher(f"{name} names the zero address.")
    if text.lower() in ours:
        raise BadAddressInVoucher(f"{name} names a contract of Ninefold: what arrives there could never leave.")


def _bytes(signature: str) -> bytes:
    if not signature.startswith("0x") or not _is_hex(signature[2:]) or len(signature) % 2 or len(signature) > 20_000:
        raise SignatureInvalid("The signature is not hexadecimal bytes.")
    return bytes.fromhex(signature[2:])


def _recover(digest: bytes, raw: bytes) -> str:
    if len(raw) != 65:
        raise SignatureInvalid(f"A key's signature has 65 bytes; this one has {len(raw)}.")
    r, s, v = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big"), raw[64]
    if s > _HALF_N:
        raise SignatureInvalid("The signature is in its second form, which the contract refuses (EIP-2).")
    if v not in (0, 1, 27, 28):
        raise SignatureInvalid("The signature's last byte is not 27 or 28.")
    try:
        signature = Signature(vrs=(v % 27, r, s))
        return signature.recover_public_key_from_msg_hash(digest).to_checksum_address()
    except (BadSignature, ValidationError) as error:
        raise SignatureInvalid("The signature is no point of the curve.") from error


def plain_form(signature: str) -> str:
    """As the market takes it: some wallets end with 0 or 1 where it wants 27 or 28; ERC-6492 wrapping comes off."""
    raw = _bytes(signature)
    if raw.endswith(_ERC6492_SUFFIX):
        raw = bytes(decode(["address", "bytes", "bytes"], raw[:-32])[2])
    if len(raw) == 65 and raw[64] < 27:
        raw = raw[:64] + bytes([raw[64] + 27])
    return "0x" + raw.hex()
