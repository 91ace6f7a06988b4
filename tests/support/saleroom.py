"""People at auctions, offers, listings and series: terms signed and calls sent as wallets do it."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak

from minting.contract import kinds, terms
from minting.contract.artifacts import AUCTIONS, FACTORY, MARKET, OFFERS, SERIES, TOKEN, Name
from minting.contract.calls import encode_call
from minting.contract.kinds import Kind
from minting.units import token_id
from tests.support.chain import rpc
from tests.support.contracts import Stage
from tests.support.processes import ROOT
from tests.support.wallets import Wallet

NOBODY = "0x" + "0" * 40
NO_PERMIT = (NOBODY, 0, 0, 0, bytes(32), bytes(32))


def digest(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


def now(stage: Stage) -> datetime:
    """The chain's clock, which tests move."""
    return datetime.fromtimestamp(int(stage.w3.eth.get_block("latest")["timestamp"]), UTC)


def pass_seconds(stage: Stage, seconds: int) -> None:
    rpc(stage.w3, "evm_increaseTime", seconds)
    rpc(stage.w3, "anvil_mine", "0x1")


def call(who: Wallet, to: str, contract: Name, function: str, *values: Any, value: int = 0) -> Any:
    receipt = who.send({"to": to, "data": encode_call(contract, function, *values), "value": value})
    assert receipt["status"] == 1
    return receipt


def sale_terms(stage: Stage, number: int, **changes: Any) -> dict[str, Any]:
    """A tenth to charity, a twentieth to the site, the rest to the artist."""
    said: dict[str, Any] = {
        "collection": stage.chain.token,
        "seller": stage.artist.address,
        "uri_digest": digest(number),
        "beneficiary": stage.charity,
        "donation_bps": 1_000,
        "shares": [(stage.artist.address, 8_500), (stage.site, 500)],
        "royalty_receiver": stage.artist.address,
        "royalty_bps": 500,
        "start": now(stage) - timedelta(hours=1),
        "end": now(stage) + timedelta(days=30),
        "nonce": 1_000 + number,
    }
    return terms.sale_terms(**{**said, **changes})


def auction(stage: Stage, number: int, reserve_wei: int = 10**18, **changes: Any) -> dict[str, Any]:
    return terms.auction(
        sale_terms(stage, number, **changes), token_id=stage.token_id(number), reserve_wei=reserve_wei,
        duration_seconds=3_600, raise_bps=500,
    )  # fmt: skip


def signed(stage: Stage, who: Wallet, kind: Kind, payload: Mapping[str, Any]) -> bytes:
    return bytes.fromhex(who.sign_typed(kind.typed_data(stage.chain, payload))[2:])


def bid(stage: Stage, who: Wallet, payload: Mapping[str, Any], amount: int, *, in_ether: bool = True) -> Any:
    signature = signed(stage, stage.artist, kinds.AUCTION, payload)
    values = (kinds.AUCTION.values(payload), signature, amount)
    return call(who, stage.chain.auctions, AUCTIONS, "bid", *values, value=amount if in_ether else 0)


def settle(stage: Stage, who: Wallet, payload: Mapping[str, Any]) -> Any:
    return call(who, stage.chain.auctions, AUCTIONS, "settle", kinds.AUCTION.values(payload))


def offer(stage: Stage, who: Wallet, number: int, amount: int, donation_bps: int = 1_000) -> int:
    """The id of an offer of ether for a work of the shared contract."""
    expires = int((now(stage) + timedelta(days=7)).timestamp())
    values = (stage.chain.token, stage.token_id(number), digest(number), NOBODY, amount, expires, stage.charity)
    receipt = call(who, stage.chain.offers, OFFERS, "makeOffer", *values, donation_bps, value=amount)
    topic = receipt["logs"][0]["topics"][1]
    return int.from_bytes(topic, "big")


def accept(stage: Stage, number: int, offer_id: int) -> dict[str, Any]:
    payload = terms.acceptance(offer_id, sale_terms(stage, number))
    _, inner = kinds.ACCEPTANCE.values(payload)
    call(stage.artist, stage.chain.offers, OFFERS, "accept", offer_id, inner, b"")
    return payload


def buy_listed(stage: Stage, seller: Wallet, buyer: Wallet, number: int, price_wei: int, for_: str = "") -> Any:
    """The owner lists a work that exists, and `buyer` buys it, perhaps for another address."""
    call(seller, stage.chain.token, TOKEN, "setApprovalForAll", stage.chain.market, True)
    round_of = encode_call(TOKEN, "roundOf", stage.token_id(number))
    answer = stage.w3.eth.call({"to": stage.chain.token, "data": round_of})  # type: ignore[typeddict-item]
    payload = terms.listing(
        collection=stage.chain.token, token_id=stage.token_id(number), seller=seller.address, price_wei=price_wei,
        beneficiary=stage.charity, donation_bps=200, fee_receiver=stage.site, fee_bps=300,
        round_number=int.from_bytes(answer, "big"), valid_from=now(stage) - timedelta(hours=1),
        valid_until=now(stage) + timedelta(days=1),
    )  # fmt: skip
    signature = signed(stage, seller, kinds.LISTING, payload)
    values = (kinds.LISTING.values(payload), signature, for_ or buyer.address)
    return call(buyer, stage.chain.market, MARKET, "buyListed", *values, value=price_wei)


