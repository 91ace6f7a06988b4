"""One signer's key in another's place: admin, roles and the pause, contract by contract, through the outbox.

May be killed anywhere and run again: what is done is seen on the chain and not done twice. On a public chain the
admin of a contract changes hands no sooner than its delay allows (AccessControlDefaultAdminRules, OpenZeppelin 5);
`retire` says when, and the rest is done when it is run after that. Refuses while the old signer has anything under
way: only its own key can sign again for its nonces.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3 import Web3

from minting.chains import Chain
from minting.contract import calls, reader
from minting.contract.artifacts import MARKET
from minting.contract.reader import reaching
from minting.errors import MintingError
from minting.models import Transaction
from minting.transactions import outbox
from minting.transactions.deployment import CURATOR_ROLE, MINTER_ROLE
from minting.transactions.signer import Signs
from minting.transactions.work import work

PAUSER_ROLE = keccak(text="PAUSER_ROLE")
SOON_SECONDS = 5


class NotYet(MintingError):
    """Something has to come first; the message says what, or when."""

    code = "rotation_not_yet"
    title = "The signer cannot be retired yet"
    next_step = "Run it again after that; what was done stays done."


def retire(chain: Chain, w3: Web3, old: Signs, new: Signs, *, say: Callable[[str], None] = lambda _: None) -> None:
    """Give everything that `old` may do to `new`, and take it from `old`. NotYet where it has to wait."""
    _nothing_under_way(chain, old.address)
    waits = [_hand_over(chain, w3, contract, old, new, say) for contract in (chain.token, *chain.sellers)]
    if any(waits):
        at = datetime.fromtimestamp(max(waits), UTC)
        raise NotYet(f"The contracts change their admin after {at:%Y-%m-%d %H:%M} UTC.")
    roles = [(chain.token, MINTER_ROLE), (chain.token, CURATOR_ROLE)]
    for contract, role in [*roles, *((seller, PAUSER_ROLE) for seller in chain.sellers)]:
        if not reader.has_role(w3, contract, role, old.address):
            continue
        if not reader.has_role(w3, contract, role, new.address):
            _do(chain, w3, new, contract, calls.grant_role(role, new.address), say, "Role given")
        _do(chain, w3, new, contract, calls.revoke_role(role, old.address), say, "Role taken")


def _nothing_under_way(chain: Chain, address: str) -> None:
    rows = Transaction.objects.filter(chain_id=chain.chain_id, sender=address, nonce__isnull=False)
    count = rows.filter(status__in=Transaction.OPEN).count()
    if count:
        raise NotYet(f"{count} transactions of {address} are under way, and no other key can sign for them again.")


def _hand_over(chain: Chain, w3: Web3, contract: str, old: Signs, new: Signs, say: Callable[[str], None]) -> int:
    """0 when `new` or somebody else is the contract's admin now; else the second after which it may become it."""
    if to_checksum_address(reader.call(w3, MARKET, contract, "defaultAdmin")) != old.address:
        return 0
    pending, _ = reader.call(w3, MARKET, contract, "pendingDefaultAdmin")
    if to_checksum_address(pending) != new.address:
        begin = calls.encode_call(MARKET, "beginDefaultAdminTransfer", new.address)
        _do(chain, w3, old, contract, begin, say, "Admin promised")
    _, schedule = reader.call(w3, MARKET, contract, "pendingDefaultAdmin")
    if schedule > _now(w3) + SOON_SECONDS:
        return int(schedule)
    while _now(w3) <= schedule:
        time.sleep(0.2)
    _do(chain, w3, new, contract, calls.encode_call(MARKET, "acceptDefaultAdminTransfer"), say, "Admin taken over")
    return 0


def _now(w3: Web3) -> int:
    """The second that the next block will at least have: a quiet chain's newest one may be old."""
    with reaching():
        return max(int(time.time()), int(w3.eth.get_block("latest")["timestamp"]))


def _do(chain: Chain, w3: Web3, key: Signs, contract: str, data: str, say: Callable[[str], None], what: str) -> None:
    """One step, to its final block; another time gets a key of its own, since roles come and go."""
    begins = f"rotate:{chain.chain_id}:{contract}:{keccak(hexstr=data).hex()[:16]}:"
    row = Transaction.objects.filter(key__startswith=begins, status__in=Transaction.OPEN).first()
    if row is None:
        number = Transaction.objects.filter(key__startswith=begins).count()
        row = outbox.want(f"{begins}{number}", "role", contract, data, chain_id=chain.chain_id)
    while row.status in Transaction.OPEN:
        row = work(row.pk, chain, w3, key)
        time.sleep(0 if row.status not in Transaction.OPEN else 0.5)
    if row.status != Transaction.Status.FINAL:
        raise MintingError(f"{what} on {contract}: {row.status}. {row.error_text}")
    say(f"{what} on {contract}: {row.hash}")
