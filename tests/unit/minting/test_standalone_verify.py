"""The program that strangers check us with: its own hashes and addresses against the libraries that we use."""

import io
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from eth_account import Account
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from minting.chains import Chain
from minting.contract import artifacts, calls, vouchers
from minting.ipfs import car, cid
from minting.ipfs.store import BlockStore
from minting.standalone import verify

PROGRAM = Path(verify.__file__)
LEAF = cid.CHUNK_BYTES
MARKET = Account.create().address
CHAIN = Chain(31337, "test", "", 0, "", 200, token=Account.create().address, market=MARKET)


def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The program as a stranger runs it: no site packages, no environment, another folder."""
    command = [sys.executable, "-I", "-S", str(PROGRAM), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=60)


@given(st.binary(max_size=700))
def test_keccak_is_the_librarys_when_bytes_are_any(data: bytes) -> None:
    assert verify.keccak256(data) == keccak(data)


def test_addresses_are_spelled_as_eip55_does() -> None:
    for _ in range(20):
        address = Account.create().address
        assert verify.checksummed(address.lower()) == address


def test_events_and_call_are_the_contracts_own() -> None:
    names = {"0x" + topic.hex(): entry["name"] for topic, entry in artifacts.events().items()}
    assert {topic: names[topic] for topic in verify.TOPICS} == verify.TOPICS
    assert artifacts.hash_of(artifacts.functions(artifacts.MARKET)["buy"])[:4] == verify.BUY_SELECTOR


@given(st.integers(1, 8), st.integers(0, 2**128 - 1), st.binary(max_size=40))
def test_terms_are_found_with_their_hash_wherever_they_stand_in_a_call(count: int, price: int, before: bytes) -> None:
    now = datetime.now(UTC)
    payload = vouchers.payload(
        collection=CHAIN.token, token_id=int(MARKET, 16) << 96 | 7, uri_digest=os.urandom(32), price_wei=price,
        beneficiary=MARKET, donation_bps=1_000, shares=[(Account.create().address, 9_000 // count)] * count,
        royalty_receiver=MARKET, royalty_bps=500, valid_from=now, valid_until=now, nonce=9,
    )  # fmt: skip
    data = before + bytes.fromhex(calls.buy(payload, "0x" + "11" * 65, MARKET)[2:])
    found = verify.terms_in(data, CHAIN.chain_id, MARKET)
    assert list(found) == [vouchers.voucher_hash(CHAIN, payload)]
    [words] = found.values()
    assert words[3] == price
    assert words[6] == 1_000


@pytest.mark.parametrize("size", [0, 1, LEAF - 1, LEAF, LEAF + 1, 174 * LEAF, 174 * LEAF + 1])
def test_file_has_our_address_when_it_has_any_size(size: int) -> None:
    data = os.urandom(size)
    assert verify.cid_of_file(io.BytesIO(data)) == cid.of_bytes(data)


def test_file_is_told_apart_when_one_byte_differs(tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    data = os.urandom(3 * LEAF)
    file.write_bytes(data)
    same = alone("bytes", cid.of_bytes(data), str(file))
    assert same.returncode == 0, same.stderr
    file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    other = alone("bytes", cid.of_bytes(data), str(file))
    assert other.returncode == 1
    assert "WRONG: that is not" in other.stderr


def test_archive_is_whole_or_each_fault_is_named(tmp_path: Path) -> None:
    store, file = BlockStore(tmp_path / "blocks"), tmp_path / "work.car"
    root = store.put_bytes(os.urandom(3 * LEAF))
    whole = b"".join(car.stream(store, root))
    file.write_bytes(whole)
    fine = alone("car", str(file))
    assert (fine.returncode, fine.stderr) == (0, "")
    assert root in fine.stdout
    for harmed, words in (
        (whole[:-1] + bytes([whole[-1] ^ 1]), "do not hash"),
        (whole[: -LEAF - 39], "is part of the tree and not in the archive"),
        (whole[:-20], "do not hash"),
        (b"no archive", "no CARv1 archive"),
        (b"", "no CARv1 archive"),
    ):
        file.write_bytes(harmed)
        wrong = alone("car", str(file))
        assert wrong.returncode == 1
        assert words in wrong.stderr
        assert "Traceback" not in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ledger", "--rpc", "file:///etc/passwd", "--market", MARKET], "no http or https address"),
        (["ledger", "--rpc", "http://127.0.0.1:1", "--market", MARKET], "does not answer"),
        (["bytes", "Qm", "/no/such/file"], "No such file"),
    ],
)
def test_program_says_what_is_wrong_when_it_cannot_ask(arguments: list[str], words: str) -> None:
    said = alone(*arguments)
    assert said.returncode == 1
    assert words in said.stderr
    assert "Traceback" not in said.stderr


def test_blocks_are_refused_when_they_do_not_hash_to_their_address() -> None:
    address = cid.of_bytes(b"ours")
    with pytest.raises(verify.Wrong):
        verify.checked(lambda _: b"theirs")(address)
    assert verify.checked(lambda _: b"ours")(address) == b"ours"
