"""`manage.py verify --ledger`: recompute the donations from the chain alone and compare them with the pages."""

from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from minting import chains
from minting.contract import reader
from minting.errors import MintingError
from minting.indexer import verify
from minting.units import ether


class Command(BaseCommand):
    help = "Recompute donations, sales and payments from the chain alone; exit 1 naming each row that differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--ledger", action="store_true", required=True, help="the ledger of donations and sales")
        parser.add_argument("--rpc", metavar="URL", help="ask this node instead of RPC_URL")

    def handle(self, *_: Any, rpc: str | None, **__: Any) -> None:
        try:
            chain = chains.configured()
            chain = replace(chain, rpc_url=rpc, further_rpc_urls=(), rpc_quorum=1) if rpc else chain
            found = verify.recompute(chain, reader.connect(chain))
        except MintingError as error:
            raise CommandError(f"{error} {error.next_step}") from error
        self.stdout.write(
            f"{chain.name} ({chain.chain_id}), contracts {', '.join(chain.sellers)}, "
            f"blocks {chain.deploy_block} to {found.head}"
        )
        self.stdout.write(f"{'beneficiary':<42}  {'chain says, ether':>26}  {'database says, ether':>26}")
        for account in sorted({*found.on_chain_wei, *found.in_database_wei}):
            on_chain, in_database = ether(found.on_chain_wei[account]), ether(found.in_database_wei[account])
            self.stdout.write(f"{account:<42}  {on_chain:>26}  {in_database:>26}")
        for (coin, account), amount in sorted(found.in_coins.items()):
            self.stdout.write(f"{account:<42}  {amount:>26}  of the coin {coin}")
        if found.hidden_terms:
            self.stdout.write(f"{found.hidden_terms} purchases do not show their terms; their sums were checked.")
        for difference in found.differences:
            self.stdout.write(str(difference))
        if found.differences:
            raise CommandError(f"ledger differs in {len(found.differences)} places")
        self.stdout.write(
            f"ledger agrees: {found.sales} sales, {ether(sum(found.on_chain_wei.values()))} ether donated"
        )
