"""The outbox: what shall happen on the chain, and every edge between its states.

    wanted --sign--> signed --broadcast--> broadcast --mined--> mined --final--> final
       ^                ^                      |   ^             |  \\--reverted--> reverted
       |                \\------- resign -------/   \\- unmined --/
       \\------- start_over (nonce used by someone else) ---------/

    wanted --batches.gather--> batched, and then with its batch: final, replaced, cancelled, or wanted again
    wanted, signed, broadcast, mined --cancelled--> cancelled --wish_again--> wanted

A refusal that the node foretells goes from wanted to reverted without a nonce. What is signed is cancelled by an
empty transaction of the same nonce (`cancels`), and whichever of the two a block takes decides. `replaced` is the
end of a signed form that was given up: an earlier form with lower fees (a row of its own, key
"replaced:<row>:<hash>", so that it is recognised should it be mined after all), or a wish that somebody else
fulfilled with our key.

Every edge is one conditional UPDATE that must hit one row, else StaleTransition. Nothing here talks to a node; a
signer may be a process elsewhere, and holding the nonce's lock while it signs is what keeps nonces without gaps.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from minting.errors import StaleTransition
from minting.models import Transaction
from minting.transactions import nonces
from minting.transactions.fees import Fees
from minting.transactions.signer import Signs

Status = Transaction.Status
NUDGE_SECONDS = 30
BATCH_REFUSED = "batch_refused"
FORM = "replaced:"  # how the keys of earlier signed forms begin


def want(key: str, purpose: str, to: str, data: str, value_wei: int = 0, *, chain_id: int) -> Transaction:
    """Write a wish down once. The same key again gives the row that is there, whatever its state; no network."""
    row, _ = Transaction.objects.get_or_create(
        key=key,
        defaults={
            "purpose": purpose, "chain_id": chain_id, "to": to, "data": data, "value_wei": value_wei,
            "due_at": timezone.now(),
        },
    )  # fmt: skip
    return row


def due(limit: int = 50) -> list[int]:
    """Rows that ask for work now, the longest due first, each marked as nudged.

    A row that was nudged since it fell due is left out for half a minute, so that a worker that is away does not
    find a hundred messages about it.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = list(
            Transaction.objects.select_for_update(skip_locked=True)
            .filter(status__in=Transaction.OPEN, due_at__lte=now)
            .filter(
                Q(nudged_at=None)
                | Q(nudged_at__lt=F("due_at"))
                | Q(nudged_at__lt=now - timedelta(seconds=NUDGE_SECONDS))
            )
            .order_by("due_at", "pk")
            .values_list("pk", flat=True)[:limit]
        )
        Transaction.objects.filter(pk__in=rows).update(nudged_at=now)
    return rows


def sign(row: Transaction, signer: Signs, *, pending_count: int, gas: int, fees: Fees) -> Transaction:
    """wanted -> signed: the nonce is given out and the signed bytes are stored in one commit. Never before it."""
    with transaction.atomic():
        nonce = nonces.take(row.chain_id, signer.address, pending_count)
        raw, hashed = signer.sign(fields(row, nonce, gas, fees))
        return _edge(
            row, (Status.WANTED,), Status.SIGNED, sender=signer.address, nonce=nonce, gas=gas, signed_bytes=raw,
            hash=hashed, max_fee_per_gas_wei=fees.max_fee_wei, max_priority_fee_per_gas_wei=fees.tip_wei,
            signed_at=timezone.now(), hurry_asked_at=None, error_code="", error_text="",
        )  # fmt: skip


def resign(row: Transaction, signer: Signs, fees: Fees, *, cancels: bool = False) -> Transaction:
    """signed or broadcast -> signed: same nonce, higher fees; the earlier form stays as a row, `replaced`.

    With `cancels` an empty transaction takes the wish's place, if a block takes it first.
    """
    if row.nonce is None or row.gas is None or row.signed_bytes is None:
        raise StaleTransition(f"{row.key} was never signed.")
    cancels = cancels or row.cancels
    raw, hashed = signer.sign(fields(row, row.nonce, row.gas, fees, cancels=cancels))
    form = _form_of(row)
    with transaction.atomic():  # the edge comes first: of two workers who sign again at once, one must find it taken
        _edge(
            row, (Status.SIGNED, Status.BROADCAST), Status.SIGNED, unchanged={"hash": row.hash},
            signed_bytes=raw, hash=hashed, max_fee_per_gas_wei=fees.max_fee_wei,
            max_priority_fee_per_gas_wei=fees.tip_wei, signed_at=timezone.now(), error_code="", error_text="",
            cancels=cancels, hurry_asked_at=None,
        )  # fmt: skip
        form.save(force_insert=True)
    return row


