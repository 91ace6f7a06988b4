"""Allowlists: the tree alone, and the same tree before the contract."""

from typing import Any

import pytest
from eth_account import Account
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from minting.contract import allowlist, kinds
from minting.contract.allowlist import Allowlist, AllowlistInvalid, NotListed
from minting.contract.artifacts import MARKET
from minting.contract.calls import encode_call
from minting.contract.errors import ContractRefused
from minting.contract.reader import refusing
from tests.support import saleroom
from tests.support.contracts import Stage
from tests.support.wallets import Wallet

A, B = "0x" + "11" * 20, "0x" + "22" * 20


def root_of(buyer: str, allowance: int, proof: list[bytes]) -> bytes:
    """As MerkleProof.processProof works it out."""
    found = allowlist.leaf(buyer, allowance)
    for one in proof:
        found = keccak(min(found, one) + max(found, one))
    return found


@given(st.dictionaries(st.binary(min_size=20, max_size=20), st.integers(1, 2**256 - 1), min_size=1, max_size=40))
def test_every_proof_leads_to_the_root_and_no_other_allowance_does(raw: dict[bytes, int]) -> None:
    entries = {"0x" + address.hex(): allowance for address, allowance in raw.items()}
    tree = Allowlist(entries)
    for buyer, allowance in entries.items():
        told, proof = tree.proof(buyer)
        assert told == allowance
        assert root_of(buyer, allowance, proof) == tree.root
        assert root_of(buyer, allowance ^ 1, proof) != tree.root
    assert Allowlist(reversed(entries.items())).root == tree.root


def test_leaf_and_root_are_those_of_openzeppelins_tools() -> None:
    """The example of @openzeppelin/merkle-tree's README: two addresses with 5 and 2.5 ether."""
    tree = Allowlist({A: 5_000_000_000_000_000_000, B: 2_500_000_000_000_000_000})
    assert tree.root.hex() == "d4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77"


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "empty"),
        ([(A, 0)], "at least one"),
        ([(A, 2**256)], "at least one"),
        ([(A, 1), (A.upper().replace("X", "x"), 2)], "twice"),
        ([("nobody", 1)], "not an address"),
    ],
)
def test_list_is_refused_when_it_cannot_be_one(entries: list[tuple[str, int]], words: str) -> None:
    with pytest.raises(AllowlistInvalid, match=words):
        Allowlist(entries)


def test_proof_is_refused_when_the_wallet_is_not_listed() -> None:
    with pytest.raises(NotListed):
        Allowlist({A: 1}).proof(B)


def refusal(
    stage: Stage, who: Wallet, payload: dict[str, Any], quantity: int, allowance: int, proof: list[bytes]
) -> str:
    signature = saleroom.signed(stage, stage.artist, kinds.DROP, payload)
    values = (kinds.DROP.values(payload), signature, quantity, who.address, allowance, proof, saleroom.NO_PERMIT)
    call = {
        "from": who.address, "to": stage.chain.market, "data": encode_call(MARKET, "claim", *values),
        "value": int(payload["price"]) * quantity,
    }  # fmt: skip
    with pytest.raises(ContractRefused) as caught, refusing():
        stage.w3.eth.call(call)  # type: ignore[arg-type]
    return caught.value.name


@pytest.mark.django_db(transaction=True)
def test_contract_takes_the_listed_and_refuses_the_others(stage: Stage) -> None:
    listed, other = Wallet.new(stage.w3), Wallet.new(stage.w3)
    collection = saleroom.series(stage, supply=100)
    for number, size in enumerate((1, 2, 3, 6, 11)):
        tree = Allowlist({listed.address: 2, **{Account.create().address: n + 1 for n in range(size - 1)}})
        payload = saleroom.drop(stage, collection, 1, 100, allow_root=tree.root, nonce=500 + number, wallet_cap=0)
        allowance, proof = tree.proof(listed.address)
        saleroom.claim(stage, listed, payload, 2, allowance, tuple(proof))
        assert refusal(stage, listed, payload, 1, allowance, proof) == "OverTheCap"
        assert refusal(stage, listed, payload, 1, 3, proof) == "NotOnTheList"
        assert refusal(stage, other, payload, 1, allowance, proof) == "NotOnTheList"
