"""What pages and programs may know of a wish on its way to the chain. Reads rows alone and asks no node.

A mint may travel in a batch, which then has the nonce, the hash and the fee: `carrier` is the row that is really
sent. Whoever shows a passage need not know of batches or of earlier forms beyond what stands here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from minting import chains
from minting.chains import NotDeployed
from minting.models import Block, Transaction
from minting.transactions import batches, outbox

Status = Transaction.Status
ENDED_DAYS = 7
STEPS = (Status.WANTED, Status.SIGNED, Status.BROADCAST, Status.MINED, Status.FINAL)


@dataclass(frozen=True)
class Passage:
    """One wish as it stands at `now`, with the newest block that was read, `head`."""

    row: Transaction
    travellers: int  # mints in the same transaction, this one included; 1 when it goes alone
    head: int | None
    now: datetime
    earlier: tuple[str, ...] = ()  # hashes of earlier signed forms with lower fees, the first one first

    @property
    def carrier(self) -> Transaction:
        return self.row.batch or self.row

    @property
    def status(self) -> str:
        """The state for people: that of the batch, while it travels in one."""
        return str(self.carrier.status if self.row.status == Status.BATCHED else self.row.status)

    @property
    def purpose(self) -> str:
        return self.row.purpose

    @property
    def is_open(self) -> bool:
        return self.status in Transaction.OPEN

    @property
    def token_ids(self) -> list[int]:
        """The tokens that it mints; none for another purpose."""
        if self.purpose == "mint":
            return [_token_in(self.row)]
        return [_token_in(row) for row in self.row.members.all()] if self.purpose == batches.PURPOSE else []

    @property
    def confirmations(self) -> int | None:
        """Blocks on top of its own, as far as the indexer has read; None while it is in none."""
        if self.carrier.block_number is None or self.head is None:
            return None
        depth: int = self.head - self.carrier.block_number
        return depth if depth > 0 else 0

    @property
    def fee_offered_wei(self) -> int | None:
        """At most so much it may cost; None before it is signed."""
        row = self.carrier
        per_gas_wei = row.max_fee_per_gas_wei
        return None if row.gas is None or per_gas_wei is None else row.gas * int(per_gas_wei)

    @property
    def fee_paid_wei(self) -> int | None:
        paid_wei: int | None = self.carrier.fee_wei
        return paid_wei

    @property
    def waited(self) -> timedelta:
        """From the wish to its block, or to now."""
        end = self.carrier.mined_at or self.row.final_at or self.now
        return max(end - self.row.created_at, timedelta())

    @property
    def reason(self) -> tuple[str, str]:
        """(code, sentence in English) of what holds it up or ended it; empty words where nothing does."""
        row = self.carrier if self.carrier.error_code else self.row
        return row.error_code, row.error_text

    @property
    def may_be_hastened(self) -> bool:
        return self.status in (Status.WANTED, Status.SIGNED, Status.BROADCAST)

    @property
    def may_be_cancelled(self) -> bool:
        """While no block holds it; what travels with others only as the whole batch."""
        return self.row.status in (Status.WANTED, Status.SIGNED, Status.BROADCAST)

    @property
    def may_be_wished_again(self) -> bool:
        return self.row.status in (Status.REVERTED, Status.CANCELLED) and self.purpose != batches.PURPOSE


def of_token(token_id: int) -> Passage | None:
    """The mint of a token by this site, if it was ever wished."""
    return _one("mint", str(token_id))


def of_artist(address: str) -> Passage | None:
    """The admission of an artist's wallet."""
    return _one("admit", address)


def of_row(pk: int) -> Passage | None:
    """Any wish by the number of its row; not an earlier form of one."""
    return next(iter(_passages(_wishes().filter(pk=pk))), None)


def under_way(limit: int = 100) -> list[Passage]:
    """Open ones, the longest waiting first, then those that came to a bad end within a week; batches as one."""
    since = timezone.now() - timedelta(days=ENDED_DAYS)
    rows = _wishes().filter(chain_id=settings.CHAIN_ID).prefetch_related("members")
    ended = rows.filter(status__in=(Status.REVERTED, Status.REPLACED, Status.CANCELLED), final_at__gte=since)
    found = list(rows.filter(status__in=Transaction.OPEN).order_by("created_at", "pk")[:limit])
    found += list(ended.order_by("-final_at", "-pk")[: limit - len(found)])
    return list(_passages(found))


def _wishes() -> QuerySet[Transaction]:
    return Transaction.objects.exclude(key__startswith=outbox.FORM).select_related("batch")


def _one(purpose: str, last: str) -> Passage | None:
    try:
        chain = chains.configured()
    except NotDeployed:
        return None
    rows = _wishes().filter(key=f"{purpose}:{chain.chain_id}:{chain.token}:{last}")
    return next(iter(_passages(rows)), None)


def _passages(rows: Iterable[Transaction]) -> Iterable[Passage]:
    """Three queries for any number of rows."""
    rows = list(rows)
    if not rows:
        return
    head = Block.objects.filter(chain_id=settings.CHAIN_ID).aggregate(top=Max("number"))["top"]
    carriers = {row.batch_id or row.pk for row in rows}
    together = dict(
        Transaction.objects.filter(pk__in=carriers).annotate(n=Count("members")).values_list("pk", "n")
    )  # fmt: skip
    wanted = Q()
    for pk in carriers:
        wanted |= Q(key__startswith=outbox.form_key(pk))
    forms: dict[int, list[str]] = {}
    for key, hashed in Transaction.objects.filter(wanted).order_by("pk").values_list("key", "hash"):
        forms.setdefault(int(key.split(":")[1]), []).append(hashed)
    now = timezone.now()
    for row in rows:
        carrier = row.batch_id or row.pk
        yield Passage(row, together.get(carrier, 0) or 1, head, now, tuple(forms.get(carrier, ())))


def _token_in(row: Transaction) -> int:
    """The token id at the end of a mint's key."""
    return int(row.key.rpartition(":")[2])
