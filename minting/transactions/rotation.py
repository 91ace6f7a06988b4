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
PATIENCE_SECONDS = 60
QUIET_SECONDS = 1
"""A chain that has made no block for so long after the time that is waited for makes them for transactions alone."""


class NotYet(MintingError):
    """Something has to come first; the message says what, or when."""

    code = "rotation_not_yet"
    title = "The signer cannot be retired yet"
    next_step = "Run it again after that; what was done stays done."


def retire(chain: Chain, w3: Web3, old: Signs, new: Signs, *, say: Callable[[str], None] = lambda _: None) -> None:
    """Give everything that `old` may do to `new`, and take it from `old`. NotYet where it has to wait."""
    _nothing_under_way(chain, old.address)
    contracts = (chain.token, *chain.sellers)
    roles = [(chain.token, MINTER_ROLE), (chain.token, CURATOR_ROLE), *((one, PAUSER_ROLE) for one in chain.sellers)]
    held = [(contract, role) for contract, role in roles if reader.has_role(w3, contract, role, old.address)]
    schedules = {contract: _promise(chain, w3, contract, old, new, say) for contract in contracts}
    latest = max(schedules.values())
    if latest > max(time.time(), _now(w3)) + SOON_SECONDS:
        raise NotYet(
            f"The contracts change their admin after {datetime.fromtimestamp(latest, UTC):%Y-%m-%d %H:%M} UTC."
        )
    for contract, role in held:
        if not reader.has_role(w3, contract, role, new.address):
            admin = _admin_of(w3, contract, old, new)
            _do(chain, w3, admin, contract, calls.grant_role(role, new.address), say, "Role given")
    for contract, schedule in schedules.items():
        if schedule:
            _accept(chain, w3, contract, old, new, schedule, say)
    for contract, role in held:
        _do(chain, w3, new, contract, calls.revoke_role(role, old.address), say, "Role taken")


def _nothing_under_way(chain: Chain, address: str) -> None:
    rows = Transaction.objects.filter(chain_id=chain.chain_id, sender=address, nonce__isnull=False)
    count = rows.filter(status__in=Transaction.OPEN).count()
    if count:
        raise NotYet(f"{count} transactions of {address} are under way, and no other key can sign for them again.")


def _admin(w3: Web3, contract: str) -> str:
    return to_checksum_address(reader.call(w3, MARKET, contract, "defaultAdmin"))


def _admin_of(w3: Web3, contract: str, old: Signs, new: Signs) -> Signs:
    return old if _admin(w3, contract) == old.address else new


def _promise(chain: Chain, w3: Web3, contract: str, old: Signs, new: Signs, say: Callable[[str], None]) -> int:
    """The second after which `new` may become the contract's admin; 0 when `old` is not its admin now."""
    if _admin(w3, contract) != old.address:
        return 0
    pending, _ = reader.call(w3, MARKET, contract, "pendingDefaultAdmin")
    if to_checksum_address(pending) != new.address:
        begin = calls.encode_call(MARKET, "beginDefaultAdminTransfer", new.address)
        _do(chain, w3, old, contract, begin, say, "Admin promised")
    return int(reader.call(w3, MARKET, contract, "pendingDefaultAdmin")[1])


def _accept(
    chain: Chain, w3: Web3, contract: str, old: Signs, new: Signs, schedule: int, say: Callable[[str], None]
) -> None:
    """Once a block is newer than `schedule`: nodes foretell what a transaction does by the newest block's time.

    One machine's own chain makes blocks for transactions alone; there a role that was given is given again.
    """
    until, stirred = time.monotonic() + PATIENCE_SECONDS, False
    while _now(w3) <= schedule:
        if time.monotonic() > until:
            raise NotYet("The chain has made no block since the admin was promised.")
        if not stirred and time.time() > schedule + QUIET_SECONDS:
            again = calls.grant_role(MINTER_ROLE, new.address)
            _do(chain, w3, _admin_of(w3, chain.token, old, new), chain.token, again, say, "Role given")
            stirred = True
        time.sleep(0.2)
    _do(chain, w3, new, contract, calls.encode_call(MARKET, "acceptDefaultAdminTransfer"), say, "Admin taken over")


def _now(w3: Web3) -> int:
    """The newest block's time."""
    with reaching():
        return int(w3.eth.get_block("latest")["timestamp"])


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
