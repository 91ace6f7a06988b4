"""Real chain nodes for tests, with accounts that have ether."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from config.embedded import chain_node, ports
from tests.support.processes import Process


@contextmanager
def running_node(*options: str) -> Iterator[tuple[str, Process]]:
    """(JSON-RPC address, process) of an empty anvil."""
    with tempfile.TemporaryDirectory() as folder:
        port = ports.free()
        with Process("anvil", chain_node.command(port, None, *options), Path(folder) / "anvil.log") as node:
            node.wait_for_port(port)
            yield chain_node.url(port), node


@pytest.fixture(scope="session")
def chain_url() -> Iterator[str]:
    """JSON-RPC address of an anvil of this test session; empty at first, each test that writes uses snapshots."""
    with running_node() as (url, _):
        yield url


@pytest.fixture
def own_chain_url() -> Iterator[str]:
    """JSON-RPC address of an anvil of this test alone, for tests that reorganise it or stop its mining."""
    with running_node() as (url, _):
        yield url


def rpc(w3: Web3, method: str, *parameters: Any) -> Any:
    """One request of the test node's own methods; AssertionError with its words when it refuses."""
    answer = w3.provider.make_request(method, list(parameters))  # type: ignore[arg-type]
    assert "error" not in answer, f"{method}: {answer['error']}"
    return answer["result"]
