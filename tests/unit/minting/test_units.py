import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minting import units


@given(
    price=st.integers(0, 2**128 - 1),
    cuts=st.lists(st.integers(1, 9_999), min_size=1, max_size=8, unique=True).map(sorted),
    donate=st.booleans(),
)
def test_split_wei_adds_up_exactly_when_shares_are_whole(price: int, cuts: list[int], donate: bool) -> None:
    edges = [0, *cuts, 10_000]
    parts = [b - a for a, b in itertools.pairwise(edges)]
    donation_bps, shares = (parts[0], parts[1:]) if donate else (0, parts)
    donation, paid = units.split_wei(price, donation_bps, shares)
    assert donation + sum(paid) == price
    assert donation == price * donation_bps // 10_000
    assert all(got >= price * bps // 10_000 for got, bps in zip(paid, shares, strict=True))
    assert paid[0] - price * shares[0] // 10_000 <= len(shares)


@pytest.mark.parametrize("shares", [[], [9_000, 999], [9_000, 1_001], [10_000, 0], [-1, 10_001]])
def test_split_wei_refuses_when_shares_do_not_add_up(shares: list[int]) -> None:
    with pytest.raises(units.SharesDoNotAddUp):
        units.split_wei(10**18, 0, shares)


@pytest.mark.parametrize("price", [-1, 2**128, 1.5, True, "1"])
def test_check_price_wei_refuses_when_it_is_no_amount(price: object) -> None:
    with pytest.raises(units.NotAPrice):
        units.check_price_wei(price)  # type: ignore[arg-type]


@given(st.integers(0, 2**128 - 1))
def test_parse_ether_gives_back_what_ether_wrote_when_it_is_a_price(wei: int) -> None:
    assert units.parse_ether(units.ether(wei)) == wei


@pytest.mark.parametrize("text", ["", ".", "-1", "1e3", "0x1", "1,5", "1.0000000000000000001", "١", "nan"])
def test_parse_ether_refuses_when_it_is_not_plain_digits(text: str) -> None:
    with pytest.raises(units.NotAPrice):
        units.parse_ether(text)


def test_token_id_keeps_artist_and_number_when_packed() -> None:
    packed = units.token_id("0x00000000000000000000000000000000000000Ff", 7)
    assert (packed >> 96, packed & (2**96 - 1)) == (0xFF, 7)
