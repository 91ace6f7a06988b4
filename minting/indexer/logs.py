"""Reading our contracts' logs from a node that may leave some out.

A log filter is an index, and indexes have holes. Near the head each block's bloom filter says whether a log of ours
can be in it; if so, its receipts are the source, not the filter. Far behind the head a range is asked for at once,
and the receipt of every transaction that shows up is read in full.
"""

from collections import defaultdict
from typing import Any, cast

from eth_typing import ChecksumAddress
from eth_utils.address import to_canonical_address, to_checksum_address
from eth_utils.crypto import keccak
from web3 import Web3

from minting.chains import Chain
from minting.contract import events
from minting.contract.reader import reaching
from minting.errors import MintingError
from minting.models import Log


class NodeInconsistent(MintingError):
    """The node contradicts itself; a reorganisation may be under way. Asked again, it may not."""

    retryable = True
    code = "node_inconsistent"
    title = "The chain node contradicts itself"
    next_step = "Nothing: it is asked again. If it goes on, use another node."


def may_hold_ours(chain: Chain, block: Any) -> bool:
    """Whether the block's bloom filter allows for a log of our contracts. Sometimes yes for nothing, never no."""
    bloom = int.from_bytes(bytes(block["logsBloom"]), "big")
    return any(_in_bloom(bloom, to_canonical_address(address)) for address in (chain.token, chain.market))


def _in_bloom(bloom: int, word: bytes) -> bool:
    """Three bits of 2,048, each from two bytes of the word's keccak-256 (Yellow Paper, section 4.3.1)."""
    hashed = keccak(word)
    return all(bloom >> (int.from_bytes(hashed[place : place + 2], "big") & 2047) & 1 for place in (0, 2, 4))


def in_block(chain: Chain, w3: Web3, block: Any) -> list[Log]:
    """Our logs in one block, from its receipts; not saved. NodeInconsistent when these are of another block."""
    if not may_hold_ours(chain, block):
        return []
    with reaching():
        receipts = w3.eth.get_block_receipts(int(block["number"]))
    found = []
    for receipt in receipts:
        if receipt["blockHash"] != block["hash"]:
            raise NodeInconsistent(f"Block {block['number']} changed while it was read.")
        found += of_receipt(chain, receipt)
    return found


def of_receipt(chain: Chain, receipt: Any) -> list[Log]:
    """Our logs in one receipt; not saved."""
    ours = {chain.token, chain.market}
    found = []
    for entry in receipt["logs"]:
        address = to_checksum_address(entry["address"])
        said = events.decode(entry["topics"], entry["data"]) if address in ours else None
        if said:
            found.append(
                Log(
                    block_id=receipt["blockHash"].to_0x_hex(),
                    log_index=int(entry["logIndex"]),
                    transaction_hash=receipt["transactionHash"].to_0x_hex(),
                    address=address,
                    event=said[0],
                    args=said[1],
                )
            )
    return found


def transactions_between(chain: Chain, w3: Web3, first: int, last: int, *topics: Any) -> dict[int, list[str]]:
    """Hashes of the transactions in blocks first to last that logged something of ours, by block number."""
    addresses = [cast(ChecksumAddress, chain.token), cast(ChecksumAddress, chain.market)]
    with reaching():
        entries = w3.eth.get_logs({"address": addresses, "fromBlock": first, "toBlock": last, "topics": list(topics)})
    found: dict[int, list[str]] = defaultdict(list)
    for entry in entries:
        hashed = entry["transactionHash"].to_0x_hex()
        if hashed not in found[int(entry["blockNumber"])]:
            found[int(entry["blockNumber"])].append(hashed)
    return dict(found)
