"""Killed at every failpoint, again and again: T1 to T5 and I5, twenty deaths each, a hundred in the long profile."""

from typing import Any

import pytest

from minting.contract import reader
from minting.failpoints import POINTS
from minting.indexer import walk
from minting.models import Block, Donation, Log, Payment, Sale, Transaction
from minting.transactions.work import work
from tests.support.contracts import Stage
from tests.support.deaths import die_at
from tests.support.profiles import times
from tests.support.projections import facts

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
DEATHS = times(20, 100)
LEFT = {"before_sign": "wanted", "after_mined": "broadcast"}  # elsewhere: signed


def by_a_worker_that_dies(stage: Stage, row: Transaction, point: str) -> None:
    die_at(point, lambda: work(row.pk, stage.chain, reader.connect(stage.chain), stage.key))


def test_every_wish_becomes_one_token_however_often_the_worker_is_killed(stage: Stage, settings: Any) -> None:
    used, number = int(stage.w3.eth.get_transaction_count(stage.key.address)), 0
    for point in (point for point in POINTS if point != "mid_block"):
        for death in range(DEATHS):
            settings.MINT_BATCH_MAX = 1 + death % 2
            rows = [stage.want_mint(number := number + 1) for _ in range(settings.MINT_BATCH_MAX)]
            by_a_worker_that_dies(stage, rows[0], point)
            left = Transaction.objects.get(pk=rows[0].pk)
            sent = left.batch or left
            assert sent.status == LEFT.get(point, "signed"), (point, death)
            stage.work(sent)
            done = [Transaction.objects.get(pk=row.pk) for row in rows]
            assert {row.status for row in done} == {"final"}, (point, death)
            assert sent.hash in {"", (done[0].batch or done[0]).hash}, "other bytes were sent than those signed"
            used += 1
        assert stage.w3.eth.get_transaction_count(stage.key.address) == used, (
            f"{point}: a nonce was burned or doubled"
        )
    assert all(reader.token_exists(stage.w3, stage.chain.token, stage.token_id(n + 1)) for n in range(number))
    walk.catch_up(stage.chain, stage.w3)
    assert Log.objects.filter(event="Transfer").count() == number


def test_every_block_is_all_there_or_not_at_all_when_the_indexer_is_killed_in_it(stage: Stage) -> None:
    for number in range(1, DEATHS + 1):
        stage.sell(number)
        die_at("mid_block", lambda: walk.catch_up(stage.chain, reader.connect(stage.chain)))
        head = Block.objects.order_by("-number").first()
        assert head is None or head.number < stage.w3.eth.block_number
        counts = (Sale.objects.count(), Donation.objects.count(), Payment.objects.count())
        assert counts == (number - 1, number - 1, 2 * (number - 1))
        walk.catch_up(stage.chain, stage.w3)
        assert Sale.objects.count() == number
    followed = facts()
    walk.rebuild(stage.chain, stage.w3)
    assert facts() == followed
