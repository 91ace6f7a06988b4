"""What to offer for a place in a block (EIP-1559), under a cap that the operator sets.

A node replaces a waiting transaction of the same nonce only when both fees rise by at least 10 % (go-ethereum,
txpool `pricebump`); 12.5 % is what Ninefold adds, rounded up. Everything is wei per gas; no float.
"""

from dataclasses import dataclass

from web3 import Web3

from minting.contract.reader import reaching
from minting.errors import MintingError

WEI_PER_GWEI = 10**9
TIP_FLOOR_WEI = WEI_PER_GWEI // 100
TIP_WEI = WEI_PER_GWEI  # where the node does not say


class FeeAboveCap(MintingError):
    """The chain asks for more than MAX_FEE_GWEI. Nothing is signed; it is tried again later."""

    retryable = True
    code = "fee_above_cap"
    title = "The chain is too expensive just now"
    next_step = "Wait until its fees fall, or raise MAX_FEE_GWEI."


@dataclass(frozen=True)
class Fees:
    """The two numbers of an EIP-1559 transaction; max_fee >= tip."""

    max_fee_wei: int
    tip_wei: int


def suggest(w3: Web3, max_fee_gwei: int) -> Fees:
    """Fees for a new transaction: room for the base fee to double, never above the cap."""
    with reaching():
        base_wei = int(w3.eth.get_block("latest").get("baseFeePerGas", 0))
        tip_wei = int(w3.eth.max_priority_fee)
    return from_base(base_wei, tip_wei, max_fee_gwei)


def from_base(base_wei: int, tip_wei: int, max_fee_gwei: int) -> Fees:
    """Twice the base fee and the tip, cut at the cap; FeeAboveCap when the cap does not even pay the base fee."""
    cap_wei = max_fee_gwei * WEI_PER_GWEI
    tip_wei = min(max(tip_wei, TIP_FLOOR_WEI), cap_wei)
    if base_wei + tip_wei > cap_wei:
        raise FeeAboveCap(
            f"A gas unit costs {-(-(base_wei + tip_wei) // WEI_PER_GWEI)} gwei; MAX_FEE_GWEI is {max_fee_gwei}."
        )
    return Fees(min(2 * base_wei + tip_wei, cap_wei), tip_wei)


def bump(old: Fees, fresh: Fees, max_fee_gwei: int) -> Fees:
    """Fees that replace a waiting transaction: both at least an eighth above `old`, and at least `fresh`.

    FeeAboveCap when that passes the cap: then the old one goes on waiting.
    """
    tip_wei = max(_raised(old.tip_wei), fresh.tip_wei)
    max_fee_wei = max(_raised(old.max_fee_wei), fresh.max_fee_wei, tip_wei)
    if max_fee_wei > max_fee_gwei * WEI_PER_GWEI:
        raise FeeAboveCap(
            f"Replacing it would take {-(-max_fee_wei // WEI_PER_GWEI)} gwei a gas unit; "
            f"MAX_FEE_GWEI is {max_fee_gwei}."
        )
    return Fees(max_fee_wei, tip_wei)


def _raised(wei: int) -> int:
    return -(-wei * 9 // 8)
