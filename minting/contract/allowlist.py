"""Allowlists of a drop: who may claim, and how many, as a Merkle tree that the market reads.

A leaf is keccak256(keccak256(abi.encode(address buyer, uint256 allowance))): hashed twice, so that no inner node can
pass for a leaf. Pairs are hashed in sorted order, as OpenZeppelin's MerkleProof does, and the tree has the shape of
its StandardMerkleTree, whose tools give the same root and proofs. Refuses a buyer who is named twice, for the larger
allowance would count, and an allowance of nothing. Pure: no network, no database.
"""

from collections.abc import Iterable, Mapping

from eth_abi.abi import encode
from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak

from minting.errors import MintingError

ALLOWANCE_BELOW = 2**256


class AllowlistInvalid(MintingError):
    """A list that cannot be one; the message names the entry."""

    code = "allowlist_invalid"
    title = "The list of buyers is not valid"
    next_step = "Correct what is named: each wallet once, each with at least one work."


class NotListed(MintingError):
    """The wallet is not on the list of this phase."""

    code = "not_listed"
    title = "This wallet is not on the list"
    next_step = "Wait for the phase that is open to all, or use the wallet that was listed."


class Allowlist:
    """The tree over a list. `root` goes into the drop that the artist signs; `proof` goes with a buyer's claim."""

    def __init__(self, allowances: Mapping[str, int] | Iterable[tuple[str, int]]) -> None:
        entries = allowances.items() if isinstance(allowances, Mapping) else allowances
        self.allowances: dict[str, int] = {}
        for buyer, allowance in entries:
            if not isinstance(buyer, str) or not buyer.startswith("0x") or not is_address(buyer):
                raise AllowlistInvalid(f"{buyer} is not an address.")
            spelled = to_checksum_address(buyer)
            if spelled in self.allowances:
                raise AllowlistInvalid(f"{spelled} is named twice.")
            if not 1 <= allowance < ALLOWANCE_BELOW:
                raise AllowlistInvalid(f"{spelled} may have {allowance} works; it must be at least one.")
            self.allowances[spelled] = allowance
        if not self.allowances:
            raise AllowlistInvalid("The list is empty.")
        # A binary tree in an array: children of node n at 2n + 1 and 2n + 2, leaves by their hash from the end.
        leaves = sorted(leaf(buyer, allowance) for buyer, allowance in self.allowances.items())
        self._nodes = [b""] * (len(leaves) - 1) + leaves[::-1]
        self._places = {one: len(self._nodes) - 1 - n for n, one in enumerate(leaves)}
        for n in range(len(leaves) - 2, -1, -1):
            self._nodes[n] = _pair(self._nodes[2 * n + 1], self._nodes[2 * n + 2])

    @property
    def root(self) -> bytes:
        return self._nodes[0]

    def proof(self, buyer: str) -> tuple[int, list[bytes]]:
        """(allowance, hashes from the leaf's sibling up to below the root) of a buyer; NotListed for anybody else."""
        spelled = to_checksum_address(buyer)
        if spelled not in self.allowances:
            raise NotListed(f"{spelled} is not on the list of this phase.")
        allowance = self.allowances[spelled]
        place, hashes = self._places[leaf(spelled, allowance)], []
        while place > 0:
            hashes.append(self._nodes[place + 1 if place % 2 else place - 1])
            place = (place - 1) // 2
        return allowance, hashes


def leaf(buyer: str, allowance: int) -> bytes:
    """What the market makes of a buyer and its allowance."""
    return keccak(keccak(encode(["address", "uint256"], [buyer, allowance])))


def _pair(one: bytes, other: bytes) -> bytes:
    return keccak(min(one, other) + max(one, other))
