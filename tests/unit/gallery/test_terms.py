"""The terms that an artist signs: refused when changed, renewed when lapsed."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from eth_account import Account
from eth_account.signers.local import LocalAccount

from gallery import catalogue, sales, works
from gallery.errors import NotForSale, NotYetKept, OfferLapsed, StaleTransition, WordsRefused
from gallery.models import Wallet, Work
from minting.models import Pin, Transaction, Voucher
from tests.unit.gallery import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("deployed")]


@pytest.fixture
def key() -> LocalAccount:
    return Account.create()


@pytest.fixture
def work(key: LocalAccount) -> Work:
    artist = factories.artist()
    Wallet.objects.create(user=artist, address=key.address)
    drafted = works.draft(
        artist, factories.picture(artist), title="Lake", artist_address=key.address, charity=factories.charity(),
        price_wei=10**16,
    )  # fmt: skip
    return works.submit(drafted)


def signed(key: LocalAccount, typed: dict[str, Any]) -> tuple[dict[str, Any], str]:
    return typed["message"], "0x" + bytes(key.sign_typed_data(full_message=typed).signature).hex()


def test_submit_asks_the_contract_to_admit_the_artist(work: Work) -> None:
    [wish] = Transaction.objects.filter(purpose="admit")
    assert work.artist_address in wish.key


def test_publish_puts_the_work_on_sale_when_its_terms_are_signed(work: Work, key: LocalAccount) -> None:
    terms = signed(key, works.voucher_request(work))
    works.publish(work, *terms)
    again = Work.objects.get(pk=work.pk)
    assert sales.standing(again).kind == "for_sale"
    with pytest.raises(StaleTransition):
        works.publish(again, *terms)


@pytest.mark.parametrize(
    "change",
    [{"price": "1"}, {"donationBps": "0"}, {"beneficiary": "0x" + "11" * 20}, {"validFrom": "253402300000"},
     {"validUntil": "253402300799"}, {"validUntil": str(int(timezone.now().timestamp()) + 25)}, {"validFrom": "x"},
     {"shares": []}],
    ids=["price", "donation", "charity", "from 9999", "until 9999", "until soon", "no date", "shares"],
)  # fmt: skip
def test_publish_refuses_when_the_signed_terms_are_not_those_offered(
    work: Work, key: LocalAccount, change: dict[str, Any]
) -> None:
    message, signature = signed(key, works.voucher_request(work))
    with pytest.raises(WordsRefused):
        works.publish(work, {**message, **change}, signature)
    assert (Work.objects.get(pk=work.pk).status, Voucher.objects.count()) == (Work.Status.SUBMITTED, 0)


def test_work_leaves_the_market_and_can_be_offered_anew_when_its_voucher_lapses(
    work: Work, key: LocalAccount
) -> None:
    works.publish(work, *signed(key, works.voucher_request(work)))
    Voucher.objects.update(valid_until=timezone.now() - timedelta(seconds=1))
    lapsed = Work.objects.get(pk=work.pk)
    assert sales.standing(lapsed).kind == "not_for_sale"
    assert [shown.kind for shown in catalogue.shown(catalogue.on_walls())] == ["not_for_sale"]
    with pytest.raises(OfferLapsed):
        sales.prepare_purchase(lapsed, factories.COLLECTOR)
    works.publish(lapsed, *signed(key, works.voucher_request(lapsed)))
    assert sales.standing(Work.objects.get(pk=work.pk)).kind == "for_sale"
    assert Voucher.objects.filter(withdrawn_at=None).count() == 1


def test_purchase_says_not_for_sale_when_the_work_was_minted_to_its_artist(work: Work) -> None:
    factories.mint(work, owner=work.artist_address)
    with pytest.raises(NotForSale):
        sales.prepare_purchase(work, factories.COLLECTOR)


def test_purchase_waits_until_enough_places_have_proven_the_bytes(work: Work, key: LocalAccount) -> None:
    works.publish(work, *signed(key, works.voucher_request(work)))
    published = Work.objects.get(pk=work.pk)
    assert {published.image_cid, published.metadata_cid} < set(published.cids)  # and what the metadata names
    for cid in published.cids:
        with pytest.raises(NotYetKept):
            sales.prepare_purchase(published, factories.COLLECTOR)
        Pin.objects.filter(cid=cid).update(status=Pin.Status.PINNED)
    assert sales.prepare_purchase(published, factories.COLLECTOR)["to"]


@pytest.mark.parametrize("path", ["/exhibitions/%00/", "/models/a%00b/", "/ledger/?before=%00"])
def test_address_is_not_found_when_it_holds_a_nul(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_form_address_shows_a_page_when_it_is_opened(client: Client, work: Work) -> None:
    client.force_login(work.artist)
    answer = client.get("/studio/upload/")
    assert answer.status_code == 405
    assert b"<h1>" in answer.content
