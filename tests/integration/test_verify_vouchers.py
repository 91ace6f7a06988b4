"""Vouchers against the real market: the same hash, the same signatures, the same refusals."""

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone
from eth_abi.abi import encode
from eth_account import Account
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web3.exceptions import ContractLogicError

from minting.contract import calls, kinds, reader, vouchers
from minting.contract.artifacts import MARKET
from minting.contract.errors import ContractRefused, SignatureInvalid, WalletNotDeployed
from minting.contract.reader import refusing
from minting.models import Voucher
from minting.units import split_wei
from tests.support.chain import rpc
from tests.support.contracts import Stage
from tests.support.wallets import Wallet

pytestmark = pytest.mark.django_db(transaction=True)
# Contract wallets as bare bytecode: one that says yes (ERC-1271) to anything, one that burns all its gas.
SAYS_YES = "0x631626ba7e60e01b5f5260205ff3"
NEVER_ENDS = "0x5b5f56"


def refuse(stage: Stage, voucher: Voucher, value: int) -> ContractRefused:
    asked = {"from": stage.collector.address, "to": voucher.contract, "value": value}
    data = calls.buy(voucher.payload, voucher.signature, stage.collector.address)
    with pytest.raises(ContractRefused) as caught, refusing():
        stage.w3.eth.call({**asked, "data": data})  # type: ignore[typeddict-item]
    return caught.value


def test_voucher_hash_is_the_markets_when_computed_here(stage: Stage) -> None:
    payload = stage.payload(1)
    there = reader.call(stage.w3, MARKET, stage.chain.market, "hashVoucher", calls.voucher_values(payload))
    assert vouchers.voucher_hash(stage.chain, payload) == "0x" + there.hex()
    signature = stage.artist.sign_typed(vouchers.typed_data(stage.chain, payload))
    assert vouchers.recover(stage.chain, payload, signature) == stage.artist.address


def test_earlier_voucher_is_withdrawn_when_the_artist_signs_anew(stage: Stage) -> None:
    first, second = stage.voucher(1, price_wei=5), stage.voucher(1, price_wei=6)
    first.refresh_from_db()
    assert first.withdrawn_at is not None
    assert second.withdrawn_at is None
    assert stage.voucher(2).withdrawn_at is None
    again = vouchers.keep(stage.chain, second.payload, second.signature)
    assert (again.pk, Voucher.objects.count()) == (second.pk, 3)


def test_keep_refuses_when_another_signed(stage: Stage) -> None:
    payload = stage.payload(1)
    signature = stage.collector.sign_typed(vouchers.typed_data(stage.chain, payload))
    with pytest.raises(SignatureInvalid):
        vouchers.keep(stage.chain, payload, signature, stage.w3)
    assert not Voucher.objects.exists()


def test_sale_works_when_the_wallet_ends_signatures_with_zero_or_one(stage: Stage) -> None:
    payload = stage.payload(1)
    signature = bytes.fromhex(stage.artist.sign_typed(vouchers.typed_data(stage.chain, payload))[2:])
    voucher = vouchers.keep(stage.chain, payload, "0x" + (signature[:64] + bytes([signature[64] - 27])).hex())
    assert stage.collector.send(stage.prepared(voucher))["status"] == 1


def test_refusals_have_sentences_when_the_market_reverts(stage: Stage) -> None:
    voucher = stage.voucher(1, price_wei=100)
    error = refuse(stage, voucher, 99)
    assert (error.name, error.arguments) == ("WrongPrice", (99, 100))
    assert "99 wei were sent and 100 wei are asked" in str(error)
    stage.artist.send({"to": stage.chain.market, "data": calls.cancel(1)})
    assert refuse(stage, voucher, 100).name == "Cancelled"
    sold = stage.voucher(2, price_wei=100)
    stage.collector.send(stage.prepared(sold))
    error = refuse(stage, sold, 100)
    assert error.name == "AlreadyMinted"
    assert error.next_step
    early = stage.voucher(3, valid_from=timezone.now() + timedelta(days=1))
    assert refuse(stage, early, early.price_wei).name == "NotYetValid"


def test_contract_wallet_counts_when_it_says_yes(stage: Stage) -> None:
    wallet = Account.create().address
    rpc(stage.w3, "anvil_setCode", wallet, SAYS_YES)
    assert vouchers.is_signed_by(stage.w3, wallet, "hello", "0x1234")
    assert not vouchers.is_signed_by(None, wallet, "hello", "0x1234")
    payload = {**stage.payload(1), "tokenId": str((int(wallet, 16) << 96) | 1)}
    assert vouchers.keep(stage.chain, payload, "0x1234", stage.w3).signer == wallet


def test_contract_wallet_does_not_count_when_it_never_ends(stage: Stage) -> None:
    wallet = Account.create().address
    rpc(stage.w3, "anvil_setCode", wallet, NEVER_ENDS)
    assert not vouchers.is_signed_by(stage.w3, wallet, "hello", "0x1234")


def test_wallet_that_is_not_on_the_chain_is_refused_when_it_wraps_its_signature(stage: Stage) -> None:
    wrapped = encode(["address", "bytes", "bytes"], [stage.site, b"", b"\1" * 65]) + bytes.fromhex("6492") * 16
    with pytest.raises(WalletNotDeployed):
        vouchers.is_signed_by(stage.w3, Account.create().address, "hello", "0x" + wrapped.hex())


def test_text_counts_when_the_key_behind_the_address_signed_it(stage: Stage) -> None:
    signature = stage.artist.sign_text("hello")
    assert vouchers.is_signed_by(stage.w3, stage.artist.address, "hello", signature)
    assert not vouchers.is_signed_by(stage.w3, stage.artist.address, "hullo", signature)
    assert not vouchers.is_signed_by(stage.w3, stage.charity, "hello", signature)


def test_purchase_is_read_back_when_a_contract_wallet_wraps_it(stage: Stage) -> None:
    voucher = stage.voucher(1)
    data = bytes.fromhex(stage.prepared(voucher)["data"][2:])
    ((kind, payload),) = kinds.in_call(b"\xaa\xbb\xcc\xdd" + b"\0" * 31 + data + b"\0" * 7)
    assert (kind, payload) == (kinds.VOUCHER, voucher.payload)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(price_wei=st.integers(0, 10**20), cuts=st.lists(st.integers(1, 9_999), min_size=1, max_size=5, unique=True))
def test_split_wei_equals_what_the_chain_pays(stage: Stage, price_wei: int, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), 10_000]
    donation_bps, *shares = [high - low for low, high in itertools.pairwise(edges)]
    people = [Account.create().address for _ in shares]
    number = int.from_bytes(Account.create().key[:8], "big")
    collector = Wallet.new(stage.w3, ether=1_000)
    beneficiary = Account.create().address
    voucher = stage.voucher(
        number, price_wei=price_wei, donation_bps=donation_bps, beneficiary=beneficiary,
        shares=list(zip(people, shares, strict=True)),
    )  # fmt: skip
    try:
        collector.send(stage.prepared(voucher, collector.address))
    except ContractLogicError as error:
        raise AssertionError(str(reader.refusal(error))) from error
    donation, parts = split_wei(price_wei, donation_bps, shares)
    assert stage.w3.eth.get_balance(beneficiary) == donation
    assert [stage.w3.eth.get_balance(person) for person in people] == parts
    assert donation + sum(parts) == price_wei
