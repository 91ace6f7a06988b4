"""A stranger's sum: the ledger recomputed from the chain, and every row that differs named."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from minting.indexer import logs, verify, walk
from minting.models import Donation, Log, Sale
from minting.units import split_wei
from tests.support.chain import rpc
from tests.support.contracts import Stage
from tests.support.wallets import ETHER

pytestmark = pytest.mark.django_db(transaction=True)


def sell_and_read(stage: Stage, count: int = 2) -> list[str]:
    hashes = [
        stage.sell(number, price_wei=ETHER + number)["transactionHash"].to_0x_hex() for number in range(1, count + 1)
    ]
    walk.catch_up(stage.chain, stage.w3)
    return hashes


def test_ledger_agrees_when_nothing_was_altered(stage: Stage) -> None:
    sell_and_read(stage)
    stage.sell(3, price_wei=0)
    stage.sell(4, donation_bps=0, shares=[(stage.artist.address, 10_000)])
    walk.catch_up(stage.chain, stage.w3)
    found = verify.recompute(stage.chain, stage.w3)
    assert found.differences == []
    assert (found.sales, found.hidden_terms) == (4, 0)
    expected = sum(split_wei(ETHER + number, 1_000, [8_500, 500])[0] for number in (1, 2))
    assert found.on_chain_wei == found.in_database_wei == {stage.charity: expected}
    out = StringIO()
    call_command("verify", "--ledger", stdout=out)
    assert "ledger agrees: 4 sales, 0.2 ether donated" in out.getvalue()
    call_command("verify", "--ledger", "--rpc", stage.chain.rpc_url, stdout=out)


def test_ledger_names_the_row_when_a_donation_was_altered(stage: Stage) -> None:
    hashed = sell_and_read(stage)[0]
    amount_wei = Donation.objects.get(log__transaction_hash=hashed).amount_wei
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE minting_donation SET amount_wei = amount_wei + 1 FROM minting_log"
            " WHERE minting_log.id = log_id AND transaction_hash = %s",
            [hashed],
        )
        assert cursor.rowcount == 1
    (difference,) = verify.ledger(stage.chain, stage.w3)
    assert (difference.what, difference.transaction_hash) == ("donation", hashed)
    assert difference.token_id == stage.token_id(1)
    assert f"{amount_wei + 1} wei" in difference.database
    assert f"{amount_wei} wei" in difference.chain
    out = StringIO()
    with pytest.raises(CommandError, match="ledger differs in 1 place"):
        call_command("verify", "--ledger", stdout=out)
    assert hashed in out.getvalue()


def test_ledger_names_the_sale_when_its_terms_or_its_block_were_altered(stage: Stage) -> None:
    first, second = sell_and_read(stage)
    Sale.objects.filter(log__transaction_hash=first).update(voucher_hash="0x" + "1" * 64)
    other = Log.objects.get(transaction_hash=second, event="Sold").block
    Log.objects.filter(transaction_hash=first, event="Donated").update(block=other, log_index=99)
    found = {(row.what, row.transaction_hash) for row in verify.ledger(stage.chain, stage.w3)}
    assert found == {("sale", first), ("donation", first)}


def test_ledger_names_the_row_when_a_sale_is_missing_or_extra(stage: Stage) -> None:
    first, second = sell_and_read(stage)
    Sale.objects.filter(log__transaction_hash=first).delete()
    Donation.objects.filter(log__transaction_hash=second).update(beneficiary=stage.site)
    rpc(stage.w3, "anvil_reorg", 1, [])  # the second sale is no longer on the chain
    found = {(row.what, row.transaction_hash): row for row in verify.ledger(stage.chain, stage.w3)}
    assert set(found) == {(what, hashed) for what in ("sale", "payment", "donation") for hashed in (first, second)}
    assert found["sale", first].database == "nothing"
    assert found["donation", second].chain == "nothing"


def test_ledger_finds_the_sale_when_the_nodes_filter_leaves_it_out(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell_and_read(stage)
    monkeypatch.setattr(logs, "transactions_between", lambda *_: {})
    assert verify.ledger(stage.chain, stage.w3) == []


def test_ledger_names_the_sale_when_its_sums_do_not_follow_its_terms(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell_and_read(stage, 1)
    monkeypatch.setattr(
        verify, "split_wei", lambda price, donation, shares: split_wei(price, donation - 1, [8_501, 500])
    )
    (difference,) = verify.ledger(stage.chain, stage.w3)
    assert difference.what == "terms"
