"""Several nodes of one chain as one: what does not answer is passed over, what matters is asked of more than one.

A web3 provider over the addresses of RPC_URL. Any request goes to the first node that answers; a node that failed
rests for a while and is asked last. A signed transaction goes to every node. With RPC_QUORUM above 1, what is read
from blocks (blocks, logs, receipts, calls) counts once that many nodes say the same, and the head is the highest
block that so many of them have. Refuses a node of another chain (WrongChain), now or when it comes back.

What a node answers in words, such as a limit on requests, counts as its answer: only silence and HTTP errors are
passed over. Reference: Ethereum JSON-RPC.
"""

import json
import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from web3 import HTTPProvider
from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

from minting.contract.errors import NodesDisagree, NodeUnreachable, WrongChain

log = logging.getLogger(__name__)
CONNECT_SECONDS = 3
REST_SECONDS = 30
FAILURES = (requests.RequestException, ConnectionError, TimeoutError)
_LOG = ("address", "topics", "data", "logIndex", "transactionHash", "blockHash")
_RECEIPT = ("transactionHash", "blockHash", "status", "contractAddress")


class Nodes(BaseProvider):
    """The nodes at `urls`, in the order of preference; `quorum` of them must agree on what is read from blocks."""

    def __init__(self, chain_id: int, urls: tuple[str, ...], quorum: int, answer_seconds: float) -> None:
        super().__init__()
        self.quorum = quorum
        self._chain_id = chain_id
        self._nodes = [_Node(chain_id, url, answer_seconds) for url in urls]

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """One request; raises what the network did to the last node when none answers."""
        if method == "eth_chainId":
            return self._each(method, params, self._the_stranger)
        if method == "eth_sendRawTransaction":
            return self._each(method, params, _the_willing_one)
        if self.quorum > 1 and _is_a_height(method, params):
            return self._height(method, params)
        if self.quorum > 1 and method in _SAID:
            return self._agreed(method, params)
        return self._first(method, params)

    def _order(self) -> list["_Node"]:
        now = time.monotonic()
        return sorted(self._nodes, key=lambda node: node.rests_until if node.rests_until > now else 0)

    def _first(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        failed: Exception = NodeUnreachable("No node is named in RPC_URL.")
        for node in self._order():
            try:
                return node.ask(method, params)
            except FAILURES as error:
                failed = error
        raise failed

    def _answers(self, method: RPCEndpoint, params: Any) -> list[RPCResponse]:
        """What every node that is not at rest says; of all nodes, when all are."""
        now = time.monotonic()
        awake = [node for node in self._nodes if node.rests_until <= now] or self._nodes
        found: list[RPCResponse] = []
        failed: Exception | None = None
        for node in awake:
            try:
                found.append(node.ask(method, params))
            except FAILURES as error:
                failed = error
        if not found and failed is not None:
            raise failed
        return found

    def _each(
        self, method: RPCEndpoint, params: Any, choose: Callable[[list[RPCResponse]], RPCResponse]
    ) -> RPCResponse:
        return choose(self._answers(method, params))

    def _the_stranger(self, answers: list[RPCResponse]) -> RPCResponse:
        """The answer of a node of another chain, where there is one: that is what must be seen."""
        return next((answer for answer in answers if not _is_of(self._chain_id, answer)), answers[0])

    def _height(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """The highest number that as many nodes have reached as must agree."""
        found = [answer for answer in self._answers(method, params) if "result" in answer]
        self._enough(len(found))
        return sorted(found, key=lambda answer: int(answer["result"], 16), reverse=True)[self.quorum - 1]

    def _agreed(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        said: Counter[str] = Counter()
        for node in self._order():
            try:
                answer = node.ask(method, params)
            except FAILURES:
                continue
            key = _essence(method, answer)
            said[key] += 1
            if said[key] >= self.quorum:
                return answer
        self._enough(sum(said.values()))
        raise NodesDisagree(f"The nodes say {len(said)} different things about {method}; {self.quorum} must agree.")

    def _enough(self, count: int) -> None:
        if count < self.quorum:
            raise NodeUnreachable(
                f"{count} of {len(self._nodes)} nodes answer; {self.quorum} must agree (RPC_QUORUM)."
            )


class _Node:
    """One address. It says which chain it is of before its first answer, and again after each failure."""

    def __init__(self, chain_id: int, url: str, answer_seconds: float) -> None:
        self.rests_until = 0.0
        self._chain_id = chain_id
        self._name = urlsplit(url).hostname or "?"  # the rest of an address may hold a key
        self._known = False
        self._provider = HTTPProvider(
            url, request_kwargs={"timeout": (CONNECT_SECONDS, answer_seconds)}, exception_retry_configuration=None
        )

    def ask(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        try:
            if method != "eth_chainId" and not self._known:
                self._introduce()
            answer = self._provider.make_request(method, params)
            self._known = self._known or (method == "eth_chainId" and _is_of(self._chain_id, answer))
            return answer
        except ValueError as error:  # an answer that is no JSON is none
            self._fail(error)
            raise ConnectionError(f"{self._name} answers something else than JSON-RPC") from error
        except FAILURES as error:
            self._fail(error)
            raise

    def _introduce(self) -> None:
        answer = self._provider.make_request(RPCEndpoint("eth_chainId"), [])
        if not _is_of(self._chain_id, answer):
            actual = answer.get("result")
            raise WrongChain(f"The node {self._name} is of chain {actual}; the settings name chain {self._chain_id}.")
        self._known, self.rests_until = True, 0.0

    def _fail(self, error: Exception) -> None:
        if self.rests_until <= time.monotonic():
            log.warning("The node %s does not answer (%s).", self._name, type(error).__name__)
        self._known, self.rests_until = False, time.monotonic() + REST_SECONDS


def _is_of(chain_id: int, answer: RPCResponse) -> bool:
    return int(str(answer.get("result", "0x0")), 16) == chain_id


def _the_willing_one(answers: list[RPCResponse]) -> RPCResponse:
    return next((answer for answer in answers if "result" in answer), answers[0])


def _is_a_height(method: str, params: Any) -> bool:
    return method == "eth_blockNumber" or (method == "eth_getTransactionCount" and params[1] == "latest")


def _of_log(entry: Any) -> list[Any]:
    return [entry[name] for name in _LOG]


def _of_receipt(receipt: Any) -> list[Any]:
    return [*(receipt.get(name) for name in _RECEIPT), [_of_log(entry) for entry in receipt["logs"]]]


# What must be the same in the answers of two clients, which differ in what else they tell.
_SAID: dict[str, Callable[[Any], Any]] = {
    "eth_getBlockByNumber": lambda block: block["hash"],
    "eth_getBlockByHash": lambda block: block["hash"],
    "eth_getLogs": lambda entries: [_of_log(entry) for entry in entries],
    "eth_getTransactionReceipt": _of_receipt,
    "eth_getBlockReceipts": lambda receipts: [_of_receipt(receipt) for receipt in receipts],
    "eth_call": lambda answer: answer,
}


def _essence(method: str, answer: RPCResponse) -> str:
    error: Any = answer.get("error")
    if error is not None:
        return json.dumps(["refused", error.get("data") if isinstance(error, dict) else str(error)])
    result = cast(Any, answer.get("result"))
    return json.dumps(None if result is None else _SAID[method](result)).lower()
