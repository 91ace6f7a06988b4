"""Several nodes as one: silence is passed over, a lie does not count, another chain is refused at the door."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from config.embedded import chain_node, ports
from minting import chains
from minting.contract import reader
from minting.contract.errors import NodesDisagree, NodeUnreachable, WrongChain
from minting.contract.nodes import Nodes
from minting.indexer import walk
from minting.models import Sale
from minting.transactions.work import work
from tests.support import workers
from tests.support.contracts import Stage
from tests.support.go_between import losing, lying
from tests.support.processes import Process, poll
from tests.support.wallets import key_for_chain_role

pytestmark = pytest.mark.django_db(transaction=True)
NOBODY = "http://127.0.0.1:1"


@contextmanager
def between(stage: Stage, quorum: int, *changes: Callable[[str, Any], Any] | None) -> Iterator[chains.Chain]:
    """The stage's chain behind one go-between for each change; None is an honest one."""
    with ExitStack() as stack:
        urls = [
            stack.enter_context(lying(stage.chain.rpc_url, change)) if change else stage.chain.rpc_url
            for change in changes
        ]
        yield replace(stage.chain, rpc_url=urls[0], further_rpc_urls=tuple(urls[1:]), rpc_quorum=quorum)


def without_logs(method: str, result: Any) -> Any:
    """A node that knows of no log."""
    match method:
        case "eth_getBlockReceipts":
            return [{**receipt, "logs": []} for receipt in result]
        case "eth_getTransactionReceipt":
            return result and {**result, "logs": []}
        case "eth_getLogs":
            return []
    return result


def behind(method: str, result: Any) -> Any:
    """A node that is three blocks behind."""
    return hex(int(result, 16) - 3) if method == "eth_blockNumber" else result


def test_next_node_is_asked_when_the_first_is_away_or_stops_answering(stage: Stage) -> None:
    chain = replace(stage.chain, rpc_url=NOBODY, further_rpc_urls=(stage.chain.rpc_url,))
    w3 = reader.connect(chain)
    assert work(stage.want_mint(1).pk, chain, w3, stage.key).status == "final"
    deaf = False
    with losing(stage.chain.rpc_url, lambda _: deaf) as url:
        w3 = reader.connect(replace(stage.chain, rpc_url=url, further_rpc_urls=(stage.chain.rpc_url,)))
        deaf = True
        assert w3.eth.block_number == stage.w3.eth.block_number
        assert work(stage.want_mint(2).pk, chain, w3, stage.key).status == "final"


def test_signed_bytes_go_to_every_node(stage: Stage) -> None:
    asked: list[str] = []
    with losing(stage.chain.rpc_url, lambda method: bool(asked.append(method))) as url:  # type: ignore[func-returns-value]
        chain = replace(stage.chain, further_rpc_urls=(url,))
        assert work(stage.want_mint(1).pk, chain, reader.connect(chain), stage.key).status == "final"
    assert asked.count("eth_sendRawTransaction") == 1
    assert "eth_call" not in asked


def test_lie_of_one_node_does_not_count_when_two_of_three_must_agree(stage: Stage) -> None:
    stage.sell(1)
    with between(stage, 2, without_logs, None, None) as chain:
        walk.catch_up(chain, reader.connect(chain))
    assert Sale.objects.count() == 1


def test_nothing_is_written_when_too_few_nodes_agree_or_answer(stage: Stage) -> None:
    stage.sell(1)
    with between(stage, 2, without_logs, None) as chain, pytest.raises(NodesDisagree):
        walk.catch_up(chain, reader.connect(chain))
    assert not Sale.objects.exists()
    alone = replace(stage.chain, further_rpc_urls=(NOBODY,), rpc_quorum=2)
    with pytest.raises(NodeUnreachable, match="1 of 2"):
        walk.catch_up(alone, reader.connect(alone))


def test_head_is_what_as_many_nodes_have_as_must_agree(stage: Stage) -> None:
    head = stage.w3.eth.block_number
    with between(stage, 2, behind, None) as chain:
        assert reader.connect(chain).eth.block_number == head - 3
    with between(stage, 2, behind, None, None) as chain:
        assert reader.connect(chain).eth.block_number == head
    with between(stage, 1, behind, None) as chain:
        assert reader.connect(chain).eth.block_number == head - 3


def test_another_chain_is_refused_wherever_it_stands_in_the_list(stage: Stage) -> None:
    def elsewhere(method: str, result: Any) -> Any:
        return hex(1) if method == "eth_chainId" else result

    for changes in ((elsewhere, None), (None, elsewhere), (None, None, elsewhere)):
        with between(stage, 1, *changes) as chain, pytest.raises(WrongChain, match="chain 1"):
            reader.connect(chain)


def test_node_that_comes_back_as_another_chain_is_refused(stage: Stage, tmp_path: Path) -> None:
    port = ports.free()
    with Process("anvil", chain_node.command(port), tmp_path / "one.log") as node:
        node.wait_for_port(port)
        w3 = Web3(Nodes(31337, (chain_node.url(port),), 1, 5))
        assert w3.eth.block_number == 0
    with pytest.raises(NodeUnreachable), reader.reaching():
        _ = w3.eth.block_number
    with Process(
        "anvil", ["5" if word == "31337" else word for word in chain_node.command(port)], tmp_path / "two.log"
    ) as node:
        poll(lambda: _answers(port), 20)
        with pytest.raises(WrongChain):
            _ = w3.eth.block_number


def _answers(port: int) -> bool:
    try:
        return Web3(Web3.HTTPProvider(chain_node.url(port))).eth.chain_id == 5
    except OSError:
        return False


@pytest.mark.parametrize("name", ["chain", "indexer"])
def test_process_does_not_start_when_its_node_is_of_another_chain(name: str, stage: Stage, tmp_path: Path) -> None:
    chains.deployment_path(5).write_text(chains.deployment_path().read_text().replace("31337", "5"))
    env = {**key_for_chain_role(tmp_path, stage.key._account), "CHAIN_ID": "5"}
    if name == "indexer":
        env = {"CHAIN_ID": "5"}
    process = workers.start(name, env)
    try:
        poll(lambda: not process.is_running, 60, "it runs on")
        assert "is of chain 31337; the settings name chain 5" in process.output()
    finally:
        process.stop()
