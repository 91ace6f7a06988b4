"""Waiting mints travel together, and what is on its way can be hastened or taken back."""

from typing import Any

import pytest

from minting import api
from minting.contract import reader
from minting.errors import StaleTransition
from minting.models import Transaction
from minting.transactions import outbox, wishes
from minting.transactions.work import work
from tests.support.chain import rpc
from tests.support.contracts import Stage
from tests.support.wallets import Wallet

pytestmark = pytest.mark.django_db(transaction=True)


def nonces_used(stage: Stage) -> int:
    return int(stage.w3.eth.get_transaction_count(stage.key.address))


def fresh(row: Transaction) -> Transaction:
    return Transaction.objects.get(pk=row.pk)


def test_waiting_mints_of_one_artist_go_in_one_transaction(stage: Stage) -> None:
    used, rows = nonces_used(stage), [stage.want_mint(number) for number in range(1, 6)]
    other_royalty = stage.want_mint(6, royalty_bps=100)
    assert stage.work(rows[2]).status == "final"
    assert nonces_used(stage) == used + 1
    assert {fresh(row).status for row in rows} == {"final"}
    assert {fresh(row).batch.purpose for row in rows} == {"mint_batch"}
    assert fresh(other_royalty).status == "wanted"
    assert all(reader.token_exists(stage.w3, stage.chain.token, stage.token_id(number)) for number in range(1, 6))
    assert stage.work(rows[0]).status == "final"
    assert nonces_used(stage) == used + 1


def test_batch_is_as_large_as_the_settings_allow(stage: Stage, settings: Any) -> None:
    settings.MINT_BATCH_MAX = 2
    rows = [stage.want_mint(number) for number in range(1, 4)]
    stage.work(rows[0])
    assert [fresh(row).status for row in rows] == ["final", "final", "wanted"]


def test_members_go_alone_when_the_contract_would_refuse_one_of_them(stage: Stage) -> None:
    assert stage.work(stage.want_mint(1)).status == "final"
    Transaction.objects.filter(purpose="mint").delete()
    rows = [stage.want_mint(number) for number in (1, 2, 3)]
    stage.work(rows[0])
    assert [(fresh(row).status, fresh(row).error_code) for row in rows] == [("wanted", "batch_refused")] * 3
    done = [stage.work(row) for row in rows]
    assert [row.status for row in done] == ["reverted", "final", "final"]
    assert done[0].error_code == "AlreadyMinted"


def test_members_go_alone_when_the_batch_reverts_in_its_block(stage: Stage) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    rival = stage.work(stage.want_mint(1))
    twin = outbox.want("twin", "mint", rival.to, rival.data, chain_id=rival.chain_id)
    second = stage.want_mint(2)
    assert stage.work(twin).status == "batched"
    rpc(stage.w3, "evm_mine")
    assert stage.work(rival).status == "final"
    batch = fresh(twin).batch
    assert stage.work(batch).status == "reverted"
    rpc(stage.w3, "evm_setAutomine", True)
    assert stage.work(fresh(twin)).status == "reverted"
    assert stage.work(fresh(second)).status == "final"


def test_batch_that_somebody_else_fulfilled_ends_replaced_with_its_members(stage: Stage) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    rows = [stage.want_mint(1), stage.want_mint(2)]
    stage.work(rows[0])
    batch = fresh(rows[0]).batch
    rpc(stage.w3, "anvil_dropTransaction", batch.hash)
    rpc(stage.w3, "evm_setAutomine", True)
    Wallet(stage.w3, stage.key._account).send({"to": batch.to, "data": batch.data + "00"})
    assert stage.work(batch).status == "replaced"
    assert {fresh(row).status for row in rows} == {"replaced"}


def test_wish_that_waits_is_cancelled_at_once_and_can_be_wished_again(stage: Stage) -> None:
    used, row = nonces_used(stage), stage.want_mint(1)
    assert api.cancel(row).status == "cancelled"
    assert stage.work(row).status == "cancelled"
    assert nonces_used(stage) == used
    with pytest.raises(StaleTransition):
        api.cancel(fresh(row))
    assert stage.work(outbox.wish_again(fresh(row))).status == "final"


def test_wish_on_its_way_is_cancelled_by_an_empty_transaction_of_its_nonce(stage: Stage) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    row = stage.work(stage.want_mint(1))
    assert api.cancel(row).status == "broadcast"
    replaced = stage.work(row)
    assert (replaced.status, replaced.nonce, replaced.cancels) == ("broadcast", row.nonce, True)
    sent = stage.w3.eth.get_transaction(replaced.hash)
    assert (sent["to"], sent["value"], bytes(sent["input"])) == (stage.key.address, 0, b"")
    rpc(stage.w3, "evm_mine")
    assert stage.work(replaced).status == "cancelled"
    assert not reader.token_exists(stage.w3, stage.chain.token, stage.token_id(1))
    rpc(stage.w3, "evm_setAutomine", True)
    again = stage.work(outbox.wish_again(fresh(row)))
    assert (again.status, again.nonce, again.cancels) == ("final", row.nonce + 1, False)


def test_wish_is_final_when_its_block_came_before_the_cancel(stage: Stage) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    row = stage.work(stage.want_mint(1))
    first = fresh(row)
    api.cancel(row)
    second = stage.work(row)
    rpc(stage.w3, "anvil_dropTransaction", second.hash)
    stage.w3.eth.send_raw_transaction(bytes(first.signed_bytes))
    rpc(stage.w3, "evm_mine")
    done = stage.work(second)
    assert (done.status, done.hash, done.cancels) == ("final", first.hash, False)
    assert reader.token_exists(stage.w3, stage.chain.token, stage.token_id(1))


def test_hastened_transaction_is_signed_again_once_at_higher_fees(stage: Stage) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    row = stage.work(stage.want_mint(1))
    api.speed_up(row)
    dearer = stage.work(row)
    assert (dearer.status, dearer.nonce, dearer.hurry_asked_at) == ("broadcast", row.nonce, None)
    assert dearer.max_fee_per_gas_wei * 8 >= row.max_fee_per_gas_wei * 9
    assert stage.work(dearer).hash == dearer.hash
    rpc(stage.w3, "evm_mine")
    done = stage.work(dearer)
    assert done.status == "final"
    with pytest.raises(StaleTransition):
        api.speed_up(done)


def test_batch_is_hastened_and_cancelled_with_its_members(stage: Stage) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    rows = [stage.want_mint(1), stage.want_mint(2)]
    stage.work(rows[0])
    member = fresh(rows[1])
    assert api.speed_up(member).pk == member.batch_id
    with pytest.raises(StaleTransition):
        api.cancel(member)
    api.cancel(member.batch)
    stage.work(member.batch)
    rpc(stage.w3, "evm_mine")
    assert stage.work(member.batch).status == "cancelled"
    assert {fresh(row).status for row in rows} == {"cancelled"}
    rpc(stage.w3, "evm_setAutomine", True)
    assert work(outbox.wish_again(fresh(rows[0])).pk, stage.chain, stage.w3, stage.key).status == "final"


def test_admission_is_not_held_up_by_mints_that_wait(stage: Stage) -> None:
    stranger = Wallet.new(stage.w3)
    mint = wishes.want_mint((int(stranger.address, 16) << 96) | 1, b"\1" * 32, stranger.address, 0, stage.chain)
    admit = wishes.want_admit(stranger.address, stage.chain)
    assert stage.work(admit).status == "final"
    assert stage.work(mint).status == "final"