def broadcast(row: Transaction) -> Transaction:
    """signed -> broadcast: a node has taken the bytes, or knows them already."""
    return _edge(
        row, (Status.SIGNED,), Status.BROADCAST, unchanged={"hash": row.hash}, broadcast_at=timezone.now(),
        error_code="", error_text="",
    )  # fmt: skip


def mined(
    row: Transaction, *, block_hash: str, block_number: int, gas_used: int, fee_wei: int, contract: str
) -> Transaction:  # fmt: skip
    """broadcast -> mined, or mined -> mined in another block of a fork."""
    return _edge(
        row, (Status.BROADCAST, Status.MINED), Status.MINED, unchanged={"hash": row.hash}, block_hash=block_hash,
        block_number=block_number, gas_used=gas_used, fee_wei=fee_wei, contract_address=contract,
        mined_at=timezone.now(), error_code="", error_text="",
    )  # fmt: skip


def unmined(row: Transaction) -> Transaction:
    """mined -> broadcast: a reorganisation has taken its block back."""
    return _edge(
        row, (Status.MINED,), Status.BROADCAST, block_hash="", block_number=None, gas_used=None, fee_wei=None,
        contract_address="", mined_at=None, error_code="reorganised",
        error_text="Its block was taken back; it is sent again.",
    )  # fmt: skip


def final(row: Transaction) -> Transaction:
    """mined -> final: deep enough to count on. The members of a batch are final with it."""
    with transaction.atomic():
        _edge(row, (Status.MINED,), Status.FINAL, unchanged={"block_hash": row.block_hash}, final_at=timezone.now())
        _members(row).update(status=Status.FINAL, final_at=row.final_at, mined_at=row.mined_at)
    return row


def reverted(row: Transaction, reason: str, code: str = "reverted") -> Transaction:
    """wanted or mined -> reverted, with the contract's reason. The members of a batch are wanted again, alone."""
    with transaction.atomic():
        _edge(
            row, (Status.WANTED, Status.MINED), Status.REVERTED, final_at=timezone.now(), error_code=code,
            error_text=reason,
        )  # fmt: skip
        _members(row).update(
            status=Status.WANTED, batch=None, due_at=timezone.now(), error_code=BATCH_REFUSED, error_text=reason
        )
    return row


def start_over(row: Transaction, note: str) -> Transaction:
    """signed or broadcast -> wanted: its nonce is gone, the wish stands. The caller has looked on the chain first."""
    with transaction.atomic():
        Transaction.objects.filter(key__startswith=form_key(row.pk)).delete()
        return _edge(
            row, (Status.SIGNED, Status.BROADCAST), Status.WANTED, unchanged={"hash": row.hash}, nonce=None, gas=None,
            signed_bytes=None, hash="", max_fee_per_gas_wei=None, max_priority_fee_per_gas_wei=None, signed_at=None,
            broadcast_at=None, error_code="nonce_taken", error_text=note,
        )  # fmt: skip


def replaced(row: Transaction, note: str) -> Transaction:
    """signed or broadcast -> replaced: the wish came true through another transaction."""
    with transaction.atomic():
        _edge(
            row, (Status.SIGNED, Status.BROADCAST), Status.REPLACED, unchanged={"hash": row.hash},
            final_at=timezone.now(), error_code="done_elsewhere", error_text=note,
        )  # fmt: skip
        _members(row).update(status=Status.REPLACED, final_at=row.final_at, error_code="done_elsewhere")
    return row


def hurry(row: Transaction) -> Transaction:
    """No edge: what is wanted is tried now; what is signed is signed again at higher fees at the next visit."""
    if row.status not in (Status.WANTED, Status.SIGNED, Status.BROADCAST):
        raise StaleTransition(f"{row.key} is {row.status}; there is nothing to hasten.")
    return _edge(row, (Status(row.status),), Status(row.status), hurry_asked_at=timezone.now(), nudged_at=None)


def cancel(row: Transaction) -> Transaction:
    """wanted -> cancelled; or a note on what is signed already, for which the worker tries to win the race."""
    if row.status == Status.WANTED:
        return cancelled(row)
    if row.status not in (Status.SIGNED, Status.BROADCAST):
        raise StaleTransition(f"{row.key} is {row.status}; it cannot be cancelled any more.")
    return _edge(row, (Status(row.status),), Status(row.status), cancel_asked_at=timezone.now(), nudged_at=None)


def cancelled(row: Transaction) -> Transaction:
    """To cancelled: from wanted, from mined when the empty transaction was, or when its nonce went to another."""
    open_ = (Status.WANTED, Status.SIGNED, Status.BROADCAST, Status.MINED)
    with transaction.atomic():
        _edge(
            row, open_, Status.CANCELLED, unchanged={"hash": row.hash}, final_at=timezone.now(), error_code="",
            error_text="",
        )  # fmt: skip
        _members(row).update(status=Status.CANCELLED, batch=None, final_at=row.final_at)
    return row


