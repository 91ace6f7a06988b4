"""What the indexer says of itself, and what the page of health makes of it."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from config import health
from minting import api
from minting.contract.errors import NodeUnreachable
from minting.indexer import reading
from minting.indexer.reorg import HaltedByReorg
from minting.models import Reading
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db


def test_health_tells_how_far_the_chain_was_read_and_what_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert api.indexer_state() == (True, "")
    block = make.block()
    reading.well(settings.CHAIN_ID)
    assert api.indexer_state() == (True, f"has read to block {block.number}")
    reading.unwell(NodeUnreachable("The chain node did not answer."))
    up, says = api.indexer_state()
    assert (up, says.startswith("waits: The chain node did not answer.")) == (False, True)
    reading.unwell(HaltedByReorg("The chain has other blocks."))
    up, says = api.indexer_state()
    assert (up, says.startswith("halted: The chain has other blocks.")) == (False, True)
    assert Reading.objects.get().block_number == block.number
    monkeypatch.setattr(health, "_seen", lambda up, why_not: {"up": True, "detail": "answers"})
    assert health._loops()["indexer"]["up"] is False
    reading.well(settings.CHAIN_ID)
    assert health._loops()["indexer"] == {"up": True, "detail": f"has read to block {block.number}"}


def test_silence_of_the_indexer_shows() -> None:
    reading.well(settings.CHAIN_ID)
    Reading.objects.update(seen_at=timezone.now() - timedelta(seconds=reading.SILENT_SECONDS + 5))
    assert api.indexer_state()[0] is False
