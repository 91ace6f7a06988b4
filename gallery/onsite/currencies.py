"""Money that is not on a chain: integers of a currency's smallest unit, by its ISO 4217 code.

How many decimals a currency has is ISO 4217's "minor unit" (table A.1, kept by SIX as list one); the currencies that
a counter here is likely to take are named, others are refused. No float and no rounding: what has more decimals than
its currency is not an amount. Amounts of two currencies are never added.
"""

import re

MINOR_DIGITS: dict[str, int] = {
    "AUD": 2, "CAD": 2, "CHF": 2, "CNY": 2, "EUR": 2, "GBP": 2, "HKD": 2, "JPY": 0, "KRW": 0, "NOK": 2, "NZD": 2,
    "SEK": 2, "SGD": 2, "TWD": 2, "USD": 2,
}  # fmt: skip
CODES = ("KRW", *sorted(code for code in MINOR_DIGITS if code != "KRW"))
AMOUNT_MINOR_MAX = 10**15
_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,16})(?:\.(\d+))?", re.ASCII)


class NotAnAmount(ValueError):
    """No amount of this currency: other signs than digits, too many decimals, nothing, or far too much."""


def parse(text: str, code: str) -> int:
    """'450,000' KRW -> 450000, '1200.50' EUR -> 120050; NotAnAmount. A comma divides thousands and nothing else."""
    digits = MINOR_DIGITS[code]
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or len(found[2] or "") > digits:
        raise NotAnAmount(text)
    minor: int = int(found[1].replace(",", "")) * 10**digits + int((found[2] or "").ljust(digits, "0") or "0")
    if not 0 < minor <= AMOUNT_MINOR_MAX:
        raise NotAnAmount(text)
    return minor


def plain(minor: int, code: str) -> str:
    """For programs: 120050 EUR -> '1200.50', 450000 KRW -> '450000'."""
    digits = MINOR_DIGITS[code]
    return f"{minor // 10**digits}.{minor % 10**digits:0{digits}d}" if digits else str(minor)


def shown(minor: int, code: str) -> str:
    """For people: 120050 EUR -> '1,200.50 EUR'. The code stands for itself in every language."""
    whole, point, rest = plain(minor, code).partition(".")
    return f"{int(whole):,}{point}{rest}\N{NO-BREAK SPACE}{code}"
