"""From the chain to rows: sales, reorganisations, rebuilds and nodes that cannot be trusted (I1 to I6)."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from web3 import Web3

from minting import chains
from minting.contract import calls, reader
from minting.contract.errors import NodeUnreachable
from minting.indexer import walk
from minting.indexer.reorg import HaltedByReorg
from minting.models import Block, Credit, Donation, Log, Payment, Sale, Token, Transfer, Voucher
from minting.transactions.work import work
from minting.units import split_wei
from tests.support.chain import rpc, running_node
from tests.support.contracts import Stage, database_url
from tests.support.processes import Process, poll, python
from tests.support.wallets import ETHER, Wallet

pytestmark = pytest.mark.django_db(transaction=True)
REVERTS = "0x5f5ffd"  # PUSH0 PUSH0 REVERT: an account that refuses money


def facts() -> list[tuple[Any, ...]]:
    """Every projected row without its own number, with its log's place: what a rebuild must give again."""
    found: list[tuple[Any, ...]] = []
    for model in (Log, Token, Transfer, Sale, Payment, Donation, Credit):
        names = [
            name.attname for name in model._meta.concrete_fields if name.attname not in {"id", "log_id", "sale_id"}
        ]
        if model is Log:
            names += ["block__number"]
        else:
            names += ["log__block_id", "log__log_index"]
        found += [(model.__name__, *map(str, row)) for row in model.objects.values_list(*names)]
    return sorted(found)


def test_sale_is_projected_to_the_wei_when_a_collector_buys(stage: Stage) -> None:
    price_wei = ETHER + 7
    before = stage.artist.balance_wei
    receipt = stage.sell(1, price_wei=price_wei)
    walk.catch_up(stage.chain, stage.w3)
    donation, parts = split_wei(price_wei, 1_000, [8_500, 500])
    sale = Sale.objects.get()
    assert sale.price_wei == price_wei
    assert sale.log.transaction_hash == receipt["transactionHash"].to_0x_hex()
    assert (sale.buyer, sale.recipient) == (stage.collector.address, stage.collector.address)
    (signed,) = Voucher.objects.all()
    assert sale.voucher_hash == signed.voucher_hash
    assert int(sale.voucher_hash, 16) == sale.sale_id
    assert (sale.donation.beneficiary, sale.donation.amount_wei) == (stage.charity, donation)
    assert [(row.account, row.amount_wei) for row in sale.payments.order_by("log__log_index")] == [
        (stage.artist.address, parts[0]), (stage.site, parts[1]),
    ]  # fmt: skip
    assert stage.artist.balance_wei - before == parts[0]
    assert stage.w3.eth.get_balance(Web3.to_checksum_address(stage.charity)) == donation
    assert stage.w3.eth.get_balance(Web3.to_checksum_address(stage.site)) == parts[1]
    token = Token.objects.get()
    assert (token.artist, token.owner) == (stage.artist.address, stage.collector.address)
    assert token.metadata_cid == reader.cid_of(bytes.fromhex(stage.payload(1)["uriDigest"][2:]))


def test_credit_is_projected_when_a_payee_refuses_the_money(stage: Stage) -> None:
    rpc(stage.w3, "anvil_setCode", stage.charity, REVERTS)
    stage.sell(1, price_wei=10_000)
    rpc(stage.w3, "anvil_setCode", stage.charity, "0x")
    stage.collector.send({"to": stage.chain.market, "data": calls.withdraw(stage.charity)})
    walk.catch_up(stage.chain, stage.w3)
    rows = [(row.account, row.amount_wei, row.paid_out) for row in Credit.objects.order_by("pk")]
    assert rows == [(stage.charity, 1_000, False), (stage.charity, 1_000, True)]
    assert Donation.objects.get().amount_wei == 1_000


