"""Blocks and their receipts from a node, in as few questions as it takes and a few of them at once.

One question brings all receipts of a block; where few of its transactions are ours they are asked for one by one,
and on a node that does not know the question too. Receipts come as JSON has them: web3 would spend more time on
making objects of them than all else takes. Reference: Ethereum JSON-RPC, eth_getBlockReceipts.
"""

from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from web3 import Web3
from web3.exceptions import Web3RPCError
from web3.types import RPCEndpoint

from minting.contract.reader import reaching
from minting.indexer.logs import NodeInconsistent

FEW = 2  # so many receipts cost less one by one than a whole block of other people's
AT_ONCE = 4  # questions under way at a time
AHEAD = 32  # blocks that wait in memory to be written
METHOD_NOT_FOUND = -32601


def receipts(w3: Web3, block: Any, hashes: Sequence[str] | None = None) -> list[Any]:
    """The receipts of `block`; at least those of `hashes`, when some are named. NodeInconsistent when it moved."""
    if hashes is not None and len(hashes) <= FEW:
        found = [_receipt(w3, hashed) for hashed in hashes]
    else:
        number = int(block["number"])
        answer = _ask(w3, "eth_getBlockReceipts", hex(number))
        if answer is _UNKNOWN:
            found = [_receipt(w3, hashed.to_0x_hex()) for hashed in block["transactions"]]
        else:
            found = answer or []
            lacking = set(hashes or ()) - {one["transactionHash"] for one in found}
            if answer is None or lacking:
                raise NodeInconsistent(f"Receipts of block {number} vanished while it was read.")
    hashed = block["hash"].to_0x_hex()
    if any(one["blockHash"] != hashed for one in found):
        raise NodeInconsistent(f"Block {block['number']} changed while it was read.")
    return found


def ahead(w3: Web3, wanted: Mapping[int, Sequence[str]]) -> Generator[tuple[Any, list[Any]], None, None]:
    """(block, its receipts) for each number in order, with the transactions in it that are surely ours.

    The next ones are asked for while these are written. Errors come out where their block would.
    """

    def one(number: int) -> tuple[Any, list[Any]]:
        with reaching():
            block = w3.eth.get_block(number)
        return block, receipts(w3, block, wanted[number])

    numbers = iter(sorted(wanted))
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fetch") as pool:
        under_way = [pool.submit(one, number) for number in islice(numbers, AHEAD)]
        try:
            while under_way:
                yield under_way.pop(0).result()
                under_way += [pool.submit(one, number) for number in islice(numbers, 1)]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_UNKNOWN = object()


def _receipt(w3: Web3, hashed: str) -> Any:
    found = _ask(w3, "eth_getTransactionReceipt", hashed)
    if not found or found is _UNKNOWN:
        raise NodeInconsistent(f"Transaction {hashed} vanished while it was read.")
    return found


def _ask(w3: Web3, method: str, parameter: str) -> Any:
    with reaching():
        answer: Any = w3.provider.make_request(RPCEndpoint(method), [parameter])
    error = answer.get("error")
    if error is None:
        return answer.get("result")
    if isinstance(error, dict) and error.get("code") == METHOD_NOT_FOUND:
        return _UNKNOWN
    raise Web3RPCError(f"{method}: {error}", rpc_response=answer)
