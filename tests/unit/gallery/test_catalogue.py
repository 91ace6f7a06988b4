"""What the pages read, held against what the market and the projections say."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from gallery import catalogue, donations, sales
from minting.models import Recall, Terms, Token
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


def test_coins_are_not_shown_as_ether_when_a_work_was_sold_for_them() -> None:
    work = make.work(price_wei=make.ETHER)
    sale = make.sell(work)
    type(sale).objects.filter(pk=sale.pk).update(currency=make.address(), price_wei=25_000_000)
    [card] = catalogue.shown(catalogue.on_walls())
    standing = sales.standing(catalogue.work(work.id))
    assert (card.kind, card.price_wei) == (standing.kind, standing.price_wei) == ("sold", None)
    assert "has been paid to" not in Client().get(f"/works/{work.id}/").content.decode()
    assert Client().get("/").status_code == 200


def test_card_names_what_the_owner_asks_until_the_work_moves_or_is_recalled() -> None:
    work, now = make.work(), timezone.now()
    token_id, here = make.sell(work).token_id, {"chain_id": settings.CHAIN_ID, "contract": make.TOKEN}
    Terms.objects.create(
        kind="listing", chain_id=settings.CHAIN_ID, contract=make.MARKET, hash=make.word(), collection=make.TOKEN,
        token_id=token_id, payload={"round": "1"}, price_wei=7, beneficiary=make.address(), donation_bps=0,
        signer=make.COLLECTOR, signature="0x", valid_from=now, valid_until=now + timedelta(days=1),
    )  # fmt: skip

    def asked() -> int | None:
        [card] = catalogue.shown(catalogue.on_walls())
        return card.resale_wei

    assert asked() == 7
    token = Token.objects.filter(**here, token_id=token_id)
    token.update(owner=make.address())
    assert asked() is None
    token.update(owner=make.COLLECTOR)
    Recall.objects.create(log=make.log("Recalled", make.TOKEN), token_id=token_id, round=2, **here)
    assert asked() is None


def test_nothing_is_counted_when_the_contracts_are_not_deployed(settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    make.sell(make.work())
    settings.DEPLOYMENTS_DIR = tmp_path / "elsewhere"
    assert donations.ledger().rows == []
    assert catalogue.home().donated_wei == 0
    assert Client().get("/").status_code == 200
