"""Which nonce is next: given out by the database, so that two workers never sign with the same one."""

from django.db.models import Max

from minting import locks
from minting.models import Transaction


def take(chain_id: int, sender: str, pending_count: int) -> int:
    """The next nonce of `sender`; inside a transaction, which holds the sender's lock until the nonce is stored.

    `pending_count` is what the chain said a moment ago: it is behind, never ahead of, what is given out here, unless
    the key is used elsewhere too. A nonce that is taken and not stored is not lost: the rollback gives it back.
    """
    locks.hold(f"nonce:{chain_id}:{sender}")
    given = Transaction.objects.filter(chain_id=chain_id, sender=sender).aggregate(last=Max("nonce"))["last"]
    return pending_count if given is None else max(pending_count, given + 1)
