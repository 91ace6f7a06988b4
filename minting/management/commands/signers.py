"""`manage.py signers`: the accounts that sign, what they hold and have under way; `--retire` replaces one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Min
from eth_utils.address import is_address, to_checksum_address
from web3 import Web3

from minting import chains
from minting.contract import reader
from minting.contract.reader import reaching
from minting.errors import MintingError
from minting.models import Minter, Transaction
from minting.transactions import rotation, signer, watch
from minting.units import ether


class Command(BaseCommand):
    help = "List the accounts that sign; --retire hands one's roles to the first other one. Retiring: role chain."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--retire", metavar="ADDRESS", help="take every role from this signer; give them to another"
        )

    def handle(self, *_: Any, retire: str | None, **__: Any) -> None:
        try:
            chain = chains.configured()
            w3 = reader.connect(chain)
            if retire is None:
                self._list(chain, w3)
            else:
                self._retire(chain, w3, retire)
        except MintingError as error:
            raise CommandError(f"{error} {error.next_step}") from error

    def _list(self, chain: chains.Chain, w3: Web3) -> None:
        """Nonces: mined is what the chain has, given what was signed here; the lowest open one holds up the rest."""
        addresses = set(Minter.objects.filter(chain_id=chain.chain_id).values_list("address", flat=True))
        rows = Transaction.objects.filter(chain_id=chain.chain_id, nonce__isnull=False)
        addresses |= set(rows.values_list("sender", flat=True))
        form = "{:<42}  {:>22}  {:>6}  {:>7}  {:>10}  {:>11}"
        self.stdout.write(form.format("signer", "ether", "mined", "pending", "under way", "lowest open"))
        for address in sorted(addresses):
            own = rows.filter(sender=address, status__in=Transaction.OPEN)
            lowest = own.aggregate(lowest=Min("nonce"))["lowest"]
            with reaching():
                account = Web3.to_checksum_address(address)
                mined = w3.eth.get_transaction_count(account, "latest")
                pending = w3.eth.get_transaction_count(account, "pending")
            held = ether(watch.look(chain.chain_id, w3, address))
            self.stdout.write(
                form.format(address, held, mined, pending, own.count(), "–" if lowest is None else lowest)
            )

    def _retire(self, chain: chains.Chain, w3: Web3, address: str) -> None:
        keys = signer.unlock()
        old = [key for key in keys if is_address(address) and key.address == to_checksum_address(address)]
        new = [key for key in keys if key not in old]
        if not old or not new:
            raise CommandError(
                "Name the signer to retire and keep it configured, with another one that takes its place: "
                "MINTER_KEYSTORE=/new.json,/old.json"
            )
        rotation.retire(chain, w3, old[0], new[0], say=self.stdout.write)
        self.stdout.write(f"{old[0].address} may do nothing any more; {new[0].address} may. Take its keystore out.")
