"""What the indexer says of itself to the page of health, which is another process: how far it is, what stops it.

Written when it changes and every few seconds besides, so that silence shows as well.
"""

from datetime import timedelta

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from minting.errors import MintingError
from minting.models import Block, Reading

EVERY_SECONDS = 5
SILENT_SECONDS = 60


def well(chain_id: int) -> None:
    """It has read to the head."""
    recent = timezone.now() - timedelta(seconds=EVERY_SECONDS)
    if Reading.objects.filter(chain_id=chain_id, error_code="", seen_at__gt=recent).exists():
        return
    top = Block.objects.filter(chain_id=chain_id).aggregate(top=Max("number"))["top"]
    _write(chain_id, block_number=top, error_code="", error_text="", is_halted=False)


def unwell(fault: MintingError) -> None:
    """Something stops it; for good, when the fault is none that passes."""
    text = f"{fault} {fault.next_step}"
    _write(settings.CHAIN_ID, error_code=fault.code, error_text=text, is_halted=not fault.retryable)


def _write(chain_id: int, **fields: object) -> None:
    Reading.objects.update_or_create(chain_id=chain_id, defaults={**fields, "seen_at": timezone.now()})


def state(chain_id: int) -> tuple[bool, str]:
    """(whether it reads, sentence); (True, "") where it has not said anything yet."""
    row = Reading.objects.filter(chain_id=chain_id).first()
    if row is None:
        return True, ""
    if row.error_code:
        return False, f"{'halted' if row.is_halted else 'waits'}: {row.error_text}"
    silent = (timezone.now() - row.seen_at).total_seconds()
    if silent > SILENT_SECONDS:
        return False, f"has read to block {row.block_number} and was not heard of for {silent:.0f} s"
    return True, f"has read to block {row.block_number}"
