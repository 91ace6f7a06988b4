"""The contracts come to the chain once, whatever is killed on the way."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from minting import chains
from minting.contract import reader
from minting.contract.artifacts import MARKET
from minting.models import Transaction
from minting.transactions import deployment
from tests.support.chain import rpc
from tests.support.contracts import CONTRACT_DIGEST, Stage, database_url
from tests.support.processes import Process, poll, python
from tests.support.wallets import Wallet, key_for_chain_role

pytestmark = pytest.mark.django_db(transaction=True)


def test_deploy_gives_the_same_contracts_when_run_twice(fresh_stage: Stage) -> None:
    before = chains.deployment_path().read_text()
    again = deployment.deploy(chains.network(), fresh_stage.w3, fresh_stage.key, CONTRACT_DIGEST)
    assert again == fresh_stage.chain == chains.configured()
    assert chains.deployment_path().read_text() == before
    assert Transaction.objects.filter(purpose="deploy").count() == 5
    for role, account in (
        *((deployment.MARKET_ROLE, seller) for seller in fresh_stage.chain.sellers),
        (deployment.MINTER_ROLE, fresh_stage.key.address),
        (deployment.CURATOR_ROLE, fresh_stage.key.address),
    ):
        assert reader.has_role(fresh_stage.w3, fresh_stage.chain.token, role, account)
    assert not reader.has_role(
        fresh_stage.w3, fresh_stage.chain.token, deployment.MARKET_ROLE, fresh_stage.key.address
    )
    pauser = reader.call(fresh_stage.w3, MARKET, fresh_stage.chain.market, "PAUSER_ROLE")
    for seller in fresh_stage.chain.sellers:
        assert reader.call(fresh_stage.w3, MARKET, seller, "hasRole", pauser, fresh_stage.key.address)


def test_deploy_adds_auctions_and_offers_when_an_earlier_release_had_none(fresh_stage: Stage) -> None:
    path = chains.deployment_path()
    known = json.loads(path.read_text())
    del known["auctions"], known["offers"]
    path.write_text(json.dumps(known))
    Transaction.objects.filter(key__regex="deploy:.*:(auctions|offers)").delete()
    again = deployment.deploy(chains.network(), fresh_stage.w3, fresh_stage.key, CONTRACT_DIGEST, patience_seconds=30)
    assert (again.token, again.market) == (fresh_stage.chain.token, fresh_stage.chain.market)
    assert again.auctions
    assert again.auctions != fresh_stage.chain.auctions
    assert again == chains.configured()
    for seller in again.sellers:
        assert reader.has_role(fresh_stage.w3, again.token, deployment.MARKET_ROLE, seller)


def test_deploy_refuses_when_the_chain_was_started_afresh(fresh_stage: Stage) -> None:
    rpc(fresh_stage.w3, "anvil_reset")
    chains.deployment_path().unlink()
    with pytest.raises(deployment.DeploymentFailed, match="started afresh"):
        deployment.deploy(chains.network(), fresh_stage.w3, fresh_stage.key, CONTRACT_DIGEST)
    assert not chains.deployment_path().exists()


def test_deploy_command_refuses_when_it_is_not_the_chain_role() -> None:
    with pytest.raises(CommandError, match="does not hold the minter's key"):
        call_command("deploy_contracts")


@pytest.mark.parametrize("point", ["after_sign", "after_broadcast", "after_mined"])
def test_deploy_command_ends_with_one_deployment_when_killed_and_run_again(
    point: str, own_chain_url: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RPC_URL = own_chain_url
    w3 = reader.connect(chains.network())
    minter = Wallet.new(w3)
    places = {"DEPLOYMENTS_DIR": str(tmp_path / "deployments"), "CONTENT_STORE_DIR": str(tmp_path / "store")}
    role = key_for_chain_role(tmp_path, minter.account)
    env = {**places, **role, "RPC_URL": own_chain_url, "DATABASE_URL": database_url(), "NINEFOLD_FAILPOINT": point}
    killed = Process("deploy", python("manage.py", "deploy_contracts"), tmp_path / "log", env)
    poll(lambda: not killed.is_running, 60, "the command was not killed")
    assert not (tmp_path / "deployments" / "31337.json").exists(), killed.output()
    settings.ROLE = "chain"
    for name, value in places.items():
        setattr(settings, name, Path(value))
    for name, value in role.items():
        monkeypatch.setenv(name, value)
    out = StringIO()
    call_command("deploy_contracts", stdout=out)
    found = json.loads((tmp_path / "deployments" / "31337.json").read_text())
    assert found["chainId"] == 31337
    assert Transaction.objects.filter(purpose="deploy", status="final").count() == 5
    assert w3.eth.get_transaction_count(minter.account.address) == 10
    assert Transaction.objects.filter(status="final").count() == 10
    assert found["market"] in out.getvalue()
    assert minter.account.key.hex() not in out.getvalue() + killed.output()
