"""What the pages read, held against what the market and the projections say."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from gallery import catalogue, sales
from minting import units
from minting.models import Donation
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db


def test_standing_on_lists_is_that_of_the_market_whatever_it_is() -> None:
    soon = timezone.now() + timedelta(days=1)
    for_sale, sold, minted, unpriced, early = (
        make.work(), make.work(), make.work(price_wei=None), make.work(price_wei=None), make.work(),
    )  # fmt: skip
    make.exhibition(early, sale_opens_at=soon)
    make.sell(sold)
    make.mint(minted, minted.artist_address)
    listed = {card.work.number: card for card in catalogue.shown(catalogue.on_walls())}
    kinds = {}
    for work in (for_sale, sold, minted, unpriced, early):
        standing = sales.standing(catalogue.work(work.id))
        card = listed[work.number]
        assert (card.kind, card.price_wei) == (standing.kind, standing.price_wei)
        kinds[work.number] = card.kind
    assert list(kinds.values()) == ["for_sale", "sold", "minted", "not_for_sale", "not_yet"]
    assert listed[early.number].opens_at == soon


def test_ledger_adds_up_exactly_when_charities_are_several() -> None:
    one, two = make.charity(name="One"), make.charity(name="=Two")
    for charity, price_wei in ((one, 10**18 + 9), (two, 2**100 + 1), (one, 19)):
        make.sell(make.work(charity=charity, price_wei=price_wei, title="=HYPERLINK()"))
    ledger = catalogue.ledger()
    by_hand = {
        charity.address: sum(d.amount_wei for d in Donation.objects.filter(beneficiary=charity.address))
        for charity in (one, two)
    }
    assert {total.address: total.wei for total in ledger.totals} == by_hand
    assert ledger.total_wei == (10**18 + 9) // 10 + (2**100 + 1) // 10 + 1
    body = Client().get("/ledger.json").json()
    assert int(body["total_wei"]) == ledger.total_wei == sum(int(d["amount_wei"]) for d in body["donations"])
    rows = list(csv.DictReader(io.StringIO(Client().get("/ledger.csv").content.decode())))
    assert sum(units.parse_ether(row["amount_eth"]) for row in rows) == ledger.total_wei
    assert {row["title"] for row in rows} == {"'=HYPERLINK()"}


def test_donation_is_provisional_until_its_block_is_deep_enough(settings) -> None:  # type: ignore[no-untyped-def]
    settings.CHAIN_CONFIRMATIONS = 2
    sale = make.sell(make.work())
    assert catalogue.ledger().rows[0].provisional
    make.block(sale.log.block.number + 2)
    assert not catalogue.ledger().rows[0].provisional


def test_nothing_is_counted_when_the_contracts_are_not_deployed(settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    make.sell(make.work())
    settings.DEPLOYMENTS_DIR = tmp_path / "elsewhere"
    assert catalogue.ledger().rows == []
    assert catalogue.home().donated_wei == 0
    assert Client().get("/").status_code == 200
