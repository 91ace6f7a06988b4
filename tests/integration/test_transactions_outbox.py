"""A wish goes to the chain once: faults T1 to T12 with a real node, a real database and real deaths."""

import pickle
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from eth_account import Account

from minting import chains
from minting.contract import reader
from minting.errors import StaleTransition
from minting.models import Transaction
from minting.transactions import nonces, outbox, signer, wishes
from minting.transactions.work import STUCK_SECONDS, work
from tests.support.chain import rpc
from tests.support.contracts import Stage, database_url
from tests.support.processes import Process, poll, python
from tests.support.wallets import ETHER, Wallet, give, key_for_chain_role

pytestmark = pytest.mark.django_db(transaction=True)


def nonces_used(stage: Stage) -> int:
    return int(stage.w3.eth.get_transaction_count(stage.key.address))


def long_ago(row: Transaction) -> None:
    before = timezone.now() - timedelta(seconds=STUCK_SECONDS + 1)
    Transaction.objects.filter(pk=row.pk).update(broadcast_at=before)


def test_wish_ends_final_with_one_token_when_it_is_wished_twice(stage: Stage) -> None:
    first, second = stage.want_mint(1), stage.want_mint(1)
    assert first.pk == second.pk
    row = stage.work(first)
    used = nonces_used(stage)
    assert row.status == "final"
    assert reader.token_exists(stage.w3, stage.chain.token, stage.token_id(1))
    assert stage.work(stage.want_mint(1)).hash == row.hash
    assert nonces_used(stage) == used


def test_row_is_signed_once_when_two_workers_race(stage: Stage) -> None:
    used, row = nonces_used(stage), stage.want_mint(1)
    barrier, errors = threading.Barrier(4), []

    def run() -> None:
        try:
            barrier.wait()
            work(row.pk, stage.chain, reader.connect(stage.chain), stage.key)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert stage.work(row).status == "final"
    assert nonces_used(stage) == used + 1


def test_every_row_has_its_own_nonce_when_two_workers_take_different_rows(stage: Stage, settings: Any) -> None:
    settings.MINT_BATCH_MAX = 1
    used = nonces_used(stage)
    rows = [stage.want_mint(number) for number in range(1, 9)]
    errors = []

    def run(mine: list[Transaction]) -> None:
        try:
            for row in mine:
                work(row.pk, stage.chain, reader.connect(stage.chain), stage.key)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(rows[start::2],)) for start in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    for row in rows:
        poll(lambda row=row: work(row.pk, stage.chain, stage.w3, stage.key).status == "final")  # type: ignore[misc]
    assert nonces_used(stage) == used + 8


def test_second_worker_waits_when_a_nonce_is_being_given_out() -> None:
    refused: list[str] = []

    def second() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '100ms'")
                nonces.take(31337, "0xA", 4)
        except OperationalError as error:
            refused.append(str(error))
        finally:
            connection.close()

    with transaction.atomic():
        assert nonces.take(31337, "0xA", 4) == 4
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(20)
    assert "lock timeout" in refused[0]


@pytest.mark.parametrize("point", ["before_sign", "after_sign", "before_broadcast", "after_broadcast", "after_mined"])
def test_one_token_is_minted_when_the_worker_is_killed(point: str, stage: Stage, tmp_path: Path) -> None:
    row = stage.want_mint(1)
    script = (
        f"import django; django.setup(); from minting.transactions.work import work; print(work({row.pk}).status)"
    )
    env = {
        **key_for_chain_role(tmp_path, stage.key._account), "RPC_URL": stage.chain.rpc_url,
        "DATABASE_URL": database_url(), "NINEFOLD_FAILPOINT": point,
    }  # fmt: skip
    used = nonces_used(stage)
    killed = Process("worker", python("-c", script), tmp_path / "log", env)
    poll(lambda: not killed.is_running, 60, "the worker was not killed")
    left = Transaction.objects.get(pk=row.pk)
    assert left.status == {"before_sign": "wanted", "after_mined": "broadcast"}.get(point, "signed"), killed.output()
    done = stage.work(row)
    assert done.status == "final"
    assert left.hash in {"", done.hash}, "other bytes were sent than those that were signed"
    assert nonces_used(stage) == used + 1
    assert reader.token_exists(stage.w3, stage.chain.token, stage.token_id(1))


def test_same_hash_is_adopted_when_the_nodes_answer_was_lost(stage: Stage) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    row = stage.work(stage.want_mint(1))
    Transaction.objects.filter(pk=row.pk).update(status="signed", broadcast_at=None)
    again = stage.work(Transaction.objects.get(pk=row.pk))
    assert (again.status, again.hash, again.error_code) == ("broadcast", row.hash, "")
    rpc(stage.w3, "evm_mine")
    Transaction.objects.filter(pk=row.pk).update(status="signed", broadcast_at=None)
    assert stage.work(Transaction.objects.get(pk=row.pk)).status == "final"


