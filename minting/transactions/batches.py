"""Waiting mints of one artist in one transaction: NinefoldToken.mintBatch, all or none.

A batch is a row of the outbox like any other; its members are `batched` until it is final. When the contract would
refuse a batch, its members are wanted again and go alone, so that one bad work holds up no other. The contract takes
one royalty for all, so only mints with the same receiver and share are put together.
"""

import uuid

from django.db import transaction
from django.utils import timezone

from minting.contract import calls
from minting.contract.artifacts import TOKEN
from minting.models import Transaction
from minting.transactions.outbox import BATCH_REFUSED

Status = Transaction.Status
ROYALTY_HEX = 2 * 64  # the last two words of mint's calldata: royaltyReceiver and royaltyBps
PURPOSE = "mint_batch"


def gather(row: Transaction, most: int) -> Transaction | None:
    """A batch of `row` and up to `most` - 1 waiting mints like it, in one commit; None when it goes alone.

    Rows that another worker has in hand are left to it. No network.
    """
    if most < 2 or row.purpose != "mint" or row.status != Status.WANTED or row.error_code == BATCH_REFUSED:
        return None
    with transaction.atomic():
        members = list(
            Transaction.objects.select_for_update(skip_locked=True)
            .filter(
                chain_id=row.chain_id, purpose="mint", to=row.to, status=Status.WANTED,
                data__endswith=row.data[-ROYALTY_HEX:],
            )
            .exclude(error_code=BATCH_REFUSED)
            .order_by("pk")[:most]
        )  # fmt: skip
        if len(members) < 2 or row.pk not in {member.pk for member in members}:
            return None
        batch = Transaction.objects.create(
            key=f"mint_batch:{row.chain_id}:{uuid.uuid4()}", purpose=PURPOSE, chain_id=row.chain_id, to=row.to,
            data=_calldata(members), due_at=timezone.now(),
        )  # fmt: skip
        Transaction.objects.filter(pk__in=[member.pk for member in members]).update(
            status=Status.BATCHED, batch=batch, error_code="", error_text=""
        )
    return batch


def _calldata(members: list[Transaction]) -> str:
    wishes = [calls.decode_call(TOKEN, member.data)[1] for member in members]
    *_, receiver, bps = wishes[0]
    return calls.mint_batch([wish[0] for wish in wishes], [wish[1] for wish in wishes], receiver, bps)
