"""What became of a transaction that was sent: whether the node knows it, and the reason of a revert."""

from typing import Any, cast

from eth_typing import HexStr
from web3 import Web3
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3RPCError

from minting.contract.errors import explain
from minting.contract.reader import reaching, refusal
from minting.models import Transaction


def is_known(w3: Web3, hashed: str) -> bool:
    """Whether the node has the transaction, waiting or in a block."""
    try:
        with reaching():
            w3.eth.get_transaction(cast(HexStr, hashed))
    except TransactionNotFound:
        return False
    return True


def fee_wei(receipt: Any) -> int:
    """What the sender paid for its place in a block; on rollups of the OP kind with what the data cost (`l1Fee`)."""
    data_wei = receipt.get("l1Fee") or 0
    data_wei = int(data_wei, 16) if isinstance(data_wei, str) else int(data_wei)
    return int(receipt["gasUsed"]) * int(receipt["effectiveGasPrice"]) + data_wei


def reason(w3: Web3, row: Transaction, block_number: int) -> str:
    """Why `row` reverted, by asking the same again on the state of its block. Best effort: the state may be gone."""
    try:
        with reaching():
            w3.eth.call(asked(row), block_identifier=block_number)
    except (ContractLogicError, Web3RPCError) as error:
        return str(refusal(error) or explain(b""))
    return str(explain(b""))


def asked(row: Transaction) -> Any:
    """`row` as the node is asked to try it."""
    found = {"from": row.sender, "data": row.data, "value": row.value_wei}
    return {**found, "to": row.to} if row.to else found
