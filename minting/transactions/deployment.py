"""Puts the contracts on the chain, once per chain, through the outbox like every other transaction.

The first signer's account deploys, is admin of all, mints and curates: thin, and right for one machine; every
further signer may mint and curate. PAUSER_ADDRESS,
or the admin where none is named, may pause sales. On a public chain give the admin role to another account afterwards
(AccessControlDefaultAdminRules makes that a matter of days). May be killed anywhere and run again: wishes have keys,
so there is one deployment, and the deployment file is written last. What an earlier release did not have yet, such as
auctions, is added to a deployment that stands.
Refuses to go on where file or outbox say deployed and the chain has no code there (a chain that was started afresh).
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from django.conf import settings
from eth_utils.crypto import keccak
from web3 import Web3

from minting import chains
from minting.chains import Chain
from minting.contract import calls, reader
from minting.contract.artifacts import AUCTIONS, FACTORY, MARKET, OFFERS, TOKEN, Name
from minting.contract.reader import reaching
from minting.errors import MintingError
from minting.models import Transaction
from minting.transactions import wishes
from minting.transactions.signer import Signs
from minting.transactions.work import work

MINTER_ROLE = keccak(text="MINTER_ROLE")
MARKET_ROLE = keccak(text="MARKET_ROLE")
CURATOR_ROLE = keccak(text="CURATOR_ROLE")
PUBLIC_ADMIN_DELAY_SECONDS = 3 * 24 * 3600


class DeploymentFailed(MintingError):
    """A step of the deployment was refused or took too long; the message says which and why. Run it again."""

    code = "deployment_failed"
    title = "The contracts could not be deployed"
    next_step = "Mend what is named, then run `manage.py deploy_contracts` again."


def deploy(
    chain: Chain,
    w3: Web3,
    key: Signs,
    contract_uri_digest: bytes,
    *,
    others: Sequence[str] = (),
    patience_seconds: float = 600,
    say: Callable[[str], None] = lambda _: None,
) -> Chain:
    """The chain with its contracts, deployed now or before; writes the deployment file last of all.

    `others` are the addresses of further signers, who get the same two roles as `key`. `contract_uri_digest` is the
    sha-256 in the CID of the contract's own metadata (ERC-7572). Waits for each step.
    """
    delay = 0 if chain.chain_id == chains.LOCAL_CHAIN_ID else PUBLIC_ADMIN_DELAY_SECONDS
    until = time.monotonic() + patience_seconds

    def done(row: Transaction, what: str) -> Transaction:
        row = _finish(row, chain, w3, key, until)
        say(f"{what}: {row.hash}")
        return row

    def create(contract: Name, data: str) -> Transaction:
        return done(wishes.want_contract(chain, contract, data), f"{contract} created")

    if chains.deployment_path(chain.chain_id).exists():
        chain = chains.configured()
    pauser = settings.PAUSER_ADDRESS or key.address
    if not chain.token:
        token = create(TOKEN, calls.create(TOKEN, "Ninefold", "NINE", contract_uri_digest, key.address, delay))
        chain = replace(chain, token=token.contract_address, deploy_block=token.block_number or 0)
    if not chain.factory:
        chain = replace(chain, factory=create(FACTORY, calls.create(FACTORY)).contract_address)

    def room(contract: Name) -> str:
        data = calls.create(contract, chain.token, chain.factory, key.address, pauser, delay)
        return create(contract, data).contract_address

    chain = replace(chain, market=chain.market or room(MARKET))
    chain = replace(chain, auctions=chain.auctions or room(AUCTIONS))
    chain = replace(chain, offers=chain.offers or room(OFFERS))
    for address in chain.contracts:
        _check_code(w3, address)
    for role, account, what in (
        (MARKET_ROLE, chain.market, "The market may mint what it sells"),
        (MARKET_ROLE, chain.auctions, "Auctions may mint what they sell"),
        (MARKET_ROLE, chain.offers, "Accepted offers may mint what they sell"),
        *((MINTER_ROLE, address, "The minter may mint to artists") for address in (key.address, *others)),
        *((CURATOR_ROLE, address, "The minter may admit artists") for address in (key.address, *others)),
    ):
        if not reader.has_role(w3, chain.token, role, account):
            done(wishes.want_role(chain, role, account), what)
    write(chain)
    return chain


def write(chain: Chain) -> None:
    """Keep where the contracts are; the whole file or none of it."""
    path = chains.deployment_path(chain.chain_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(
        json.dumps(
            {
                "chainId": chain.chain_id,
                "token": chain.token,
                "factory": chain.factory,
                "market": chain.market,
                "auctions": chain.auctions,
                "offers": chain.offers,
                "block": chain.deploy_block,
            },
            indent=2,
        )
        + "\n"
    )
    draft.replace(path)


def _finish(row: Transaction, chain: Chain, w3: Web3, key: Signs, until: float) -> Transaction:
    while True:
        row = work(row.pk, chain, w3, key)
        if row.status == Transaction.Status.FINAL:
            return row
        if row.status not in Transaction.OPEN:
            raise DeploymentFailed(f"{row.key} is {row.status}: {row.error_text}")
        if time.monotonic() > until:
            raise DeploymentFailed(f"{row.key} is still {row.status}. {row.error_text}")
        time.sleep(0.5)


def _check_code(w3: Web3, address: str) -> None:
    with reaching():
        code = w3.eth.get_code(Web3.to_checksum_address(address))
    if not code:
        raise DeploymentFailed(
            f"A contract was deployed at {address}, but the chain has nothing there: it was started afresh.",
            next_step="Start the data afresh too (`make clean-demo`), or bring the chain's state back.",
        )
