"""The contracts on a chain of the test's own, with a minter, an artist, a collector and a charity."""

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.types import TxReceipt

from minting import chains
from minting.chains import Chain
from minting.contract import calls, reader, vouchers
from minting.models import Transaction, Voucher
from minting.transactions import deployment, wishes
from minting.transactions.signer import Signer
from minting.transactions.work import work
from minting.units import token_id
from tests.support.chain import rpc
from tests.support.wallets import ETHER, Wallet, give

CONTRACT_DIGEST = hashlib.sha256(b"the contract's own description").digest()


@dataclass
class Stage:
    """Everything that a sale needs; `artist` is admitted."""

    chain: Chain
    w3: Web3
    key: Signer
    artist: Wallet
    collector: Wallet
    charity: str
    site: str

    def work(self, row: Transaction) -> Transaction:
        """One visit of the chain worker to `row`."""
        return work(row.pk, self.chain, self.w3, self.key)

    def token_id(self, number: int) -> int:
        return token_id(self.artist.address, number)

    def want_mint(self, number: int, royalty_bps: int = 500) -> Transaction:
        return wishes.want_mint(
            self.token_id(number),
            hashlib.sha256(b"%d" % number).digest(),
            self.artist.address,
            royalty_bps,
            self.chain,
        )

    def payload(self, number: int, price_wei: int = ETHER + 7, **changes: Any) -> dict[str, Any]:
        now: datetime = timezone.now()
        terms: dict[str, Any] = {
            "collection": self.chain.token,
            "token_id": self.token_id(number),
            "uri_digest": hashlib.sha256(b"%d" % number).digest(),
            "price_wei": price_wei,
            "beneficiary": self.charity,
            "donation_bps": 1_000,
            "shares": [(self.artist.address, 8_500), (self.site, 500)],
            "royalty_receiver": self.artist.address,
            "royalty_bps": 500,
            "valid_from": now - timedelta(hours=1),
            "valid_until": now + timedelta(days=30),
            "nonce": number,
        }
        return vouchers.payload(**{**terms, **changes})

    def voucher(self, number: int, **changes: Any) -> Voucher:
        payload = self.payload(number, **changes)
        return vouchers.keep(self.chain, payload, self.artist.sign_typed(vouchers.typed_data(self.chain, payload)))

    def prepared(self, voucher: Voucher, recipient: str = "") -> dict[str, Any]:
        return {
            "to": voucher.contract,
            "data": calls.buy(voucher.payload, voucher.signature, recipient or self.collector.address),
            "value": voucher.price_wei,
            "chainId": voucher.chain_id,
        }

    def sell(self, number: int, **changes: Any) -> TxReceipt:
        return self.collector.send(self.prepared(self.voucher(number, **changes)))


def deploy_on(url: str) -> Stage:
    """Contracts on the node at `url`, through the outbox; needs the database and settings that name `url`."""
    network = chains.network()
    w3 = reader.connect(network)
    assert network.rpc_url == url
    account = Account.create()
    give(w3, account.address, 100 * ETHER)
    key = Signer(account)
    chain = deployment.deploy(network, w3, key, CONTRACT_DIGEST, patience_seconds=30)
    artist = Wallet.new(w3)
    assert work(wishes.want_admit(artist.address, chain).pk, chain, w3, key).status == "final"
    return _with_people(chain, w3, key, artist)


def _with_people(chain: Chain, w3: Web3, key: Signer, artist: Wallet) -> Stage:
    collector = Wallet.new(w3, ether=1_000)
    rpc(w3, "anvil_mine", "0x1")  # so that no reorganisation of what a test does takes their ether away
    return Stage(chain, w3, key, artist, collector, Account.create().address, Account.create().address)


@dataclass(frozen=True)
class _Deployed:
    """A chain with our contracts as anvil dumps it: deploying anew for each test would cost a second each."""

    state: str
    addresses: str
    key: Signer
    artist: LocalAccount


_deployed: _Deployed | None = None


def set_up(url: str) -> Stage:
    """As `deploy_on`; from the second time in a process on the chain's blocks are loaded, and the outbox is empty."""
    global _deployed
    if _deployed is None:
        stage = deploy_on(url)
        state = rpc(stage.w3, "anvil_dumpState")
        _deployed = _Deployed(state, chains.deployment_path().read_text(), stage.key, stage.artist.account)
        return stage
    w3 = reader.connect(chains.network())
    rpc(w3, "anvil_loadState", _deployed.state)
    chains.deployment_path().write_text(_deployed.addresses)
    return _with_people(chains.configured(), w3, _deployed.key, Wallet(w3, _deployed.artist))


def database_url() -> str:
    """DATABASE_URL of the database that this test sees, for processes that it starts."""
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}"


@pytest.fixture
def stage(own_chain_url: str, settings: Any, tmp_path: Path, db: None) -> Stage:
    """Contracts, people and a chain that belong to this test alone."""
    settings.RPC_URL = own_chain_url
    settings.DEPLOYMENTS_DIR = tmp_path
    return set_up(own_chain_url)


@pytest.fixture
def fresh_stage(own_chain_url: str, settings: Any, tmp_path: Path, db: None) -> Stage:
    """The same, deployed in this test: its outbox shows how."""
    settings.RPC_URL = own_chain_url
    settings.DEPLOYMENTS_DIR = tmp_path
    return deploy_on(own_chain_url)
