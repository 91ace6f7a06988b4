"""Reading our contracts' logs from a node that may leave some out.

A log filter is an index, and indexes have holes. Near the head each block's bloom filter says whether a log of ours
can be in it; if so, its receipts are the source, not the filter. Far behind the head a range is asked for at once,
and the receipts of every block that shows up are read in full, or of every transaction where there are few.

Ours are the contracts of the deployment and every series that the factory's logs name, from that log on: `known`
grows while receipts are read in their order.
"""

from collections import defaultdict
from collections.abc import Collection
from functools import lru_cache
from typing import Any, cast

from eth_typing import ChecksumAddress
from eth_utils.address import to_canonical_address, to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3 import Web3

from minting.chains import Chain
from minting.contract import events
from minting.contract.reader import reaching
from minting.errors import MintingError
from minting.models import Log, Series

ADDRESSES_AT_ONCE = 500  # in one question about logs; many nodes take no more than a thousand


class NodeInconsistent(MintingError):
    """The node contradicts itself; a reorganisation may be under way. Asked again, it may not."""

    retryable = True
    code = "node_inconsistent"
    title = "The chain node contradicts itself"
    next_step = "Nothing: it is asked again. If it goes on, use another node."


def known(chain: Chain) -> set[str]:
    """Every contract of ours, as far as the chain was read."""
    return {*chain.contracts, *Series.objects.filter(chain_id=chain.chain_id).values_list("contract", flat=True)}


def may_hold_ours(ours: Collection[str], block: Any) -> bool:
    """Whether the block's bloom filter allows for a log of our contracts. Sometimes yes for nothing, never no."""
    bloom = int.from_bytes(bytes(block["logsBloom"]), "big")
    return any(all(bloom >> bit & 1 for bit in _bits(address)) for address in ours)


@lru_cache(maxsize=100_000)
def _bits(address: str) -> tuple[int, ...]:
    """Three bits of 2,048, each from two bytes of the address's keccak-256 (Yellow Paper, section 4.3.1)."""
    hashed = keccak(to_canonical_address(address))
    return tuple(int.from_bytes(hashed[place : place + 2], "big") & 2047 for place in (0, 2, 4))


def of_receipt(chain: Chain, receipt: Any, ours: set[str]) -> list[Log]:
    """Our logs in one receipt, from web3 or as JSON; not saved. Series that are made in it are added to `ours`."""
    found = []
    for entry in receipt["logs"]:
        address = _spelt(entry["address"])
        if address not in ours:
            continue
        said = events.decode([HexBytes(topic) for topic in entry["topics"]], HexBytes(entry["data"]))
        if not said:
            continue
        if said[0] == "SeriesCreated" and address == chain.factory:
            ours.add(said[1]["series"])
        found.append(
            Log(
                block_id=HexBytes(receipt["blockHash"]).to_0x_hex(),
                log_index=_number(entry["logIndex"]),
                transaction_hash=HexBytes(receipt["transactionHash"]).to_0x_hex(),
                address=address,
                event=said[0],
                args=said[1],
            )
        )
    return found


@lru_cache(maxsize=100_000)
def _spelt(address: str) -> str:
    """EIP-55."""
    return to_checksum_address(address)


def _number(said: int | str) -> int:
    return int(said, 16) if isinstance(said, str) else int(said)


def transactions_between(
    chain: Chain, w3: Web3, first: int, last: int, ours: Collection[str]
) -> dict[int, list[str]]:
    """Hashes of the transactions in blocks first to last that logged something of ours, by block number, in order.

    Asks once more for series that were made in the range itself.
    """
    places: dict[int, dict[int, str]] = defaultdict(dict)
    asked, new = set(ours), sorted(ours)
    while new:
        born: set[str] = set()
        for start in range(0, len(new), ADDRESSES_AT_ONCE):
            addresses = [cast(ChecksumAddress, one) for one in new[start : start + ADDRESSES_AT_ONCE]]
            with reaching():
                entries = w3.eth.get_logs({"address": addresses, "fromBlock": first, "toBlock": last})
            for entry in entries:
                places[int(entry["blockNumber"])][int(entry["logIndex"])] = entry["transactionHash"].to_0x_hex()
                if entry["address"] == chain.factory and (said := events.decode(entry["topics"], entry["data"])):
                    born.add(said[1]["series"])
        new = sorted(born - asked)
        asked |= born
    return {number: list(dict.fromkeys(found[index] for index in sorted(found))) for number, found in places.items()}
