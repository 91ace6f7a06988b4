"""One signer in another's place: everything it might do is the other's, and the works in hand go on."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from eth_account import Account

from minting.contract import reader
from minting.contract.artifacts import MARKET
from minting.models import Transaction
from minting.transactions import rotation
from minting.transactions.deployment import CURATOR_ROLE, MINTER_ROLE
from minting.transactions.signer import Signer
from minting.transactions.work import work
from tests.support.chain import rpc
from tests.support.contracts import Stage
from tests.support.wallets import ETHER, give, key_for_chain_role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def new(stage: Stage) -> Signer:
    key = Signer(Account.create())
    give(stage.w3, key.address, 10 * ETHER)
    return key


def roles_of(stage: Stage, address: str) -> list[bool]:
    token, sellers = stage.chain.token, stage.chain.sellers
    found = [reader.has_role(stage.w3, token, role, address) for role in (MINTER_ROLE, CURATOR_ROLE)]
    found += [reader.has_role(stage.w3, one, rotation.PAUSER_ROLE, address) for one in sellers]
    admins = [reader.call(stage.w3, MARKET, one, "defaultAdmin") for one in (token, *sellers)]
    return found + [admin == address.lower() for admin in admins]


def test_every_right_changes_hands_once_and_mints_go_on(stage: Stage, new: Signer) -> None:
    assert all(roles_of(stage, stage.key.address))
    rotation.retire(stage.chain, stage.w3, stage.key, new)
    assert not any(roles_of(stage, stage.key.address))
    assert all(roles_of(stage, new.address))
    done = Transaction.objects.count()
    rotation.retire(stage.chain, stage.w3, stage.key, new)
    assert Transaction.objects.count() == done
    row = work(stage.want_mint(1).pk, stage.chain, stage.w3, [stage.key, new])
    assert (row.status, row.sender) == ("final", new.address)


def test_signer_is_not_retired_while_it_has_something_under_way(stage: Stage, new: Signer) -> None:
    rpc(stage.w3, "evm_setAutomine", False)
    row = stage.work(stage.want_mint(1))
    with pytest.raises(rotation.NotYet, match="1 transactions"):
        rotation.retire(stage.chain, stage.w3, stage.key, new)
    out = StringIO()
    call_command("signers", stdout=out)
    line = next(line for line in out.getvalue().splitlines() if line.startswith(stage.key.address))
    assert line.split()[-2:] == ["1", str(row.nonce)]


def test_rest_is_done_later_where_the_contracts_make_it_wait(
    stage: Stage, new: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "SOON_SECONDS", -3_600)  # as if the delay were long
    with pytest.raises(rotation.NotYet, match="change their admin after"):
        rotation.retire(stage.chain, stage.w3, stage.key, new)
    assert all(roles_of(stage, stage.key.address))
    monkeypatch.undo()
    rotation.retire(stage.chain, stage.w3, stage.key, new)
    assert all(roles_of(stage, new.address))


def test_command_retires_a_configured_signer(
    stage: Stage, new: Signer, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    files = {}
    for name, key in (("new", new), ("old", stage.key)):
        (tmp_path / name).mkdir()
        files[name] = key_for_chain_role(tmp_path / name, key._account)
    settings.ROLE = "chain"
    for variable in ("MINTER_KEYSTORE", "MINTER_PASSWORD_FILE"):
        monkeypatch.setenv(variable, f"{files['new'][variable]},{files['old'][variable]}")
    out = StringIO()
    call_command("signers", "--retire", stage.key.address, stdout=out)
    assert f"{stage.key.address} may do nothing any more; {new.address} may" in out.getvalue()
    assert all(roles_of(stage, new.address))
