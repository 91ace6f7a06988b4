import pytest
from hypothesis import given
from hypothesis import strategies as st

from minting.transactions import fees
from minting.transactions.fees import FeeAboveCap, Fees

GWEI = fees.WEI_PER_GWEI
amounts = st.integers(0, 300 * GWEI)


@given(base=amounts, tip=amounts, cap=st.integers(1, 500))
def test_fees_stay_under_the_cap_and_pay_the_base_when_they_are_offered(base: int, tip: int, cap: int) -> None:
    try:
        offer = fees.from_base(base, tip, cap)
    except FeeAboveCap:
        assert base + max(tip, fees.TIP_FLOOR_WEI) > cap * GWEI
        return
    assert base + offer.tip_wei <= offer.max_fee_wei <= cap * GWEI
    assert offer.tip_wei >= fees.TIP_FLOOR_WEI


@given(max_fee=amounts, tip=amounts, fresh_max=amounts, fresh_tip=amounts)
def test_both_fees_rise_by_an_eighth_when_bumped(max_fee: int, tip: int, fresh_max: int, fresh_tip: int) -> None:
    old = Fees(max(max_fee, tip), tip)
    new = fees.bump(old, Fees(max(fresh_max, fresh_tip), fresh_tip), 1_000)
    assert new.max_fee_wei * 8 >= old.max_fee_wei * 9
    assert new.tip_wei * 8 >= old.tip_wei * 9
    assert new.max_fee_wei >= max(fresh_max, fresh_tip, new.tip_wei)
    assert new.tip_wei >= fresh_tip


def test_bump_refuses_when_it_would_pass_the_cap() -> None:
    with pytest.raises(FeeAboveCap, match="MAX_FEE_GWEI is 100"):
        fees.bump(Fees(90 * GWEI, GWEI), Fees(1, 1), 100)