def test_owner_follows_when_a_token_is_handed_on(stage: Stage) -> None:
    stage.sell(1)
    friend = Wallet.new(stage.w3)
    hand_on = calls.encode_call(
        "NinefoldToken", "transferFrom", stage.collector.address, friend.address, stage.token_id(1)
    )
    stage.collector.send({"to": stage.chain.token, "data": hand_on})
    walk.catch_up(stage.chain, stage.w3)
    assert Token.objects.get().owner == friend.address
    assert Transfer.objects.count() == 3
    rpc(stage.w3, "anvil_reorg", 1, [])
    walk.catch_up(stage.chain, stage.w3)
    assert Token.objects.get().owner == stage.collector.address
    assert Transfer.objects.count() == 2


@pytest.mark.parametrize("depth", range(1, 6))
def test_rows_equal_a_rebuild_when_the_chain_reorganises(depth: int, stage: Stage) -> None:
    for number in (1, 2, 3):
        stage.sell(number, price_wei=10_001)
        rpc(stage.w3, "anvil_mine", "0x1")
    walk.catch_up(stage.chain, stage.w3)
    assert Sale.objects.count() == 3
    rpc(stage.w3, "anvil_reorg", depth, [])
    walk.catch_up(stage.chain, stage.w3)
    assert Sale.objects.count() == 3 - depth // 2
    again = stage.sell(4, price_wei=10_002)  # another sale in a block that had one before
    walk.catch_up(stage.chain, stage.w3)
    assert Sale.objects.filter(log__transaction_hash=again["transactionHash"].to_0x_hex()).count() == 1
    followed = facts()
    walk.rebuild(stage.chain, stage.w3)
    assert facts() == followed


def test_mint_is_one_row_when_it_moves_to_another_block(stage: Stage) -> None:
    chain = chains.Chain(**{**vars(stage.chain), "confirmations": 5})
    row = stage.want_mint(1)
    work(row.pk, chain, stage.w3, stage.key)
    walk.catch_up(chain, stage.w3)
    first = Token.objects.get().log.block_id
    rpc(stage.w3, "anvil_reorg", 1, [])
    walk.catch_up(chain, stage.w3)
    assert not Token.objects.exists()
    for _ in range(2):
        work(row.pk, chain, stage.w3, stage.key)
    walk.catch_up(chain, stage.w3)
    assert Token.objects.get().log.block_id != first


def test_nothing_is_deleted_when_the_reorganisation_is_deeper_than_finality(stage: Stage) -> None:
    stage.sell(1)
    rpc(stage.w3, "anvil_mine", hex(stage.chain.finality))
    walk.catch_up(stage.chain, stage.w3)
    before, blocks = facts(), Block.objects.count()
    rpc(stage.w3, "anvil_reorg", stage.chain.finality + 1, [])
    with pytest.raises(HaltedByReorg, match="Nothing was deleted"):
        walk.catch_up(stage.chain, stage.w3)
    assert (facts(), Block.objects.count()) == (before, blocks)


def test_rows_follow_when_the_reorganisation_is_as_deep_as_finality(stage: Stage) -> None:
    rpc(stage.w3, "anvil_mine", "0x2")
    stage.sell(1)
    rpc(stage.w3, "anvil_mine", hex(stage.chain.finality - 1))
    walk.catch_up(stage.chain, stage.w3)
    rpc(stage.w3, "anvil_reorg", stage.chain.finality, [])
    walk.catch_up(stage.chain, stage.w3)
    assert not Sale.objects.exists()


def test_nothing_is_deleted_when_the_node_was_restarted_empty(stage: Stage) -> None:
    stage.sell(1)
    walk.catch_up(stage.chain, stage.w3)
    before = facts()
    with running_node() as (url, _):
        empty = chains.Chain(**{**vars(stage.chain), "rpc_url": url})
        other = reader.connect(empty)
        with pytest.raises(HaltedByReorg):
            walk.step(empty, other)
        rpc(other, "anvil_mine", "0x40")
        with pytest.raises(HaltedByReorg):
            walk.step(empty, other)
    assert facts() == before


