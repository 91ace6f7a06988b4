"""Reading the chain: a connection that is surely to the right chain, and the few questions Ninefold asks it.

Every request has a time limit and is made once: whoever asks decides about a second time. Refuses a node of another
chain (WrongChain). References: Ethereum JSON-RPC; CIDv1, multihash and multibase tables.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from eth_abi.abi import decode
from eth_typing import ChecksumAddress, HexStr
from web3 import Web3
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3RPCError
from web3.types import TxReceipt

from minting.chains import Chain
from minting.contract import artifacts, calls
from minting.contract.artifacts import MARKET, TOKEN, Name
from minting.contract.errors import ContractRefused, NodeUnreachable, WrongChain, explain
from minting.contract.nodes import FAILURES, Nodes

ANSWER_SECONDS = 15
_CID_LEAD = bytes.fromhex("01551220")  # CIDv1, raw, sha2-256, 32 bytes


@contextmanager
def reaching() -> Iterator[None]:
    """What the network does to a request, as NodeUnreachable."""
    try:
        yield
    except FAILURES as error:
        raise NodeUnreachable(f"The chain node did not answer ({type(error).__name__}).") from error


def connect(chain: Chain, answer_seconds: float = ANSWER_SECONDS) -> Web3:
    """A connection to `chain`'s nodes, after one question; WrongChain or NodeUnreachable when it is not that."""
    urls = (chain.rpc_url, *chain.further_rpc_urls)
    w3 = Web3(Nodes(chain.chain_id, urls, chain.rpc_quorum, answer_seconds))
    # EIP-3668 lets a contract send its caller to any address on the web. A stranger's wallet shall not send us.
    w3.provider.global_ccip_read_enabled = False
    check_chain(chain, w3)
    return w3


def check_chain(chain: Chain, w3: Web3) -> None:
    """WrongChain unless the node says that it is of `chain`."""
    with reaching():
        actual = w3.eth.chain_id
    if actual != chain.chain_id:
        raise WrongChain(f"The node is of chain {actual}; the settings name chain {chain.chain_id}.")


def call(w3: Web3, contract: Name, address: str, function: str, *values: Any) -> Any:
    """The answer of a view function on the newest block; ContractRefused when it reverts.

    One value as itself, several as a tuple, addresses as eth_abi gives them (lower case).
    """
    data = calls.encode_call(contract, function, *values)
    with reaching(), refusing():
        answer = w3.eth.call({"to": cast(ChecksumAddress, address), "data": HexStr(data)})
    outputs = artifacts.types(artifacts.functions(contract)[function]["outputs"])
    found = decode(outputs, bytes(answer))
    return found[0] if len(found) == 1 else found


@contextmanager
def refusing() -> Iterator[None]:
    """A revert that the node reports, as ContractRefused with its reason."""
    try:
        yield
    except (ContractLogicError, Web3RPCError) as error:
        refused = refusal(error)
        if refused is None:
            raise
        raise refused from error


def refusal(error: Exception) -> ContractRefused | None:
    """The contract's refusal inside an exception of web3, or None when the error is another one."""
    if isinstance(error, ContractLogicError):
        data = error.data
        return explain(data if isinstance(data, str) and data.startswith("0x") else b"")
    if isinstance(error, Web3RPCError):
        inner = (error.rpc_response or {}).get("error")
        if isinstance(inner, dict) and (inner.get("code") == 3 or "revert" in str(inner.get("message", ""))):
            data = inner.get("data")
            return explain(data if isinstance(data, str) and data.startswith("0x") else b"")
    return None


def receipt(w3: Web3, hashed: str) -> TxReceipt | None:
    """The receipt of a transaction, or None while it is in no block."""
    try:
        with reaching():
            return w3.eth.get_transaction_receipt(cast(HexStr, hashed))
    except TransactionNotFound:
        return None


def token_exists(w3: Web3, token: str, token_id: int) -> bool:
    """Whether a work has its token."""
    try:
        call(w3, TOKEN, token, "ownerOf", token_id)
    except ContractRefused as error:
        if error.name == "ERC721NonexistentToken":
            return False
        raise
    return True


def metadata_cid(w3: Web3, token: str, token_id: int) -> str:
    """The CID of an existing token's metadata, empty where its series' folder holds it; it never changes, so the
    newest block tells it."""
    digest = bytes(call(w3, TOKEN, token, "uriDigest", token_id))
    return cid_of(digest) if any(digest) else ""


def cid_of(digest: bytes) -> str:
    """A sha-256 digest as the contract spells it: CIDv1, raw, base32 (minting/solidity/src/Cid.sol)."""
    return "b" + base64.b32encode(_CID_LEAD + digest).decode().rstrip("=").lower()


def credit_wei(w3: Web3, market: str, account: str) -> int:
    """What the market holds for `account`."""
    return int(call(w3, MARKET, market, "credit", account))


def is_admitted(w3: Web3, token: str, artist: str) -> bool:
    """Whether works of `artist` may be minted."""
    return bool(call(w3, TOKEN, token, "admitted", artist))


def has_role(w3: Web3, token: str, role: bytes, account: str) -> bool:
    """Whether `account` has `role` on the token."""
    return bool(call(w3, TOKEN, token, "hasRole", role, account))
