"""Money and shares as integers: wei and basis points. No float and no Decimal ether anywhere.

`split_wei` gives parts that add up to the price exactly; each part is floored and the remainder, fewer wei than
there are parts, goes to the first share. The same arithmetic stands in minting/solidity/src/Split.sol, and a test
compares the two on the chain.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    _DecimalField = models.DecimalField[Any, Any]
else:
    _DecimalField = models.DecimalField

BPS_WHOLE = 10_000
WEI_PER_ETHER = 10**18
PRICE_WEI_MAX = 2**128 - 1  # what the market takes
TOKEN_NUMBER_BITS = 96
ETHER_CURRENCY = "0x" + "0" * 40  # how contracts and rows name ether beside ERC-20 contracts


class NotAPrice(ValueError):
    """A price that is no integer of wei from 0 to 2^128 - 1."""


class SharesDoNotAddUp(ValueError):
    """Basis points that are not exactly 10,000 in all, or a share below 1."""


class Uint256Field(_DecimalField):
    """An unsigned 256-bit integer as NUMERIC(78, 0); int in Python, on the way in and out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"], kwargs["decimal_places"] = 78, 0
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, args, kwargs

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> int | None:
        return None if value is None else int(value)


def check_price_wei(price_wei: int) -> int:
    """The price, if it is an integer from 0 to 2^128 - 1; else NotAPrice."""
    if isinstance(price_wei, bool) or not isinstance(price_wei, int):
        raise NotAPrice("A price is a whole number of wei.")
    if price_wei < 0:
        raise NotAPrice("A price cannot be negative.")
    if price_wei > PRICE_WEI_MAX:
        raise NotAPrice("A price must be below 2^128 wei.")
    return price_wei


def split_wei(price_wei: int, donation_bps: int, shares_bps: Sequence[int]) -> tuple[int, list[int]]:
    """(donation, parts of the shares in order); donation + sum(parts) == price, the remainder in parts[0]."""
    check_price_wei(price_wei)
    if not shares_bps or any(bps < 1 for bps in shares_bps) or donation_bps < 0:
        raise SharesDoNotAddUp("Every share must be at least 1 basis point, and there must be one.")
    if donation_bps + sum(shares_bps) != BPS_WHOLE:
        raise SharesDoNotAddUp(
            f"Donation and shares are {donation_bps + sum(shares_bps)} basis points; they must be exactly 10,000."
        )
    donation = price_wei * donation_bps // BPS_WHOLE
    parts = [price_wei * bps // BPS_WHOLE for bps in shares_bps]
    parts[0] += price_wei - donation - sum(parts)
    return donation, parts


def ether(wei: int) -> str:
    """Wei as ether for people: exact, without trailing zeros. 1500000000000000000 -> '1.5'."""
    whole, rest = divmod(wei, WEI_PER_ETHER)
    return f"{whole}.{rest:018d}".rstrip("0").rstrip(".")


def parse_ether(text: str) -> int:
    """'0.05' -> wei, exactly; NotAPrice for anything but plain digits with at most 18 decimals."""
    whole, _, rest = text.strip().partition(".")
    digits = whole + rest
    if not digits or not digits.isascii() or not digits.isdigit() or len(rest) > 18 or len(whole) > 30:
        raise NotAPrice("Write a price in ether as digits with at most 18 decimals, such as 0.05.")
    return check_price_wei(int(whole or "0") * WEI_PER_ETHER + int(rest.ljust(18, "0") or "0"))


def token_id(artist_address: str, work_number: int) -> int:
    """The token of a work: artist's address in the high 160 bits, number in the low 96 (NinefoldToken.sol)."""
    if not 0 <= work_number < 2**TOKEN_NUMBER_BITS:
        raise ValueError("A work number has 96 bits.")
    return int(artist_address, 16) << TOKEN_NUMBER_BITS | work_number


def artist_of(token_id: int) -> str:
    """The address that a token id names, in lower case."""
    return f"0x{token_id >> TOKEN_NUMBER_BITS:040x}"


def number_of(token_id: int) -> int:
    """The number of the work that a token id names."""
    return token_id & ((1 << TOKEN_NUMBER_BITS) - 1)
