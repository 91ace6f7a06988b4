"""Indexing sale logs against fetching the same logs alone, and how that grows from 10,000 to 100,000 logs.

A sale is one transaction with four logs (Sold, two Paid, Donated), fifty sales a block, as a busy market would have
them. So many are made by putting a small program at the market's address that logs what a purchase logs; what is
read, decoded and written is the same.
"""

import time
from dataclasses import replace

import pytest
import requests
from eth_utils.crypto import keccak

from minting.chains import Chain
from minting.contract import artifacts
from minting.indexer import logs, walk
from minting.models import Block, Donation, Log, Sale
from tests.benchmarks.conftest import Figure
from tests.support.chain import rpc
from tests.support.contracts import Stage

pytestmark = pytest.mark.django_db(transaction=True)
LOGS_PER_SALE, SALES_PER_BLOCK = 4, 50
SIZES = (10_000, 100_000)


def topic(event: str) -> bytes:
    """The topic of the market's event of this name."""
    for hashed, entry in artifacts.events().items():
        if entry["name"] == event:
            return hashed
    raise LookupError(event)


def push(value: int | bytes) -> bytes:
    data = value if isinstance(value, bytes) else value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
    return bytes([0x5F + len(data)]) + data


def store(offset: int, value: bytes) -> bytes:
    return value + push(offset) + b"\x52"


def emit(size: int, *topics: bytes) -> bytes:
    return b"".join(reversed(topics)) + push(size) + push(0) + bytes([0xA0 + len(topics)])


def program(chain: Chain) -> str:
    """EVM code that logs one sale, whose number is its calldata."""
    caller, sale = b"\x33", push(0) + b"\x35"
    token = push(bytes.fromhex(chain.token[2:]))
    code = (
        store(0, caller) + store(32, push(1_000)) + store(64, sale) + store(96, token)
        + emit(160, push(topic("Sold")), sale, sale, caller)
        + store(0, push(850)) + emit(32, push(topic("Paid")), sale, caller)
        + store(0, push(50)) + emit(32, push(topic("Paid")), sale, push(b"\x01" * 20))
        + store(0, push(100)) + store(32, push(0)) + emit(64, push(topic("Donated")), sale, push(b"\x02" * 20), sale)
        + b"\x00"
    )  # fmt: skip
    return "0x" + code.hex()


def sell(stage: Stage, sales: range) -> None:
    for start in range(sales.start, sales.stop, SALES_PER_BLOCK):
        asked = [
            {"jsonrpc": "2.0", "id": number, "method": "eth_sendTransaction", "params": [{
                "from": stage.collector.address, "to": stage.chain.market, "gas": hex(200_000),
                "data": "0x" + keccak(number.to_bytes(8, "big")).hex()}]}
            for number in range(start, start + SALES_PER_BLOCK)
        ]  # fmt: skip
        answer = requests.post(stage.chain.rpc_url, json=asked, timeout=60).json()
        assert all("result" in one for one in answer), answer[0]
        rpc(stage.w3, "anvil_mine", "0x1")


def fetched(stage: Stage, chain: Chain, first: int, last: int, sales: int) -> float:
    """Seconds that the filter alone takes for the same logs, in ranges like the indexer's."""
    began, count = time.perf_counter(), 0
    for start in range(first, last + 1, walk.SPAN_MAX):
        found = logs.transactions_between(
            chain, stage.w3, start, min(start + walk.SPAN_MAX - 1, last), logs.known(chain)
        )
        count += sum(map(len, found.values()))
    assert count == sales
    return time.perf_counter() - began


def test_indexing_grows_with_the_logs_and_not_faster(stage: Stage, figure: Figure) -> None:
    rpc(stage.w3, "anvil_autoImpersonateAccount", True)
    rpc(stage.w3, "evm_setAutomine", False)
    rpc(stage.w3, "anvil_setCode", stage.chain.market, program(stage.chain))
    rpc(stage.w3, "anvil_setBalance", stage.collector.address, hex(10**24))
    first, made, per_log = int(stage.w3.eth.block_number) + 1, 0, []
    for size in SIZES:
        sell(stage, range(made, size // LOGS_PER_SALE))
        made = size // LOGS_PER_SALE
        last = int(stage.w3.eth.block_number)
        rpc(stage.w3, "anvil_mine", hex(stage.chain.finality + 1))
        chain = replace(stage.chain, deploy_block=first)
        Block.objects.all().delete()
        alone = fetched(stage, chain, first, last, made)
        began = time.perf_counter()
        walk.rebuild(chain, stage.w3)
        took = time.perf_counter() - began
        assert (Log.objects.count(), Sale.objects.count(), Donation.objects.count()) == (size, made, made)
        figure(f"{size:,} sale logs indexed", took, "s", alone, "fetching them")
        figure(f"{size:,} sale logs, logs a second", size / took, "/s")
        per_log.append(took / size)
    figure("time a log at 100,000", per_log[1] * 1e6, "us", per_log[0] * 1e6, "at 10,000")
