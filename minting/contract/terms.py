"""What sellers sign besides vouchers: auctions, listings, drops, acceptances of offers (EIP-712).

Builders give the terms as JSON, `check` refuses bad ones with a name for what is wrong, `keep` stores what was
signed. Refuses what the contract would refuse, as vouchers.py does, whose errors and checks these are. The site
never signs. References: EIP-712, ERC-1271; docs/contracts.md, "The ABI in one page".
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from eth_abi.exceptions import EncodingError
from web3 import Web3

from minting import locks
from minting.chains import Chain
from minting.contract import vouchers
from minting.contract.errors import (
    BadPriceInVoucher,
    BadRoyaltyInVoucher,
    BadValidityInVoucher,
    SignatureInvalid,
    VoucherInvalid,
)
from minting.contract.kinds import ACCEPTANCE, AUCTION, DROP, LISTING, Kind
from minting.models import Terms
from minting.units import BPS_WHOLE, ETHER_CURRENCY, PRICE_WEI_MAX

Payload = Mapping[str, Any]
Shares = Sequence[tuple[str, int]]
KINDS = {
    Terms.Kind.AUCTION: AUCTION,
    Terms.Kind.LISTING: LISTING,
    Terms.Kind.DROP: DROP,
    Terms.Kind.ACCEPTANCE: ACCEPTANCE,
}
LEAST_RAISE_BPS = 100
LONGEST_SECONDS = 90 * 24 * 3600
NO_DIGEST = "0x" + "0" * 64


def sale_terms(
    *,
    collection: str,
    seller: str,
    beneficiary: str,
    donation_bps: int,
    shares: Shares,
    start: datetime,
    end: datetime,
    nonce: int,
    minted: bool = False,
    round_number: int = 0,
    uri_digest: bytes = b"",
    currency: str = ETHER_CURRENCY,
    resale_bps: int = 0,
    royalty_receiver: str = ETHER_CURRENCY,
    royalty_bps: int = 0,
) -> dict[str, Any]:
    """The struct Terms that auctions and acceptances have in common. A work that exists names no metadata, royalty or
    later donation: these are what they are. `nonce` is used up by one sale."""
    return {
        "collection": collection,
        "seller": seller,
        "minted": minted,
        "round": str(round_number),
        "uriDigest": "0x" + uri_digest.hex() if uri_digest else NO_DIGEST,
        "currency": currency,
        "beneficiary": beneficiary,
        "donationBps": str(donation_bps),
        "resaleBps": str(resale_bps),
        "shares": [{"account": account, "bps": str(bps)} for account, bps in shares],
        "royaltyReceiver": royalty_receiver,
        "royaltyBps": str(royalty_bps),
        "start": _second(start),
        "end": _second(end),
        "nonce": str(nonce),
    }


def auction(
    terms: Payload, *, token_id: int, reserve_wei: int, duration_seconds: int, raise_bps: int
) -> dict[str, Any]:
    """A reserve auction: `duration_seconds` run from the first bid, which must come by `end`; 0 to end with it."""
    return {
        "terms": dict(terms),
        "tokenId": str(token_id),
        "reserve": str(reserve_wei),
        "duration": str(duration_seconds),
        "raiseBps": str(raise_bps),
    }


def acceptance(offer_id: int, terms: Payload) -> dict[str, Any]:
    """What a seller signs, or sends, to take an offer."""
    return {"offerId": str(offer_id), "terms": dict(terms)}


def listing(
    *,
    collection: str,
    token_id: int,
    seller: str,
    price_wei: int,
    beneficiary: str,
    donation_bps: int,
    fee_receiver: str,
    fee_bps: int,
    round_number: int,
    valid_from: datetime,
    valid_until: datetime,
    currency: str = ETHER_CURRENCY,
) -> dict[str, Any]:
    """A work that exists, at a price; it ends when the work moves or is recalled."""
    return {
        "collection": collection,
        "tokenId": str(token_id),
        "seller": seller,
        "price": str(price_wei),
        "currency": currency,
        "beneficiary": beneficiary,
        "donationBps": str(donation_bps),
        "feeReceiver": fee_receiver,
        "feeBps": str(fee_bps),
        "round": str(round_number),
        "validFrom": _second(valid_from),
        "validUntil": _second(valid_until),
    }


def drop(
    *,
    collection: str,
    first_token_id: int,
    count: int,
    price_wei: int,
    beneficiary: str,
    donation_bps: int,
    shares: Shares,
    wallet_cap: int,
    allow_root: bytes,
    valid_from: datetime,
    valid_until: datetime,
    nonce: int,
    currency: str = ETHER_CURRENCY,
) -> dict[str, Any]:
    """A phase of a series; `allow_root` empty is open to all, else see minting/contract/allowlist.py."""
    return {
        "collection": collection,
        "firstTokenId": str(first_token_id),
        "count": str(count),
        "price": str(price_wei),
        "currency": currency,
        "beneficiary": beneficiary,
        "donationBps": str(donation_bps),
        "shares": [{"account": account, "bps": str(bps)} for account, bps in shares],
        "walletCap": str(wallet_cap),
        "allowRoot": "0x" + allow_root.hex() if allow_root else NO_DIGEST,
        "validFrom": _second(valid_from),
        "validUntil": _second(valid_until),
        "nonce": str(nonce),
    }


def check(kind: Kind, payload: Payload, chain: Chain) -> None:
    """VoucherInvalid, by its named child, for terms that the contract would refuse. Asks nobody."""
    try:
        typed = kind.hash(chain, payload)
    except (KeyError, TypeError, ValueError, AttributeError, EncodingError) as error:
        raise VoucherInvalid(f"These are no terms of a {kind.struct}: {type(error).__name__}.") from error
    if sorted(payload) != sorted(member["name"] for member in kind.members) or not typed:
        raise VoucherInvalid(f"A {kind.struct} has exactly the members of its struct.")
    inner = payload.get("terms", payload)
    _check_money(kind, payload, inner, chain)
    begins = int(inner.get("start") or inner["validFrom"])
    ends = int(inner.get("end") or inner["validUntil"])
    if begins >= ends:
        raise BadValidityInVoucher("The sale ends before it begins.")
    if ends > vouchers.VALID_UNTIL_MAX or ends <= timezone.now().timestamp():
        raise BadValidityInVoucher("The sale has ended already, or ends later than any calendar.")
    if kind is AUCTION:
        _check_auction(payload, inner)


def _check_money(kind: Kind, payload: Payload, inner: Payload, chain: Chain) -> None:
    price = int(payload.get("price", payload.get("reserve", 0)))
    if price > PRICE_WEI_MAX:
        raise BadPriceInVoucher("The price is 2^128 wei or more.")
    ours = {address.lower() for address in chain.contracts}
    vouchers.check_address(inner["collection"], "collection")
    vouchers.check_address(inner["currency"], "currency", zero_allowed=True)
    donation_bps = int(inner["donationBps"])
    if kind is LISTING:
        vouchers.check_address(payload["seller"], "seller", ours)
        vouchers.check_address(payload["feeReceiver"], "feeReceiver", ours, zero_allowed=payload["feeBps"] == "0")
        vouchers.check_address(payload["beneficiary"], "beneficiary", ours, zero_allowed=donation_bps == 0)
        if donation_bps + int(payload["feeBps"]) > BPS_WHOLE:
            raise BadPriceInVoucher("Donation and fee are more than the price.")
        return
    vouchers.check_shares(dict(inner), donation_bps, chain)
    later = int(inner.get("royaltyBps", 0)) + int(inner.get("resaleBps", 0))
    if later > vouchers.MOST_ROYALTY_BPS:
        raise BadRoyaltyInVoucher(f"Royalty and donation of later sales are {later} basis points; the most is 5,000.")


def _check_auction(payload: Payload, inner: Payload) -> None:
    if int(payload["reserve"]) == 0:
        raise BadPriceInVoucher("The reserve of an auction is above zero.")
    if int(payload["raiseBps"]) < LEAST_RAISE_BPS:
        raise BadPriceInVoucher("A bid must be at least 1% above the one before.")
    if int(payload["duration"]) > LONGEST_SECONDS:
        raise BadValidityInVoucher("An auction lasts at most 90 days from its first bid.")
    if inner["minted"] and (int(inner["uriDigest"], 16) or int(inner["royaltyBps"]) or int(inner["resaleBps"])):
        raise VoucherInvalid("A work that exists keeps its metadata, royalty and later donation.")


def keep(kind: Terms.Kind, chain: Chain, payload: Payload, signature: str, w3: Web3 | None = None) -> Terms:
    """Store the seller's word, and withdraw the token's earlier open one of the same kind in the same transaction.

    Twice the same is one row. Pass `w3` to let contract wallets sign. Withdrawn here means: no longer shown.
    """
    struct = KINDS[kind]
    check(struct, payload, chain)
    hashed = struct.hash(chain, payload)
    signer = signer_of(payload)
    if not vouchers.is_signed_by(w3, signer, bytes.fromhex(hashed[2:]), signature):
        raise SignatureInvalid(f"These terms are not signed by {signer}.")
    return store(kind, chain, payload, vouchers.plain_form(signature))


def store(
    kind: Terms.Kind,
    chain: Chain,
    payload: Payload,
    signature: str,
    *,
    price_wei: int | None = None,
    token_id: int | None = None,
) -> Terms:
    """Keep terms that were checked; `signature` is empty for an acceptance that its seller sends in person, whose
    price and token are the offer's and not in the payload."""
    struct = KINDS[kind]
    inner = payload.get("terms", payload)
    if token_id is None:
        token_id = int(payload.get("tokenId") or payload["firstTokenId"])
    same_token = {
        "kind": kind,
        "chain_id": chain.chain_id,
        "contract": getattr(chain, struct.at),
        "collection": inner["collection"],
        "token_id": token_id,
    }
    hashed = struct.hash(chain, payload)
    if price_wei is None:
        price_wei = int(payload.get("price", payload.get("reserve", 0)))
    with transaction.atomic():
        locks.hold(f"terms:{kind}:{chain.chain_id}:{inner['collection']}:{token_id}")
        if kind != Terms.Kind.ACCEPTANCE:
            others = Terms.objects.filter(**same_token, withdrawn_at=None).exclude(hash=hashed)
            others.update(withdrawn_at=timezone.now())
        row, created = Terms.objects.get_or_create(
            hash=hashed,
            defaults={
                **same_token,
                "payload": dict(payload),
                "price_wei": price_wei,
                "beneficiary": inner["beneficiary"],
                "donation_bps": int(inner["donationBps"]),
                "signer": signer_of(payload),
                "signature": signature,
                "valid_from": datetime.fromtimestamp(int(inner.get("start") or inner["validFrom"]), UTC),
                "valid_until": datetime.fromtimestamp(int(inner.get("end") or inner["validUntil"]), UTC),
            },
        )
        if not created and row.withdrawn_at:
            Terms.objects.filter(pk=row.pk).update(withdrawn_at=None)
            row.withdrawn_at = None
    return row


def signer_of(payload: Payload) -> str:
    """Whose signature counts: the seller named in the terms, or the artist in a drop's token ids."""
    inner = payload.get("terms", payload)
    return str(inner["seller"] if "seller" in inner else vouchers.artist_of({"tokenId": payload["firstTokenId"]}))


def _second(at: datetime) -> str:
    return str(int(at.timestamp()))
