"""When the chain changes its mind: find where our blocks leave it, and take back what is no longer true.

Blocks are rows with hash and parent. A block whose hash is no longer the chain's is deleted in a transaction of its
own, and its logs and all that was projected from them go with it. Refuses to follow a fork deeper than finality
(HaltedByReorg): then nothing is deleted, and a person must look. A node that was restarted empty looks the same.
"""

import logging

from django.db import transaction
from web3 import Web3
from web3.exceptions import BlockNotFound

from minting import locks
from minting.chains import Chain
from minting.contract.reader import reaching
from minting.errors import MintingError, StaleTransition
from minting.indexer import project
from minting.models import Block, Transfer

log = logging.getLogger(__name__)


class HaltedByReorg(MintingError):
    """The chain contradicts blocks that were final. Nothing was deleted; the indexer does nothing until told."""

    code = "halted_by_reorg"
    title = "The chain contradicts what was final"
    next_step = (
        "Look at the node that RPC_URL names: was it restarted empty, or is it of another chain? When it is right "
        "and our rows are not, run `manage.py index --rebuild`."
    )


def lock(chain: Chain) -> None:
    """One writer of a chain's blocks at a time; inside a transaction."""
    locks.hold(f"indexer:{chain.chain_id}")


def last_block(chain: Chain) -> Block | None:
    """The newest block that was walked."""
    return Block.objects.filter(chain_id=chain.chain_id).order_by("-number").first()


def hash_at(w3: Web3, number: int) -> str | None:
    """The hash of the chain's block, or None where there is none yet."""
    try:
        with reaching():
            return str(w3.eth.get_block(number)["hash"].to_0x_hex())
    except BlockNotFound:
        return None


def follow(chain: Chain, w3: Web3, last: Block, head: int) -> bool:
    """Whether blocks were taken back. HaltedByReorg when that would go deeper than finality.

    A node that is merely behind, with the same blocks as far as it has any, changes nothing.
    """
    if head < last.number:
        known = Block.objects.filter(chain_id=chain.chain_id, number__lte=head).order_by("-number").first()
        if known is not None and hash_at(w3, known.number) == known.hash:
            return False
    elif hash_at(w3, last.number) == last.hash:
        return False
    fork = _fork(chain, w3, last)
    depth = last.number - fork.number if fork else last.number - chain.deploy_block + 1
    if fork is None or depth > chain.finality or head < fork.number:
        raise HaltedByReorg(
            f"The chain {chain.chain_id} has other blocks than those we read, from "
            f"{fork.number + 1 if fork else chain.deploy_block} to {last.number}; its head is {head}. That is "
            f"{depth} blocks; at most {chain.finality} may change. Nothing was deleted."
        )
    take_back(chain, last, fork)
    return True


def _fork(chain: Chain, w3: Web3, last: Block) -> Block | None:
    """The newest of our blocks that is still the chain's. Stops looking once it is too deep to matter."""
    rows = Block.objects.filter(chain_id=chain.chain_id).order_by("-number")
    for row in rows.iterator():
        if hash_at(w3, row.number) == row.hash:
            return row
        if last.number - row.number > chain.finality:
            return None
    return None


def take_back(chain: Chain, last: Block, fork: Block) -> None:
    """Delete the blocks after `fork` with all that came from them; owners become what the rest says."""
    with transaction.atomic():
        lock(chain)
        if not Block.objects.filter(pk=last.pk).exists() or last_block(chain) != last:
            raise StaleTransition("Another indexer has moved on.")
        gone = Block.objects.filter(chain_id=chain.chain_id, number__gt=fork.number)
        touched = {(row.contract, row.token_id) for row in Transfer.objects.filter(log__block__in=gone)}
        gone.delete()
        project.owners(chain, touched)
    log.warning("Chain %s: blocks %s to %s were taken back.", chain.chain_id, fork.number + 1, last.number)