def wish_again(row: Transaction) -> Transaction:
    """reverted or cancelled -> wanted: somebody has mended what the contract refused, or wants it after all."""
    with transaction.atomic():
        Transaction.objects.filter(key__startswith=form_key(row.pk)).delete()
        return _edge(
            row, (Status.REVERTED, Status.CANCELLED), Status.WANTED, cancels=False, cancel_asked_at=None,
            hurry_asked_at=None, sender="", nonce=None, gas=None, signed_bytes=None, hash="", block_hash="",
            block_number=None, gas_used=None, fee_wei=None, contract_address="", max_fee_per_gas_wei=None,
            max_priority_fee_per_gas_wei=None, created_at=timezone.now(), signed_at=None, broadcast_at=None,
            mined_at=None, final_at=None, error_code="", error_text="",
        )  # fmt: skip


def postpone(row: Transaction, seconds: float, code: str | None = None, text: str = "") -> Transaction:
    """No edge: look again later, and say why where there is a reason."""
    why: dict[str, Any] = {} if code is None else {"error_code": code, "error_text": text}
    return _edge(row, (Status(row.status),), Status(row.status), due_seconds=seconds, **why)


def forms(row: Transaction) -> list[Transaction]:
    """The earlier signed forms of `row`, which have its nonce and lower fees."""
    return list(Transaction.objects.filter(status=Status.REPLACED, key__startswith=form_key(row.pk)).order_by("pk"))


def adopt_form(row: Transaction, form: Transaction) -> Transaction:
    """An earlier form was mined after all: `row` takes its bytes, and the newer bytes stay in its place."""
    newer = _form_of(row)
    with transaction.atomic():
        _edge(
            row, (Status(row.status),), Status.BROADCAST, unchanged={"hash": row.hash}, hash=form.hash,
            signed_bytes=bytes(form.signed_bytes or b""), max_fee_per_gas_wei=form.max_fee_per_gas_wei,
            max_priority_fee_per_gas_wei=form.max_priority_fee_per_gas_wei, cancels=form.cancels,
            broadcast_at=row.broadcast_at or timezone.now(),
        )  # fmt: skip
        Transaction.objects.filter(pk=form.pk).delete()
        newer.save(force_insert=True)
    return row


def fields(row: Transaction, nonce: int, gas: int, fees: Fees, *, cancels: bool = False) -> dict[str, Any]:
    """What is signed (EIP-1559); without `to` for the creation of a contract; to itself and empty to cancel."""
    found: dict[str, Any] = {
        "type": 2, "chainId": row.chain_id, "nonce": nonce, "gas": gas, "value": row.value_wei, "data": row.data,
        "maxFeePerGas": fees.max_fee_wei, "maxPriorityFeePerGas": fees.tip_wei,
    }  # fmt: skip
    if cancels:
        return {**found, "to": row.sender, "value": 0, "data": "0x"}
    return {**found, "to": row.to} if row.to else found


def _edge(
    row: Transaction,
    old: tuple[Status, ...],
    new: Status,
    *,
    due_seconds: float = 0,
    unchanged: dict[str, Any] | None = None,
    **changes: Any,
) -> Transaction:
    due_at = timezone.now() + timedelta(seconds=due_seconds)
    if row.status not in old:
        raise StaleTransition(f"{row.key} is {row.status}; it cannot become {new}.")
    hit = Transaction.objects.filter(pk=row.pk, status=row.status, **(unchanged or {})).update(
        status=new, due_at=due_at, **changes
    )
    if hit != 1:
        raise StaleTransition(f"{row.key} was no longer {row.status} when it should become {new}.")
    row.refresh_from_db()
    return row


def _members(row: Transaction) -> QuerySet[Transaction]:
    return Transaction.objects.filter(batch=row, status=Status.BATCHED)


def form_key(pk: int) -> str:
    """How the keys of the earlier signed forms of a row begin."""
    return f"{FORM}{pk}:"


def _form_of(row: Transaction) -> Transaction:
    """What is signed now, as a row of its own to be kept when it is given up."""
    return Transaction(
        key=form_key(row.pk) + row.hash, purpose=row.purpose, chain_id=row.chain_id, to=row.to, data=row.data,
        value_wei=row.value_wei, status=Status.REPLACED, sender=row.sender, gas=row.gas, hash=row.hash,
        signed_bytes=row.signed_bytes, max_fee_per_gas_wei=row.max_fee_per_gas_wei,
        max_priority_fee_per_gas_wei=row.max_priority_fee_per_gas_wei, signed_at=row.signed_at,
        broadcast_at=row.broadcast_at, due_at=timezone.now(), cancels=row.cancels, error_code="outbid",
        error_text="Signed again with the same nonce and higher fees.",
    )  # fmt: skip
