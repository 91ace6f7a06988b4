"""The walk along the chain, block by block near the head and in ranges far behind it.

A block, its logs and what is projected from them are written in one transaction, or not at all. A block is only
written on top of the one it names as its parent. Near the head, as deep as a fork may go, every block is a row;
deeper, only blocks that carry our logs are kept. Safe to run twice at once: whoever comes second finds the block
there. Refuses to go on where the chain contradicts what was final (minting/indexer/reorg.py).
"""

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from web3 import Web3
from web3.exceptions import BlockNotFound, Web3RPCError

from minting.chains import Chain
from minting.contract import reader
from minting.contract.errors import ContractRefused
from minting.contract.reader import reaching
from minting.errors import StaleTransition
from minting.failpoints import failpoint
from minting.indexer import fetch, logs, project, reorg
from minting.indexer.logs import NodeInconsistent
from minting.indexer.reorg import HaltedByReorg
from minting.models import Block, Log, Series
from minting.units import TOKEN_NUMBER_BITS

Work = tuple[str, int]  # contract, token id
NUMBER_MASK = 2**TOKEN_NUMBER_BITS - 1

SPAN_MAX = 10_000


def step(chain: Chain, w3: Web3) -> bool:
    """Read on, one block or one range; whether there may be more now.

    Errors with `retryable` are the node's and pass; HaltedByReorg does not pass by itself.
    """
    try:
        return _step(chain, w3)
    except StaleTransition:
        return True
    except BlockNotFound as error:
        raise NodeInconsistent(f"A block vanished while it was read: {error}") from error


def _step(chain: Chain, w3: Web3) -> bool:
    with reaching():
        head = int(w3.eth.block_number)
    last = reorg.last_block(chain)
    if last is None:
        if head < chain.deploy_block:
            raise HaltedByReorg(
                f"The contracts were deployed in block {chain.deploy_block}, and the node's head is {head}."
            )
        following = chain.deploy_block
    else:
        if reorg.follow(chain, w3, last, head):
            return True
        following = last.number + 1
    if following > head:
        return False
    if following <= head - chain.finality:
        _range(chain, w3, last, following, head - chain.finality)
    else:
        _near(chain, w3, last, following)
    return True


def _near(chain: Chain, w3: Web3, last: Block | None, number: int) -> None:
    with reaching():
        found = w3.eth.get_block(number)
    if last is not None and found["parentHash"].to_0x_hex() != last.hash:
        raise NodeInconsistent(f"Block {number} does not follow the block {last.number} that we read.")
    ours, entries = logs.known(chain), []
    if logs.may_hold_ours(ours, found):
        entries = [entry for receipt in fetch.receipts(w3, found) for entry in logs.of_receipt(chain, receipt, ours)]
    _write(chain, w3, last, found, entries)


def _range(chain: Chain, w3: Web3, last: Block | None, first: int, end: int) -> None:
    """Final blocks from `first`, as many as the node will answer for; the last one is a row even without logs."""
    span, ours = min(SPAN_MAX, end - first + 1), logs.known(chain)
    while True:
        try:
            found = logs.transactions_between(chain, w3, first, first + span - 1, ours)
            break
        except Web3RPCError:
            if span == 1:
                raise
            span = max(1, span // 4)
    with closing(fetch.ahead(w3, {first + span - 1: [], **found})) as blocks:
        for block, receipts in blocks:
            entries = [entry for receipt in receipts for entry in logs.of_receipt(chain, receipt, ours)]
            last = _write(chain, w3, last, block, entries)


def _write(chain: Chain, w3: Web3, last: Block | None, found: Any, entries: list[Log]) -> Block:
    cids = _metadata_cids(chain, w3, entries)
    with transaction.atomic():
        reorg.lock(chain)
        if reorg.last_block(chain) != last:
            raise StaleTransition("Another indexer has moved on.")
        row = Block.objects.create(
            hash=found["hash"].to_0x_hex(),
            chain_id=chain.chain_id,
            number=int(found["number"]),
            parent_hash=found["parentHash"].to_0x_hex(),
            mined_at=datetime.fromtimestamp(int(found["timestamp"]), UTC),
        )
        saved = Log.objects.bulk_create(entries)
        if saved:
            failpoint("mid_block")
        project.block(chain, saved, cids)
        _forget_empty(chain, last, row)
    return row


def _forget_empty(chain: Chain, last: Block | None, row: Block) -> None:
    """Blocks without our logs serve only to notice a fork; past finality there is none.

    Looks at those alone that become final by this step: all earlier ones were looked at before.
    """
    if last is None:
        return
    window = chain.finality + 1
    Block.objects.filter(
        chain_id=chain.chain_id, number__gte=last.number - window, number__lt=row.number - window, logs__isnull=True
    ).delete()


def _metadata_cids(chain: Chain, w3: Web3, entries: list[Log]) -> dict[Work, str]:
    """By (contract, token id); empty for what lies in its series' folder, which every work of a batch does."""
    minted = {
        (entry.address, int(entry.args["tokenId"]))
        for entry in entries
        if entry.event == "Transfer" and entry.args["from"] == project.ZERO
    }
    batched = {
        **dict(Series.objects.filter(chain_id=chain.chain_id).values_list("contract", "batched") if minted else ()),
        **{entry.args["series"]: int(entry.args["batched"]) for entry in entries if entry.event == "SeriesCreated"},
    }
    try:
        return {
            (contract, token_id): ""
            if (token_id & NUMBER_MASK) <= batched.get(contract, 0)
            else reader.metadata_cid(w3, contract, token_id)
            for contract, token_id in minted
        }
    except ContractRefused as error:
        raise NodeInconsistent(f"A token that was minted is not there: {error}") from error


def catch_up(chain: Chain, w3: Web3) -> None:
    """Read to the head, as far as it is now."""
    while step(chain, w3):
        pass


def rebuild(chain: Chain, w3: Web3) -> None:
    """Forget everything that was read from the chain and read it again, in one transaction.

    Pages see the old rows until the new ones are complete; a node that fails in the middle changes nothing.
    """
    with transaction.atomic():
        reorg.lock(chain)
        Block.objects.filter(chain_id=chain.chain_id).delete()
        catch_up(chain, w3)