def test_nothing_changes_when_the_node_is_merely_behind(stage: Stage) -> None:
    stage.sell(1)
    mark = rpc(stage.w3, "evm_snapshot")
    rpc(stage.w3, "anvil_mine", "0x3")
    walk.catch_up(stage.chain, stage.w3)
    blocks = Block.objects.count()
    rpc(stage.w3, "evm_revert", mark)
    assert walk.step(stage.chain, stage.w3) is False
    assert Block.objects.count() == blocks


def test_old_blocks_without_our_logs_are_forgotten_when_they_are_final(stage: Stage) -> None:
    stage.sell(1)
    rpc(stage.w3, "anvil_mine", hex(200))
    stage.sell(2)
    walk.catch_up(stage.chain, stage.w3)
    assert Sale.objects.count() == 2
    assert Block.objects.count() < stage.chain.finality + 20
    followed = facts()
    walk.rebuild(stage.chain, stage.w3)
    assert facts() == followed


def test_log_is_found_when_the_nodes_filter_leaves_it_out(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.sell(1)
    monkeypatch.setattr(type(stage.w3.eth), "get_logs", lambda *_: [])
    walk.catch_up(stage.chain, stage.w3)
    assert Sale.objects.count() == 1


def test_block_is_all_there_or_not_when_the_indexer_is_killed_in_it(stage: Stage, tmp_path: Path) -> None:
    stage.sell(1)
    env = {
        "RPC_URL": stage.chain.rpc_url,
        "DEPLOYMENTS_DIR": str(chains.deployment_path().parent),
        "DATABASE_URL": database_url(),
    }
    killed = Process(
        "index", python("manage.py", "index", "--once"), tmp_path / "log", {**env, "NINEFOLD_FAILPOINT": "mid_block"}
    )
    poll(lambda: not killed.is_running, 60)
    last = Block.objects.order_by("-number").first()
    assert not Log.objects.exists()
    assert last is None or last.number < stage.w3.eth.block_number
    walk.catch_up(stage.chain, stage.w3)
    assert (Sale.objects.count(), Donation.objects.count(), Payment.objects.count()) == (1, 1, 2)


def test_indexer_goes_on_when_the_node_was_away_and_stops_on_sigterm(stage: Stage, tmp_path: Path) -> None:
    env = {
        "RPC_URL": stage.chain.rpc_url,
        "DEPLOYMENTS_DIR": str(chains.deployment_path().parent),
        "DATABASE_URL": database_url(),
    }
    with Process("index", python("manage.py", "index"), tmp_path / "log", env) as indexer:
        poll(lambda: Block.objects.exists(), 60, "nothing was read")
        stage.sell(1)
        poll(lambda: Sale.objects.exists(), 20, "the sale was not read")
        indexer.stop()
        assert "Traceback" not in indexer.output()
    away = {**env, "RPC_URL": "http://127.0.0.1:1"}
    with Process("index", python("manage.py", "index"), tmp_path / "away", away) as indexer:
        indexer.wait_for_line("did not answer")
        indexer.stop()
        assert "Traceback" not in indexer.output()


def test_two_indexers_write_each_block_once_when_they_run_together(stage: Stage) -> None:
    for number in range(1, 5):
        stage.sell(number)
    errors = []

    def run() -> None:
        try:
            walk.catch_up(stage.chain, reader.connect(stage.chain))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert Sale.objects.count() == 4
    followed = facts()
    walk.rebuild(stage.chain, stage.w3)
    assert facts() == followed


def test_rows_stay_when_the_node_goes_away_during_a_rebuild(stage: Stage) -> None:
    stage.sell(1)
    walk.catch_up(stage.chain, stage.w3)
    before = facts()
    with running_node() as (url, node):
        gone = chains.Chain(**{**vars(stage.chain), "rpc_url": url})
        w3 = reader.connect(gone)
        with pytest.raises(HaltedByReorg):
            walk.rebuild(gone, w3)
        node.kill()
        with pytest.raises(NodeUnreachable):
            walk.rebuild(gone, w3)
    assert facts() == before
