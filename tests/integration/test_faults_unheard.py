"""Five hundred mints by two workers while three of ten answers of the node are lost: T5 and T6."""

import threading
from collections import Counter
from random import Random
from typing import Any

import pytest
from django.db import connection

from minting.contract import reader
from minting.contract.errors import NodeUnreachable
from minting.indexer import walk
from minting.models import Transaction, Transfer
from minting.transactions import outbox
from minting.transactions.work import work
from tests.support.contracts import Stage
from tests.support.go_between import losing
from tests.support.profiles import times

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
MINTS = 500
TOGETHER = times(40, 1)  # as the settings have it; one by one in the long profile


def test_every_mint_happens_once_though_answers_are_lost_and_two_workers_race(
    stage: Stage, settings: Any, dice: Random
) -> None:
    settings.MINT_BATCH_MAX = TOGETHER
    used = int(stage.w3.eth.get_transaction_count(stage.key.address))
    for number in range(1, MINTS + 1):
        stage.want_mint(number)
    errors: list[Exception] = []
    asked: Counter[bool] = Counter()

    def loses(method: str) -> bool:
        lost = dice.random() < 0.3
        asked[lost] += 1
        return lost

    def sender(url: str, own: Random) -> None:
        try:
            chain = type(stage.chain)(**{**vars(stage.chain), "rpc_url": url})
            w3 = None
            while w3 is None:
                try:
                    w3 = reader.connect(chain)
                except NodeUnreachable:
                    continue
            while open_ := list(
                Transaction.objects.filter(status__in=Transaction.OPEN)
                .order_by("pk")
                .values_list("pk", flat=True)[:8]
            ):
                work(own.choice(open_), chain, w3, stage.key)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    with losing(stage.chain.rpc_url, loses) as url:
        threads = [threading.Thread(target=sender, args=(url, Random(dice.random()))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(times(120, 1_200))
    assert errors == []
    assert not any(thread.is_alive() for thread in threads)
    print(f"{asked[True]} of {asked.total()} answers were lost")
    assert asked[True] > 0.2 * asked.total()
    mints = Transaction.objects.filter(purpose="mint")
    assert Counter(mints.values_list("status", flat=True)) == {"final": MINTS}
    sent = Transaction.objects.filter(nonce__isnull=False).exclude(key__startswith=outbox.FORM)
    nonces = sorted(sent.filter(nonce__gte=used).values_list("nonce", flat=True))
    assert nonces == list(range(used, used + len(nonces)))
    assert stage.w3.eth.get_transaction_count(stage.key.address) == used + len(nonces)
    walk.catch_up(stage.chain, stage.w3)
    assert Transfer.objects.count() == MINTS