def series(stage: Stage, *, supply: int = 10, batched: int = 0) -> str:
    """The address of a series of the artist's with a folder, in which our three contracts may sell."""
    folder = hashlib.sha256(b"a folder").digest()
    asked = (
        stage.artist.address, supply, batched, 500, 0, stage.artist.address, NOBODY, folder, bytes(32), bytes(32)
    )  # fmt: skip
    salt = keccak(Account.create().key)
    rest = ("Nine moments", "NM", digest(0), list(stage.chain.sellers), NOBODY, salt)
    where = encode_call(FACTORY, "addressOf", asked, *rest[:2], salt)
    answer = stage.w3.eth.call({"to": stage.chain.factory, "data": where})  # type: ignore[typeddict-item]
    call(stage.artist, stage.chain.factory, FACTORY, "create", asked, *rest)
    return str(stage.w3.to_checksum_address(answer[-20:]))


def drop(stage: Stage, collection: str, first: int, count: int, **changes: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "collection": collection,
        "first_token_id": token_id(stage.artist.address, first),
        "count": count,
        "price_wei": 10_001,
        "beneficiary": stage.charity,
        "donation_bps": 1_000,
        "shares": [(stage.artist.address, 9_000)],
        "wallet_cap": 3,
        "allow_root": b"",
        "valid_from": now(stage) - timedelta(hours=1),
        "valid_until": now(stage) + timedelta(days=1),
        "nonce": 77,
    }
    return terms.drop(**{**said, **changes})


def claim(
    stage: Stage,
    who: Wallet,
    payload: Mapping[str, Any],
    quantity: int,
    allowance: int = 0,
    proof: tuple[bytes, ...] = (),
) -> Any:
    signature = signed(stage, stage.artist, kinds.DROP, payload)
    values = (kinds.DROP.values(payload), signature, quantity, who.address, allowance, list(proof), NO_PERMIT)
    return call(who, stage.chain.market, MARKET, "claim", *values, value=int(payload["price"]) * quantity)


def mint_batch(stage: Stage, collection: str, first: int, count: int) -> Any:
    return call(stage.artist, collection, SERIES, "mintBatch", first, count)


def falling(stage: Stage, collection: str, first: int, count: int) -> dict[str, Any]:
    """A Dutch auction that falls from two ether to one within an hour, from now."""
    begins = now(stage)
    inner = sale_terms(
        stage, first, collection=collection, uri_digest=b"", royalty_receiver=NOBODY, royalty_bps=0, start=begins
    )
    return {
        "terms": inner,
        "firstTokenId": str(token_id(stage.artist.address, first)),
        "count": str(count),
        "startPrice": str(2 * 10**18),
        "floorPrice": str(10**18),
        "floorAt": str(int(begins.timestamp()) + 3_600),
        "stepSeconds": "0",
        "walletCap": "0",
    }


def buy_falling(stage: Stage, who: Wallet, payload: Mapping[str, Any]) -> int:
    """The price of the block before; the rest of what is sent comes back."""
    values = kinds.FALLING.values(payload)
    at = int(now(stage).timestamp())
    asked = encode_call(AUCTIONS, "priceAt", values, at)
    answer = stage.w3.eth.call({"to": stage.chain.auctions, "data": asked})  # type: ignore[typeddict-item]
    signature = signed(stage, stage.artist, kinds.FALLING, payload)
    call(who, stage.chain.auctions, AUCTIONS, "buyDutch", values, signature, 1, value=2 * 10**18)
    return int.from_bytes(answer, "big")


@dataclass(frozen=True)
class Coin:
    """An ERC-20 on the stage's chain, listed at market, auctions and offers; it can block those who receive."""

    stage: Stage
    address: str

    @classmethod
    def listed(cls, stage: Stage) -> "Coin":
        code = subprocess.run(
            ["node", "tests/support/coins.mjs"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        ).stdout  # fmt: skip
        admin = stage.key.address
        rpc(stage.w3, "anvil_impersonateAccount", admin)

        def send(**fields: Any) -> Any:
            hashed = stage.w3.eth.send_transaction({"from": admin, **fields})  # type: ignore[typeddict-item]
            return stage.w3.eth.wait_for_transaction_receipt(hashed, poll_latency=0.02)

        address = str(send(data="0x" + code)["contractAddress"])
        for seller in stage.chain.sellers:
            assert send(to=seller, data=encode_call(MARKET, "listCurrency", address, True))["status"] == 1
        return cls(stage, address)

    def give(self, who: Wallet, amount: int) -> None:
        """Let a wallet have some, which our contracts may take."""
        self._call("issue(address,uint256)", ["address", "uint256"], [who.address, amount], who)
        for seller in self.stage.chain.sellers:
            self._call("approve(address,uint256)", ["address", "uint256"], [seller, amount], who)

    def block(self, account: str, blocked: bool) -> None:
        self._call("block_(address,bool)", ["address", "bool"], [account, blocked], self.stage.collector)

    def balance(self, account: str) -> int:
        data = "0x" + (keccak(text="balanceOf(address)")[:4] + encode(["address"], [account])).hex()
        return int.from_bytes(self.stage.w3.eth.call({"to": self.address, "data": data}), "big")  # type: ignore[typeddict-item]

    def _call(self, function: str, kinds_: list[str], values: list[Any], who: Wallet) -> None:
        receipt = who.send(
            {"to": self.address, "data": "0x" + (keccak(text=function)[:4] + encode(kinds_, values)).hex()}
        )
        assert receipt["status"] == 1
