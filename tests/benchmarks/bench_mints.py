"""Mints per second with one signer, from the wish to the final row, against a bare web3.py loop on the same node.

The bare loop is the least that mints at all: nonces counted in memory, fixed gas and fees, sign, send, and one look
at each receipt at the end. It survives no crash, no lost answer and no second process; ours stores every step first.
"""

import time
from typing import Any

import pytest
from eth_account import Account

from minting.contract import calls
from minting.models import Transaction
from minting.transactions.signer import Signer
from tests.benchmarks.conftest import Figure
from tests.support.contracts import Stage
from tests.support.wallets import ETHER, give

pytestmark = pytest.mark.django_db(transaction=True)
SINGLE, TOGETHER = 150, 40
BATCHED = 10 * TOGETHER
DIGEST = b"\1" * 32


def bare(stage: Stage, data: list[str], gas: int) -> float:
    """Seconds that a plain loop takes to send `data` and see each mined."""
    key, w3 = stage.key._account, stage.w3
    nonce = w3.eth.get_transaction_count(key.address)
    fields = {"type": 2, "chainId": stage.chain.chain_id, "to": stage.chain.token, "value": 0, "gas": gas,
              "maxFeePerGas": 4 * 10**9, "maxPriorityFeePerGas": 10**9}  # fmt: skip
    began = time.perf_counter()
    hashes = []
    for one in data:
        signed = key.sign_transaction({**fields, "nonce": nonce + len(hashes), "data": one})
        hashes.append(w3.eth.send_raw_transaction(signed.raw_transaction))
    assert all(w3.eth.get_transaction_receipt(one)["status"] == 1 for one in hashes)
    return time.perf_counter() - began


def ours(stage: Stage, numbers: range) -> float:
    """Seconds from written wishes to final rows."""
    rows = [stage.want_mint(number) for number in numbers]
    began = time.perf_counter()
    for row in rows:
        stage.work(row)
    took = time.perf_counter() - began
    assert Transaction.objects.filter(pk__in=[row.pk for row in rows], status="final").count() == len(rows)
    return took


def test_mints_per_second(stage: Stage, settings: Any, figure: Figure) -> None:
    give(stage.w3, stage.key.address, 1_000 * ETHER)
    artist, first = stage.artist.address, 1_000_000
    ids = [stage.token_id(first + n) for n in range(SINGLE + BATCHED)]
    alone = [calls.mint(token_id, DIGEST, artist, 500) for token_id in ids[:SINGLE]]
    batched = [
        calls.mint_batch(ids[start : start + TOGETHER], [DIGEST] * TOGETHER, artist, 500)
        for start in range(SINGLE, SINGLE + BATCHED, TOGETHER)
    ]
    settings.MINT_BATCH_MAX = 1
    ours(stage, range(1, 4))  # warm
    took = ours(stage, range(10, 10 + SINGLE))
    figure("mints a second, one by one", SINGLE / took, "/s", SINGLE / bare(stage, alone, 200_000), "a bare loop")
    settings.MINT_BATCH_MAX = TOGETHER
    took = ours(stage, range(1_000, 1_000 + BATCHED))
    plain = BATCHED / bare(stage, batched, 5_000_000)
    figure(f"mints a second, {TOGETHER} in one transaction", BATCHED / took, "/s", plain, "a bare loop")


def test_signing_alone(figure: Figure) -> None:
    key = Signer(Account.create())
    fields = {"type": 2, "chainId": 31337, "nonce": 1, "gas": 100_000, "to": key.address, "value": 0,
              "data": "0x" + "00" * 132, "maxFeePerGas": 10**9, "maxPriorityFeePerGas": 10**9}  # fmt: skip
    began = time.perf_counter()
    for _ in range(100):
        key.sign(fields)
    figure("signatures a second", 100 / (time.perf_counter() - began), "/s")
