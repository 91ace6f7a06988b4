"""Several signers, a signer elsewhere, and what they hold: each nonce is signed for by the one who has it."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from eth_account import Account

from config.embedded import ports
from minting.contract import reader
from minting.models import Minter, Transaction
from minting.transactions import deployment, outbox, signer, watch, wishes
from minting.transactions.remote_signer import RemoteSigner, SignerDeviates, SignerUnreachable
from minting.transactions.signer import Signer
from minting.transactions.work import work
from minting.units import parse_ether
from tests.support.chain import rpc
from tests.support.contracts import CONTRACT_DIGEST, Stage
from tests.support.processes import Process, python
from tests.support.wallets import ETHER, give

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def signing(folder: Path, *keys: str, deviation: str = "") -> Iterator[str]:
    """The address of a signer process that holds `keys`."""
    port = ports.free()
    command = python("-m", "tests.support.signer_server", str(port), "31337", deviation)
    with Process("signer", command, folder / f"signer-{port}.log", said="\n".join(keys)) as process:
        process.wait_for_port(port)
        yield f"http://127.0.0.1:{port}"


def admitted(stage: Stage, *others: str) -> None:
    """The roles for further signers, as the command gives them, and money."""
    for other in others:
        give(stage.w3, other, ETHER)
    deployment.deploy(stage.chain, stage.w3, stage.key, CONTRACT_DIGEST, others=others, patience_seconds=30)


def test_signer_elsewhere_mints_when_it_holds_the_key(stage: Stage, tmp_path: Path) -> None:
    account = Account.create()
    admitted(stage, account.address)
    with signing(tmp_path, account.key.hex()) as url:
        row = work(stage.want_mint(1).pk, stage.chain, stage.w3, RemoteSigner(url, account.address))
    assert (row.status, row.sender, row.nonce) == ("final", account.address, 0)
    assert reader.token_exists(stage.w3, stage.chain.token, stage.token_id(1))


def test_another_implementation_of_the_signers_door_signs_the_same_way(stage: Stage) -> None:
    unlocked = rpc(stage.w3, "eth_accounts")[0]
    admitted(stage, stage.w3.to_checksum_address(unlocked))
    key = RemoteSigner(stage.chain.rpc_url, stage.w3.to_checksum_address(unlocked))
    row = work(stage.want_mint(1).pk, stage.chain, stage.w3, key)
    assert (row.status, row.sender.lower()) == ("final", unlocked.lower())


@pytest.mark.parametrize("deviation", ["key", "nonce", "to", "data"])
def test_what_a_signer_signs_otherwise_is_not_used(deviation: str, tmp_path: Path) -> None:
    account = Account.create()
    fields = {
        "type": 2, "chainId": 31337, "nonce": 3, "gas": 50_000, "value": 0, "data": "0x6001", "maxFeePerGas": 9,
        "maxPriorityFeePerGas": 2, "to": Account.create().address,
    }  # fmt: skip
    if deviation == "to":
        with signing(tmp_path, account.key.hex()) as url, pytest.raises(SignerDeviates):
            _Redirecting(url, account.address).sign(fields)
        return
    with signing(tmp_path, account.key.hex(), deviation=deviation) as url, pytest.raises(SignerDeviates):
        RemoteSigner(url, account.address).sign(fields)


class _Redirecting(RemoteSigner):
    """Asks for a payment to somebody else, as a man in the middle would."""

    def _ask(self, method: str, parameters: list[Any]) -> Any:
        return super()._ask(method, [{**parameters[0], "to": Account.create().address}])


def test_no_nonce_is_lost_when_the_signer_elsewhere_is_away_or_refuses(stage: Stage, tmp_path: Path) -> None:
    account = Account.create()
    admitted(stage, account.address)
    row = stage.want_mint(1)
    gone = work(row.pk, stage.chain, stage.w3, RemoteSigner("http://127.0.0.1:1", account.address))
    assert (gone.status, gone.nonce, gone.error_code) == ("wanted", None, "signer_unreachable")
    with (
        signing(tmp_path, Account.create().key.hex()) as url,
        pytest.raises(SignerUnreachable, match="not available"),
    ):
        RemoteSigner(url, account.address).sign({"type": 2, "to": account.address, "nonce": 0})
    with signing(tmp_path, account.key.hex()) as url:
        done = work(row.pk, stage.chain, stage.w3, RemoteSigner(url, account.address))
    assert (done.status, done.nonce) == ("final", 0)


def test_several_signers_share_the_work_each_with_nonces_of_its_own(stage: Stage, settings: Any) -> None:
    settings.MINT_BATCH_MAX = 1
    second, third = Signer(Account.create()), Signer(Account.create())
    admitted(stage, second.address, third.address)
    rpc(stage.w3, "evm_setAutomine", False)
    keys = [stage.key, second, third]
    before = {key.address: stage.w3.eth.get_transaction_count(key.address) for key in keys}
    rows = [stage.want_mint(number) for number in range(1, 10)]
    for row in rows:
        work(row.pk, stage.chain, stage.w3, keys)
    rpc(stage.w3, "evm_mine")
    done = [work(row.pk, stage.chain, stage.w3, keys) for row in rows]
    assert {row.status for row in done} == {"final"}
    assert Counter(row.sender for row in done) == {key.address: 3 for key in keys}
    for key in keys:
        assert stage.w3.eth.get_transaction_count(key.address) == before[key.address] + 3


def test_another_signer_signs_when_the_first_has_no_money_or_no_role(stage: Stage) -> None:
    poor, stranger, rich = (Signer(Account.create()) for _ in range(3))
    admitted(stage, poor.address, rich.address)
    give(stage.w3, poor.address, 0)
    give(stage.w3, stranger.address, ETHER)
    row = work(stage.want_mint(1).pk, stage.chain, stage.w3, [poor, stranger, rich])
    assert (row.status, row.sender) == ("final", rich.address)
    row = work(stage.want_mint(2).pk, stage.chain, stage.w3, stranger)
    assert (row.status, row.error_code) == ("wanted", "signer_has_no_role")


def test_only_the_signer_that_has_the_nonce_signs_again(stage: Stage) -> None:
    other = Signer(Account.create())
    admitted(stage, other.address)
    rpc(stage.w3, "evm_setAutomine", False)
    row = stage.work(stage.want_mint(1))
    outbox.hurry(row)
    waits = work(row.pk, stage.chain, stage.w3, other)
    assert (waits.status, waits.error_code, waits.hash) == ("broadcast", "signer_gone", row.hash)
    dearer = work(row.pk, stage.chain, stage.w3, [other, stage.key])
    assert (dearer.status, dearer.sender, dearer.nonce) == ("broadcast", stage.key.address, row.nonce)
    assert dearer.hash != row.hash


def test_a_signer_keeps_no_more_under_way_than_it_may(stage: Stage, settings: Any) -> None:
    settings.SIGNER_IN_FLIGHT_MAX, settings.MINT_BATCH_MAX = 2, 1
    rpc(stage.w3, "evm_setAutomine", False)
    rows = [stage.work(stage.want_mint(number)) for number in (1, 2, 3)]
    assert [row.status for row in rows] == ["broadcast", "broadcast", "wanted"]
    assert rows[2].error_code == "signers_busy"
    rpc(stage.w3, "evm_mine")
    stage.work(rows[0])
    assert stage.work(rows[2]).status == "broadcast"


def test_no_more_is_signed_in_a_minute_than_is_allowed(stage: Stage, settings: Any) -> None:
    Transaction.objects.update(signed_at=timezone.now() - timedelta(minutes=2))
    settings.TRANSACTIONS_PER_MINUTE = 1
    assert stage.work(stage.want_mint(1)).status == "final"
    second = stage.work(stage.want_mint(2))
    assert (second.status, second.error_code, second.nonce) == ("wanted", "rate_limited", None)
    Transaction.objects.update(signed_at=timezone.now() - timedelta(seconds=61))
    assert stage.work(second).status == "final"


def test_state_of_the_signers_is_named_as_their_balances_change(stage: Stage, settings: Any) -> None:
    Minter.objects.all().delete()
    assert watch.state(31337)[0] == "unseen"
    assert watch.is_due(31337)
    watch.look_at_all(stage.chain, [stage.key], stage.w3)
    assert not watch.is_due(31337)
    assert watch.state(31337)[0] == "funded"
    give(stage.w3, stage.key.address, parse_ether(settings.MINTER_LOW_ETHER) - 1)
    watch.look_at_all(stage.chain, [stage.key], stage.w3)
    state, says = watch.state(31337)
    assert state == "low"
    assert stage.key.address in says
    give(stage.w3, stage.key.address, 10**9)
    assert stage.work(stage.want_mint(1)).error_code == "signer_has_no_money"
    assert watch.state(31337)[0] == "empty"
    Minter.objects.update(seen_at=timezone.now() - timedelta(seconds=watch.FRESH_SECONDS + 1))
    assert watch.state(31337)[0] == "unseen"


def test_every_configured_signer_is_named_and_nonsense_is_refused(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.ROLE = "chain"
    accounts, elsewhere = [Account.create(), Account.create()], Account.create().address
    for number, account in enumerate(accounts):
        keystore = Account.encrypt(account.key, f"word {number}", kdf="pbkdf2", iterations=1_000)
        (tmp_path / f"{number}.json").write_text(json.dumps(keystore))
        (tmp_path / f"{number}.word").write_text(f"word {number}\n")
    monkeypatch.setenv("MINTER_KEYSTORE", f"{tmp_path}/0.json, {tmp_path}/1.json")
    monkeypatch.setenv("MINTER_PASSWORD_FILE", f"{tmp_path}/0.word,{tmp_path}/1.word")
    assert [one.address for one in signer.unlock()] == [account.address for account in accounts]
    monkeypatch.setenv("MINTER_SIGNER_URL", "http://127.0.0.1:9000")
    with pytest.raises(signer.SignerNotHere, match="together"):
        signer.unlock()
    monkeypatch.setenv("MINTER_SIGNER_ADDRESSES", elsewhere.lower())
    assert [one.address for one in signer.unlock()] == [*(account.address for account in accounts), elsewhere]
    monkeypatch.setenv("MINTER_PASSWORD_FILE", f"{tmp_path}/0.word")
    with pytest.raises(signer.SignerNotHere, match="2 files"):
        signer.unlock()


def test_role_is_taken_from_a_signer_that_goes(stage: Stage) -> None:
    old = Signer(Account.create())
    admitted(stage, old.address)
    row = stage.work(wishes.want_no_role(stage.chain, deployment.MINTER_ROLE, old.address, 1))
    assert row.status == "final"
    assert not reader.has_role(stage.w3, stage.chain.token, deployment.MINTER_ROLE, old.address)
