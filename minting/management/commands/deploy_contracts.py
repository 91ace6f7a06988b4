"""`manage.py deploy_contracts`: put token and market on the chain, once, in the chain role.

The minter's key deploys, is admin of both contracts, mints and admits artists. That is thin and meant for one
machine; on a public chain hand the admin role to another account afterwards.
"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from minting import chains
from minting.contract import reader
from minting.errors import MintingError
from minting.ipfs import cid, pins
from minting.metadata.contract import ContractFacts, build_contract
from minting.transactions import deployment, signer


class Command(BaseCommand):
    help = "Deploy the contracts of this chain, once; may be killed and run again. Role chain."

    def handle(self, *_: Any, **__: Any) -> None:
        try:
            key, *others = signer.unlock()
            chain = chains.network()
            w3 = reader.connect(chain)
            chain = deployment.deploy(
                chain, w3, key, _contract_digest(), others=[one.address for one in others], say=self.stdout.write
            )
        except MintingError as error:
            raise CommandError(f"{error} {error.next_step}") from error
        self.stdout.write(
            f"Token {chain.token}, market {chain.market} and the others stand on {chain.name} ({chain.chain_id})."
        )


def _contract_digest() -> bytes:
    """The sha-256 of the contract's own description (ERC-7572), which is kept like every other file."""
    public = settings.SITE_URL if settings.SITE_URL.startswith("https://") else ""
    words = "Works made with machines, sold by the people who own this gallery."
    facts = ContractFacts("Ninefold", "NINE", words, external_link=public)
    return cid.digest32(pins.keep(build_contract(facts), "contract.json", "application/json"))