def test_both_fees_rise_on_the_same_nonce_when_the_base_fee_jumps(stage: Stage) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    row = stage.work(stage.want_mint(1))
    assert row.status == "broadcast"
    rpc(stage.w3, "anvil_setNextBlockBaseFeePerGas", hex(20 * 10**9))
    rpc(stage.w3, "evm_mine")
    long_ago(row)
    dearer = stage.work(row)
    assert dearer.status == "broadcast"
    assert dearer.nonce == row.nonce
    assert dearer.hash != row.hash
    assert dearer.max_fee_per_gas_wei * 8 >= row.max_fee_per_gas_wei * 9
    assert dearer.max_priority_fee_per_gas_wei * 8 >= row.max_priority_fee_per_gas_wei * 9
    assert [form.hash for form in outbox.forms(dearer)] == [row.hash]
    rpc(stage.w3, "evm_mine")
    assert stage.work(dearer).status == "final"


def test_transaction_waits_when_higher_fees_would_pass_the_cap(stage: Stage) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    row = stage.work(stage.want_mint(1))
    rpc(stage.w3, "anvil_setNextBlockBaseFeePerGas", hex(250 * 10**9))
    rpc(stage.w3, "evm_mine")
    long_ago(row)
    waiting = stage.work(row)
    assert (waiting.status, waiting.error_code, waiting.hash) == ("broadcast", "fee_above_cap", row.hash)
    fresh = stage.work(stage.want_mint(2))
    assert (fresh.status, fresh.error_code, fresh.nonce) == ("wanted", "fee_above_cap", None)


def test_earlier_form_is_adopted_when_it_is_mined_after_all(stage: Stage) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    row = stage.work(stage.want_mint(1))
    first = Transaction.objects.get(pk=row.pk)
    long_ago(row)
    second = stage.work(row)
    assert second.hash != first.hash
    rpc(stage.w3, "anvil_dropTransaction", second.hash)
    stage.w3.eth.send_raw_transaction(bytes(first.signed_bytes))
    rpc(stage.w3, "evm_mine")
    final = stage.work(second)
    assert (final.status, final.hash, bytes(final.signed_bytes)) == ("final", first.hash, bytes(first.signed_bytes))
    assert [form.hash for form in outbox.forms(final)] == [second.hash]


def test_same_bytes_are_sent_again_when_the_mempool_forgets(stage: Stage) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    row = stage.work(stage.want_mint(1))
    rpc(stage.w3, "anvil_dropTransaction", row.hash)
    again = stage.work(row)
    rpc(stage.w3, "evm_mine")
    assert stage.work(again).status == "final"
    assert again.hash == row.hash


