"""Terms that the market would refuse have a name here, before anybody signs them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from minting.chains import Chain
from minting.contract import calls, errors, kinds, structs, vouchers
from minting.units import token_id

ARTIST = Account.from_key("0x" + "11" * 32)
A, B, CHARITY, TOKEN, MARKET = (f"0x{number:040x}" for number in (0xA1, 0xB1, 0xC1, 0xD1, 0xE1))
CHAIN = Chain(31337, "test", "", 0, "", 200, token=TOKEN, market=MARKET)
DAY = timedelta(days=1)


def payload(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    terms: dict[str, Any] = {
        "collection": TOKEN,
        "token_id": token_id(ARTIST.address, 1),
        "uri_digest": b"\1" * 32,
        "price_wei": 10**18,
        "beneficiary": CHARITY,
        "donation_bps": 1_000,
        "shares": [(A, 6_000), (B, 3_000)],
        "royalty_receiver": A,
        "royalty_bps": 500,
        "valid_from": now - DAY,
        "valid_until": now + DAY,
        "nonce": 1,
    }
    return vouchers.payload(**{**terms, **changes})


def signed(terms: dict[str, Any]) -> bytes:
    return bytes(ARTIST.sign_typed_data(full_message=vouchers.typed_data(CHAIN, terms)).signature)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (errors.BadSharesInVoucher, {"shares": []}),
        (errors.BadSharesInVoucher, {"shares": [(A, 8_999)]}),
        (errors.BadSharesInVoucher, {"shares": [(A, 9_001)]}),
        (errors.BadSharesInVoucher, {"shares": [(A, 9_000), (B, 0)]}),
        (errors.BadSharesInVoucher, {"shares": [(A, 4_000), (A, 5_000)]}),
        (errors.BadSharesInVoucher, {"shares": [(f"0x{n:040x}", 1_000) for n in range(1, 10)]}),
        (errors.BadSharesInVoucher, {"donation_bps": 10_000, "shares": [(A, 0)]}),
        (errors.BadAddressInVoucher, {"shares": [(vouchers.ZERO, 9_000)]}),
        (errors.BadAddressInVoucher, {"shares": [("0x12", 9_000)]}),
        (errors.BadAddressInVoucher, {"shares": [(MARKET, 9_000)]}),
        (errors.BadAddressInVoucher, {"shares": [(TOKEN, 9_000)]}),
        (errors.BadAddressInVoucher, {"beneficiary": vouchers.ZERO}),
        (errors.BadAddressInVoucher, {"beneficiary": MARKET}),
        (errors.BadAddressInVoucher, {"beneficiary": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"}),  # wrong EIP-55
        (errors.BadAddressInVoucher, {"royalty_receiver": vouchers.ZERO}),
        (errors.BadAddressInVoucher, {"collection": vouchers.ZERO}),
        (errors.BadAddressInVoucher, {"currency": "ether"}),
        (errors.BadRoyaltyInVoucher, {"resale_bps": 4_501}),
        (errors.BadPriceInVoucher, {"price_wei": 2**128}),
        (errors.VoucherInvalid, {"price_wei": -1}),
        (errors.BadRoyaltyInVoucher, {"royalty_bps": 5_001}),
        (errors.BadValidityInVoucher, {"valid_from": datetime.now(UTC) + 2 * DAY}),
        (errors.BadValidityInVoucher, {"valid_until": datetime.now(UTC) - timedelta(hours=1)}),
        (errors.VoucherInvalid, {"uri_digest": b"\0" * 32}),
        (errors.VoucherInvalid, {"uri_digest": b"\1" * 31}),
        (errors.VoucherInvalid, {"token_id": 7}),
        (errors.VoucherInvalid, {"token_id": 2**256}),
    ],
)
def test_check_names_the_fault_when_terms_are_bad(kind: type[Exception], changes: dict[str, Any]) -> None:
    vouchers.check(payload(), CHAIN)
    with pytest.raises(kind) as caught:
        vouchers.check(payload(**changes), CHAIN)
    assert type(caught.value) is kind


@pytest.mark.parametrize("value", [5, "5.0", "٥", "", "-1", None, "0x5", "9" * 79])
def test_check_refuses_when_an_integer_is_not_decimal_digits(value: object) -> None:
    with pytest.raises(errors.VoucherInvalid):
        vouchers.check({**payload(), "nonce": value})


def test_check_refuses_when_a_member_is_missing_or_extra() -> None:
    terms = payload()
    del terms["nonce"]
    with pytest.raises(errors.VoucherInvalid):
        vouchers.check(terms)
    with pytest.raises(errors.VoucherInvalid):
        vouchers.check({**payload(), "more": "1"})


def test_no_donation_needs_no_beneficiary_when_its_share_is_zero() -> None:
    vouchers.check(payload(donation_bps=0, beneficiary=vouchers.ZERO, shares=[(A, 10_000)]), CHAIN)


def test_hash_differs_when_chain_market_or_any_member_differs() -> None:
    terms = payload()
    hashes = {vouchers.voucher_hash(CHAIN, terms)}
    hashes.add(vouchers.voucher_hash(Chain(1, "other", "", 0, "", 200, token=TOKEN, market=MARKET), terms))
    hashes.add(vouchers.voucher_hash(Chain(31337, "other", "", 0, "", 200, token=TOKEN, market=A), terms))
    for name in terms:
        other = [{"account": B, "bps": "9000"}] if name == "shares" else terms[name][:-1] + "2"
        hashes.add(vouchers.voucher_hash(CHAIN, {**terms, name: other}))
    assert len(hashes) == 3 + len(terms)


def test_recover_refuses_when_the_signature_is_in_its_second_form() -> None:
    terms = payload()
    raw = signed(terms)
    assert vouchers.recover(CHAIN, terms, "0x" + raw.hex()) == ARTIST.address
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = order - int.from_bytes(raw[32:64], "big")
    twin = raw[:32] + high.to_bytes(32, "big") + bytes([55 - raw[64]])
    with pytest.raises(errors.SignatureInvalid, match="second form"):
        vouchers.recover(CHAIN, terms, "0x" + twin.hex())
    digest = bytes.fromhex(vouchers.voucher_hash(CHAIN, terms)[2:])
    assert vouchers.is_signed_by(None, ARTIST.address, digest, "0x" + raw.hex())
    assert not vouchers.is_signed_by(None, ARTIST.address, digest, "0x" + twin.hex())


@given(st.binary(max_size=200))
def test_is_signed_by_is_false_when_the_signature_is_noise(noise: bytes) -> None:
    assert not vouchers.is_signed_by(None, ARTIST.address, "hello", "0x" + noise.hex())
    assert not vouchers.is_signed_by(None, ARTIST.address, "hello", noise.hex() + "zz")


def test_payload_comes_back_when_it_went_through_calldata() -> None:
    terms = payload()
    name, (values, signature, recipient) = calls.decode_call("NinefoldMarket", calls.buy(terms, "0x1234", A))
    assert (name, signature, recipient) == ("buy", b"\x12\x34", A.lower())
    assert structs.said(kinds.VOUCHER.members, values) == {
        **terms,
        "collection": vouchers.to_checksum_address(TOKEN),
        "beneficiary": vouchers.to_checksum_address(CHARITY),
        "royaltyReceiver": vouchers.to_checksum_address(A),
        "shares": [{**share, "account": vouchers.to_checksum_address(share["account"])} for share in terms["shares"]],
    }


@pytest.mark.parametrize("data", ["", "0x", "0x12345678", "0x08c379a0", "0x08c379a0" + "ff" * 64])
def test_explain_gives_a_sentence_when_the_revert_says_nothing_known(data: str) -> None:
    error = errors.explain(data)
    assert error.name == "Unknown"
    assert error.next_step
