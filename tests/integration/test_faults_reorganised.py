"""The chain changes its mind at random: I1 and I3, fifty times in CI, a thousand in the long profile.

A round builds a few blocks of mints, sales, transfers and payouts, has them read, and then either takes some back
with other transactions in their place or starts again from the first block. After each, the rows that the indexer
followed to must equal those of a reading from scratch.
"""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from minting.chains import Chain
from minting.contract import calls
from minting.contract.artifacts import TOKEN
from minting.indexer import reorg, walk
from minting.models import Sale, Transfer
from tests.support.chain import rpc
from tests.support.contracts import Stage
from tests.support.profiles import times
from tests.support.projections import facts
from tests.support.wallets import ETHER, Wallet

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
REORGANISATIONS = times(50, 1_000)
BLOCKS_MAX = times(3, 30)  # twice that stays below finality
NUMBERS = 12
REVERTS = "0x5f5ffd"


def wishes(stage: Stage) -> list[dict[str, Any]]:
    """Transactions to draw from; whether one still works when it is drawn is part of the chance."""
    friend = Wallet.new(stage.w3)
    here, there = stage.collector.address, friend.address
    found: list[dict[str, Any]] = []
    for number in range(1, NUMBERS + 1):
        token_id = stage.token_id(number)
        if number % 3:
            found += [{**stage.prepared(stage.voucher(number, price_wei=ETHER + number)), "from": here}] * 2
        else:
            mint = calls.mint(token_id, bytes(32), stage.artist.address, 500)
            found.append({"from": stage.key.address, "to": stage.chain.token, "data": mint})
        for owner, other in ((here, there), (there, here), (stage.artist.address, here)):
            hand_on = calls.encode_call(TOKEN, "transferFrom", owner, other, token_id)
            found.append({"from": owner, "to": stage.chain.token, "data": hand_on})
    found.append({"from": here, "to": stage.chain.market, "data": calls.withdraw(stage.charity)})
    return [
        {**{k: v for k, v in one.items() if k != "chainId"}, "gas": hex(700_000), "value": hex(one.get("value", 0))}
        for one in found
    ]


def grow(stage: Stage, dice: Random, drawn: list[dict[str, Any]], blocks: int) -> None:
    for _ in range(blocks):
        if dice.random() < 0.2:  # the charity takes money or refuses it, which becomes a credit
            rpc(stage.w3, "anvil_setCode", stage.charity, dice.choice(["0x", REVERTS]))
        for wish in dice.sample(drawn, dice.randrange(4)):
            rpc(stage.w3, "eth_sendTransaction", wish)
        rpc(stage.w3, "anvil_mine", "0x1")


def read(chain: Chain, stage: Stage) -> bool:
    """Follow to the head; whether what had been read was taken back on the way."""
    last = reorg.last_block(chain)
    walk.catch_up(chain, stage.w3)
    return last is not None and not type(last).objects.filter(pk=last.pk).exists()


def test_rows_equal_a_reading_from_scratch_after_each_of_many_reorganisations(stage: Stage, dice: Random) -> None:
    drawn = wishes(stage)
    rpc(stage.w3, "anvil_autoImpersonateAccount", True)
    rpc(stage.w3, "evm_setAutomine", False)
    base = stage.w3.eth.block_number
    chain = replace(stage.chain, deploy_block=base)  # a block that stays, to see where others leave it
    mark, happened, seen = rpc(stage.w3, "evm_snapshot"), 0, set()
    while happened < REORGANISATIONS:
        if dice.random() < 0.4:
            rpc(stage.w3, "evm_revert", mark)
            mark = rpc(stage.w3, "evm_snapshot")
        elif stage.w3.eth.block_number > base + 1:
            depth = dice.randint(1, min(stage.w3.eth.block_number - base - 1, 2 * BLOCKS_MAX))
            instead = [[wish, dice.randrange(depth)] for wish in dice.sample(drawn, dice.randrange(3))]
            rpc(stage.w3, "anvil_reorg", depth, instead)
        room = 2 * BLOCKS_MAX - (stage.w3.eth.block_number - base)
        grow(stage, dice, drawn, dice.randint(1, BLOCKS_MAX) if room > 0 else 0)
        happened += read(chain, stage)
        followed = facts()
        walk.rebuild(chain, stage.w3)
        assert facts() == followed, f"after {happened} reorganisations"
        seen |= {row[0] for row in followed}
        if room <= 0:
            rpc(stage.w3, "evm_revert", mark)
            mark = rpc(stage.w3, "evm_snapshot")
            grow(stage, dice, drawn, 1)
    assert {"Log", "Token", "Transfer", "Sale", "Payment", "Donation", "Credit"} <= seen
    assert Sale.objects.count() <= NUMBERS
    assert Transfer.objects.count() >= Sale.objects.count()