def test_new_nonce_is_taken_when_someone_else_used_it(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    row = stage.work(stage.want_mint(1))
    stolen = row.nonce
    rpc(stage.w3, "anvil_dropTransaction", row.hash)
    rpc(stage.w3, "evm_setAutomine", True)
    thief = Wallet(stage.w3, stage.key._account)
    thief.send({"to": stage.charity, "data": "0x", "value": 1})
    final = stage.work(row)
    assert final.status == "final"
    assert final.nonce == stolen + 1
    assert "not ours" in caplog.text
    assert reader.token_exists(stage.w3, stage.chain.token, stage.token_id(1))


@pytest.mark.parametrize("cancelling", [False, True])
def test_wish_ends_replaced_when_someone_else_fulfilled_it(stage: Stage, cancelling: bool) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    row = stage.work(stage.want_mint(1))
    if cancelling:
        row = outbox.cancel(row)  # too late: the token is there, and its row has to say so
    rpc(stage.w3, "anvil_dropTransaction", row.hash)
    rpc(stage.w3, "evm_setAutomine", True)
    Wallet(stage.w3, stage.key._account).send({"to": row.to, "data": row.data + "00"})
    done = stage.work(row)
    assert (done.status, done.error_code) == ("replaced", "done_elsewhere")


def test_no_nonce_is_burned_when_the_signer_has_no_money(stage: Stage) -> None:
    used = nonces_used(stage)
    for wei in (0, 10**9):
        give(stage.w3, stage.key.address, wei)
        row = stage.work(stage.want_mint(1))
        assert (row.status, row.nonce, row.error_code) == ("wanted", None, "signer_has_no_money")
        assert row.due_at > timezone.now()
        assert row.pk not in outbox.due()
    give(stage.w3, stage.key.address, ETHER)
    row = stage.work(row)
    assert (row.status, row.nonce, row.error_code) == ("final", used, "")


def test_row_is_reverted_with_the_reason_when_the_node_foretells_it(stage: Stage) -> None:
    used = nonces_used(stage)
    stranger = Account.create().address
    row = stage.work(wishes.want_mint((int(stranger, 16) << 96) | 1, b"\1" * 32, stranger, 0, stage.chain))
    assert (row.status, row.error_code, row.nonce) == ("reverted", "ArtistNotAdmitted", None)
    assert f"{stranger} is not admitted" in row.error_text
    assert nonces_used(stage) == used
    assert stage.work(wishes.want_admit(stranger, stage.chain)).status == "final"
    assert stage.work(outbox.wish_again(row)).status == "final"


def test_row_waits_when_what_it_needs_was_wished_before_it(stage: Stage) -> None:
    stranger = Account.create().address
    admit = wishes.want_admit(stranger, stage.chain)
    row = stage.work(wishes.want_mint((int(stranger, 16) << 96) | 1, b"\1" * 32, stranger, 0, stage.chain))
    assert (row.status, row.error_code) == ("wanted", "contract_refused")
    assert stage.work(admit).status == "final"
    assert stage.work(row).status == "final"


def test_row_is_reverted_with_the_reason_when_it_reverts_in_its_block(stage: Stage) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    first = stage.work(stage.want_mint(1))
    twin = outbox.want("twin", "mint", first.to, first.data, chain_id=first.chain_id)
    twin = stage.work(twin)
    assert twin.status == "broadcast"
    rpc(stage.w3, "evm_mine")
    assert stage.work(first).status == "final"
    twin = stage.work(twin)
    assert twin.status == "reverted"
    assert "already" in twin.error_text


def test_nothing_is_signed_when_the_chain_is_another(stage: Stage, settings: Any) -> None:
    settings.CHAIN_ID = 31338
    row = outbox.want("elsewhere", "mint", stage.chain.token, stage.want_mint(1).data, chain_id=31338)
    row = work(row.pk, key=stage.key)
    assert (row.status, row.error_code, row.nonce) == ("wanted", "wrong_chain", None)
    settings.CHAIN_ID = 31337
    row = work(row.pk, key=stage.key)
    assert (row.status, row.error_code, row.nonce) == ("wanted", "wrong_chain", None)


def test_row_waits_when_the_node_is_away(stage: Stage, settings: Any) -> None:
    row = stage.want_mint(1)
    settings.RPC_URL = "http://127.0.0.1:1"
    row = work(row.pk, key=stage.key)
    assert (row.status, row.error_code) == ("wanted", "node_unreachable")


def test_row_is_sent_again_when_a_reorganisation_takes_its_block(stage: Stage) -> None:
    chain = chains.Chain(**{**vars(stage.chain), "confirmations": 3})
    row = work(stage.want_mint(1).pk, chain, stage.w3, stage.key)
    assert row.status == "mined"
    rpc(stage.w3, "anvil_reorg", 1, [])
    for _ in range(2):
        row = work(row.pk, chain, stage.w3, stage.key)
    assert row.status == "mined"
    assert reader.token_exists(stage.w3, chain.token, stage.token_id(1))
    rpc(stage.w3, "anvil_mine", "0x3")
    assert work(row.pk, chain, stage.w3, stage.key).status == "final"


def test_edge_refuses_when_the_row_has_moved_on(stage: Stage) -> None:
    old = stage.want_mint(1)
    stage.work(stage.want_mint(1))
    with pytest.raises(StaleTransition):
        outbox.reverted(old, "too late")
    with pytest.raises(StaleTransition):
        outbox.broadcast(old)


def test_due_names_a_row_once_when_it_was_nudged_already(stage: Stage) -> None:
    row = stage.want_mint(1)
    assert outbox.due() == [row.pk]
    assert outbox.due() == []
    Transaction.objects.filter(pk=row.pk).update(nudged_at=timezone.now() - timedelta(seconds=31))
    assert outbox.due() == [row.pk]


def test_signer_refuses_when_the_process_is_not_the_chain_role(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MINTER_KEYSTORE", str(tmp_path / "key"))
    monkeypatch.setenv("MINTER_PASSWORD_FILE", str(tmp_path / "password"))
    with pytest.raises(signer.SignerNotHere, match="shell process"):
        signer.unlock()
    settings.ROLE = "chain"
    with pytest.raises(signer.SignerNotHere, match="is not there"):
        signer.unlock()


def test_signer_opens_the_keystore_when_it_is_the_chain_role(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keystore, password = tmp_path / "minter.json", tmp_path / "password"
    address = signer.create_keystore(keystore, "right")
    assert keystore.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        signer.create_keystore(keystore, "right")
    settings.ROLE = "chain"
    monkeypatch.setenv("MINTER_KEYSTORE", str(keystore))
    monkeypatch.setenv("MINTER_PASSWORD_FILE", str(password))
    password.write_text("wrong")
    with pytest.raises(signer.SignerNotHere, match="does not open"):
        signer.unlock()
    password.write_text("right\n")
    assert signer.unlock()[0].address == signer.address_in(keystore) == address


def test_signer_hides_its_key_when_it_is_printed() -> None:
    account = Account.create()
    key = signer.Signer(account)
    assert account.key.hex() not in f"{key!r} {key!s} {key.__class__.__dict__}"
    with pytest.raises(TypeError):
        pickle.dumps(key)
