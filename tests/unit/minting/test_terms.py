"""Auctions and listings as JSON: what is refused before anybody signs, and the way to ABI values and back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from minting import chains
from minting.contract import errors, kinds, structs, terms
from minting.units import ETHER_CURRENCY as NOBODY
from minting.units import PRICE_WEI_MAX, token_id

ARTIST, CHARITY, SITE = ("0x" + digit * 40 for digit in "123")
OURS = {
    name: "0x" + digit * 40
    for name, digit in zip(("token", "factory", "market", "auctions", "offers"), "45678", strict=True)
}


@pytest.fixture
def chain() -> chains.Chain:
    return replace(chains.network(), **OURS)


def auction(changes: dict[str, Any] | None = None, **of_auction: Any) -> dict[str, Any]:
    now = timezone.now()
    said: dict[str, Any] = {
        "collection": OURS["token"], "seller": ARTIST, "beneficiary": CHARITY, "donation_bps": 1_000,
        "shares": [(ARTIST, 8_500), (SITE, 500)], "start": now, "end": now + timedelta(days=3), "nonce": 7,
        "uri_digest": b"\1" * 32, "royalty_receiver": ARTIST, "royalty_bps": 500,
    }  # fmt: skip
    inner = terms.sale_terms(**{**said, **(changes or {})})
    whole = {"token_id": token_id(ARTIST, 1), "reserve_wei": 10, "duration_seconds": 3_600, "raise_bps": 500}
    return terms.auction(inner, **{**whole, **of_auction})


@pytest.mark.parametrize(
    ("changes", "of_auction", "error"),
    [
        ({}, {"reserve_wei": 0}, errors.BadPriceInVoucher),
        ({}, {"reserve_wei": PRICE_WEI_MAX + 1}, errors.BadPriceInVoucher),
        ({}, {"raise_bps": 99}, errors.BadPriceInVoucher),
        ({}, {"duration_seconds": 91 * 86_400}, errors.BadValidityInVoucher),
        ({"end": timezone.now() - timedelta(days=1)}, {}, errors.BadValidityInVoucher),
        ({"donation_bps": 999}, {}, errors.BadSharesInVoucher),
        ({"shares": [(ARTIST, 9_000), (ARTIST, 0)]}, {}, errors.BadSharesInVoucher),
        ({"shares": [(OURS["auctions"], 9_000)]}, {}, errors.BadAddressInVoucher),
        ({"beneficiary": OURS["offers"]}, {}, errors.BadAddressInVoucher),
        ({"beneficiary": NOBODY}, {}, errors.BadAddressInVoucher),
        ({"royalty_bps": 5_001}, {}, errors.BadRoyaltyInVoucher),
        ({"minted": True}, {}, errors.VoucherInvalid),
    ],
)
def test_auction_is_refused_by_name_when_the_contract_would_refuse_it(
    changes: dict[str, Any], of_auction: dict[str, Any], error: type[Exception], chain: chains.Chain
) -> None:
    terms.check(kinds.AUCTION, auction(), chain)
    with pytest.raises(error):
        terms.check(kinds.AUCTION, auction(changes, **of_auction), chain)


@pytest.mark.parametrize("spoil", ["reserve", "terms", "tokenId"])
def test_auction_is_refused_when_a_member_is_missing_or_strange(spoil: str, chain: chains.Chain) -> None:
    payload = auction()
    with pytest.raises(errors.VoucherInvalid):
        terms.check(kinds.AUCTION, {name: value for name, value in payload.items() if name != spoil}, chain)
    with pytest.raises(errors.VoucherInvalid):
        terms.check(kinds.AUCTION, {**payload, spoil: ["no", "such", "thing"]}, chain)
    with pytest.raises(errors.VoucherInvalid):
        terms.check(kinds.AUCTION, {**payload, "further": "1"}, chain)


def test_listing_is_refused_when_donation_and_fee_are_more_than_the_price(chain: chains.Chain) -> None:
    now = timezone.now()

    def listing(**changes: Any) -> dict[str, Any]:
        said: dict[str, Any] = {
            "collection": OURS["token"], "token_id": token_id(ARTIST, 1), "seller": CHARITY, "price_wei": 100,
            "beneficiary": CHARITY, "donation_bps": 9_000, "fee_receiver": SITE, "fee_bps": 1_000,
            "round_number": 2, "valid_from": now, "valid_until": now + timedelta(days=1),
        }  # fmt: skip
        return terms.listing(**{**said, **changes})

    terms.check(kinds.LISTING, listing(), chain)
    with pytest.raises(errors.BadPriceInVoucher):
        terms.check(kinds.LISTING, listing(fee_bps=1_001), chain)
    with pytest.raises(errors.BadAddressInVoucher):
        terms.check(kinds.LISTING, listing(fee_receiver=OURS["market"]), chain)


def test_terms_are_the_same_when_they_went_through_the_abi_and_their_hash_binds_chain_and_contract(
    chain: chains.Chain,
) -> None:
    payload = auction()
    members = kinds.AUCTION.members
    assert structs.said(members, structs.values(members, payload)) == payload
    first = kinds.AUCTION.hash(chain, payload)
    assert kinds.AUCTION.hash(replace(chain, chain_id=1), payload) != first
    assert kinds.AUCTION.hash(replace(chain, auctions=OURS["offers"]), payload) != first
    assert kinds.AUCTION.hash(chain, auction(reserve_wei=11)) != first
    assert kinds.AUCTION.typed_data(chain, payload)["types"]["ReserveAuction"][0] == {
        "name": "terms",
        "type": "Terms",
    }
