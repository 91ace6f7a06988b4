"""What the signers' accounts hold, written down by the chain process so that the pages of health can say it.

The other processes know no key; from these rows they know the addresses. States: funded, low (below
MINTER_LOW_ETHER), empty (nothing, or a wish waits for money), unseen (no signer was looked at for a while).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from django.conf import settings
from django.utils import timezone
from web3 import Web3

from minting.chains import Chain
from minting.contract.reader import connect, reaching
from minting.models import Minter, Transaction
from minting.transactions.signer import Signs
from minting.units import ether, parse_ether

State = Literal["funded", "low", "empty", "unseen"]
EVERY_SECONDS = 30
FRESH_SECONDS = 10 * EVERY_SECONDS


def look(chain_id: int, w3: Web3, address: str) -> int:
    """The balance of a signer in wei, asked of the node and written down."""
    with reaching():
        balance_wei = int(w3.eth.get_balance(Web3.to_checksum_address(address)))
    Minter.objects.update_or_create(
        chain_id=chain_id, address=address, defaults={"balance_wei": balance_wei, "seen_at": timezone.now()}
    )
    return balance_wei


def look_at_all(chain: Chain, keys: Sequence[Signs], w3: Web3 | None = None) -> None:
    """Every signer of this process; those that are no longer looked at are forgotten after a day."""
    w3 = w3 or connect(chain)
    for key in keys:
        look(chain.chain_id, w3, key.address)
    Minter.objects.filter(seen_at__lt=timezone.now() - timedelta(days=1)).delete()


def is_due(chain_id: int) -> bool:
    """Whether nobody has looked for half a minute."""
    since = timezone.now() - timedelta(seconds=EVERY_SECONDS)
    return not Minter.objects.filter(chain_id=chain_id, seen_at__gt=since).exists()


def state(chain_id: int) -> tuple[State, str]:
    """(state, sentence): the state of the fullest signer, with what each holds."""
    since = timezone.now() - timedelta(seconds=FRESH_SECONDS)
    seen = list(Minter.objects.filter(chain_id=chain_id, seen_at__gt=since).order_by("-balance_wei"))
    if not seen:
        return "unseen", f"no signer has been looked at for {FRESH_SECONDS // 60} minutes"
    says = "; ".join(f"{row.address} holds {ether(row.balance_wei)}" for row in seen)
    waits = Transaction.objects.filter(
        chain_id=chain_id, status__in=Transaction.OPEN, error_code="signer_has_no_money"
    ).exists()
    if waits or seen[0].balance_wei == 0:
        return "empty", f"{says}; send ether to it, what waits goes on by itself"
    if seen[0].balance_wei < parse_ether(settings.MINTER_LOW_ETHER):
        return "low", f"{says}; below {settings.MINTER_LOW_ETHER}, send some more"
    return "funded", says
