"""`manage.py verify`: the ledger, one token or one sale, recomputed from the chain and compared with the pages."""

from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from minting import chains, proofs
from minting.contract import reader
from minting.errors import MintingError
from minting.indexer import verify
from minting.units import ether


def _number(text: str) -> int:
    """Decimal, or hexadecimal after 0x."""
    return int(text, 0)


class Command(BaseCommand):
    help = "Recompute from the chain what the pages say; exit 1 naming each thing that differs."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--ledger", action="store_true", help="every donation, sale and payment")
        what.add_argument(
            "--token", metavar="ID", type=_number, help="address, metadata, pictures and lineage of one"
        )
        what.add_argument("--sale", metavar="ID", type=_number, help="whether the parts of one add up")
        parser.add_argument("--contract", metavar="ADDRESS", default="", help="the token's, where it is a series")
        parser.add_argument("--rpc", metavar="URL", help="ask this node instead of RPC_URL")

    def handle(self, *_: Any, rpc: str | None, token: int | None, sale: int | None, contract: str, **__: Any) -> None:
        try:
            chain = chains.configured()
            chain = replace(chain, rpc_url=rpc, further_rpc_urls=(), rpc_quorum=1) if rpc else chain
            w3 = reader.connect(chain)
            if token is not None:
                self._tell("token", list(proofs.token(chain, w3, token, contract)))
            elif sale is not None:
                self._tell("sale", list(proofs.sale(chain, w3, sale)))
            else:
                self._ledger(chain, verify.recompute(chain, w3))
        except MintingError as error:
            raise CommandError(f"{error} {error.next_step}") from error

    def _tell(self, what: str, checks: list[proofs.Check]) -> None:
        for check in checks:
            self.stdout.write(f"{'holds' if check.holds else 'FAILS'}  {check.says}")
        if not all(check.holds for check in checks):
            raise CommandError(f"{what} differs in {sum(not check.holds for check in checks)} places")

    def _ledger(self, chain: chains.Chain, found: verify.Ledger) -> None:
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
