"""The book of sales on site: exact money, one standing sale per work, no sale on the chain beside it."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from gallery import catalogue, rights, sales, works
from gallery.errors import AlreadySold, GalleryError, NotReady, SoldOnSite, StaleTransition, WordsRefused
from gallery.models import Exhibition, OnSiteEntry, OnSiteSale, User, Work
from gallery.onsite import book, currencies
from minting import api as minting
from minting.models import Pin, Transaction
from tests.unit.gallery import factories as make

KRW = 450_005


@pytest.fixture
def staff(db: None) -> User:
    return make.person("Counter", is_staff=True)


def record(work: Work, by: User, receipt: str = "A-1", **changes: Any) -> OnSiteSale:
    asked = {"sold_at": timezone.now(), "amount_minor": KRW, "currency": "KRW", "receipt_number": receipt} | changes
    return book.record(work, by, **asked)


@given(st.integers(1, currencies.AMOUNT_MINOR_MAX), st.integers(0, 9_999))
def test_parts_of_an_amount_add_up_whatever_it_is(amount: int, bps: int) -> None:
    donation, rest = book.split(amount, bps)
    assert donation + rest == amount
    assert 0 <= amount * bps - donation * 10_000 < 10_000


@pytest.mark.parametrize(
    ("text", "code", "minor"),
    [("450,000", "KRW", 450_000), ("450000", "KRW", 450_000), ("1200.5", "EUR", 120_050), ("0.01", "USD", 1)],
)
def test_amount_is_exact_when_it_is_one(text: str, code: str, minor: int) -> None:
    assert currencies.parse(text, code) == minor
    assert currencies.parse(currencies.plain(minor, code), code) == minor
    assert currencies.parse(currencies.shown(minor, code).split("\u00a0")[0], code) == minor


@pytest.mark.parametrize("text", ["", "0", "-5", "450.5", "4,50", "1e5", "4५0", "NaN", "9" * 17, "1 000", "450,0000"])
def test_amount_is_refused_when_it_is_none_of_the_currency(text: str) -> None:
    with pytest.raises(currencies.NotAnAmount):
        currencies.parse(text, "KRW")


@pytest.mark.django_db
def test_work_leaves_the_chains_sale_when_it_is_sold_on_site(staff: User) -> None:
    work = make.work(donation_bps=1_000)
    show, voucher = make.exhibition(work), work.voucher
    sale = record(work, staff, exhibition=show)
    assert (sale.promised_minor, sale.proceeds_minor) == (45_000, KRW - 45_000)
    assert (sale.charity_name, sale.donation_bps) == (work.charity.name, 1_000)
    again = catalogue.work(work.id)
    assert again.voucher is None
    assert voucher
    voucher.refresh_from_db()
    assert voucher.withdrawn_at is not None
    assert sales.standing(again).kind == "sold_on_site"
    assert [card.kind for card in catalogue.shown(catalogue.on_walls())] == ["sold_on_site"]
    with pytest.raises(SoldOnSite):
        sales.prepare_purchase(again, make.COLLECTOR)
    answer = Client().post(f"/works/{work.id}/purchase", {"address": make.COLLECTOR}, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "sold_on_site")
    assert answer.json()["next_step"]
    text = Client().get(f"/works/{work.id}/").content.decode()
    assert "Sold on site" in text
    assert "data-buy" not in text
    [entry] = OnSiteEntry.objects.all()
    assert (entry.what, entry.by, entry.detail) == ("recorded", staff, "A-1: 450,005\u00a0KRW")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "edge", [works.withdraw, works.voucher_request, works.publish, works.mint], ids=lambda verb: verb.__name__
)
def test_artist_can_take_no_other_way_with_a_work_that_is_sold_on_site(
    staff: User, edge: Callable[[Work], Any]
) -> None:
    work = make.work(price_wei=None if edge is works.mint else 10**16)
    stale = Work.objects.get(pk=work.pk)
    record(work, staff)
    Pin.objects.update(status=Pin.Status.PINNED)
    with pytest.raises(GalleryError):
        edge(stale if edge in (works.withdraw,) else work)
    assert Work.objects.get(pk=work.pk).status == Work.Status.PUBLISHED
    assert not Transaction.objects.filter(purpose="mint").exists()


@pytest.mark.django_db
def test_sale_is_refused_by_name_when_the_work_is_not_free(staff: User) -> None:
    sold, minted, submitted, wished, twice = (
        make.work(), make.work(price_wei=None), make.work(status="submitted"), make.work(price_wei=None), make.work(),
    )  # fmt: skip
    make.sell(sold)
    make.mint(minted, minted.artist_address)
    minting.want_mint(works.token_id(wished), _cid(), wished.artist_address, 500)
    record(twice, staff, "A-0")
    expected = {sold: AlreadySold, minted: AlreadySold, submitted: NotReady, wished: NotReady, twice: NotReady}
    for work, error in expected.items():
        with pytest.raises(error):
            record(work, staff, f"R{work.number}")
    assert OnSiteSale.objects.count() == 1
    record(wished_again := make.work(price_wei=None), staff, "A-9")
    assert sales.standing(catalogue.work(wished_again.id)).kind == "sold_on_site"


def _cid() -> str:
    return minting.keep(b"words", "words.json", "application/json")


@pytest.mark.django_db
def test_words_are_refused_with_the_name_of_the_field(staff: User) -> None:
    record(make.work(), staff, "TAKEN-1")
    work, elsewhere = make.work(), make.exhibition()
    for field, change in (
        ("currency", {"currency": "XXX"}), ("amount", {"amount_minor": 0}), ("receipt_number", {"receipt": "  "}),
        ("receipt_number", {"receipt": "9" * 41}), ("sold_at", {"sold_at": timezone.now() + timedelta(days=1)}),
        ("receipt_number", {"receipt": " taken-1"}), ("exhibition", {"exhibition": elsewhere}),
    ):  # fmt: skip
        with pytest.raises(WordsRefused) as refused:
            record(work, staff, **change)
        assert refused.value.field == field
    assert Work.objects.get(pk=work.pk).onsite_sale is None


@pytest.mark.django_db
def test_voided_sale_stays_in_the_book_and_frees_the_work(staff: User) -> None:
    work = make.work()
    sale = record(work, staff)
    with pytest.raises(WordsRefused):
        book.void(sale, staff, " ")
    book.void(sale, staff, "The card was declined.")
    with pytest.raises(StaleTransition):
        book.void(sale, staff, "Again.")
    free = catalogue.work(work.id)
    assert free.onsite_sale is None
    assert free.offer_has_lapsed  # its artist signs anew
    assert OnSiteSale.objects.get().void_reason == "The card was declined."
    assert list(OnSiteEntry.objects.values_list("what", flat=True)) == ["recorded", "voided"]
    record(free, staff, "a-1")  # the same paper, written down rightly now
    assert OnSiteSale.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        OnSiteSale.objects.filter(pk=sale.pk).update(voided_at=None)


@pytest.mark.django_db
def test_the_chain_wins_when_it_was_faster_than_the_counter(staff: User) -> None:
    work = make.work(price_wei=10**16)
    record(work, staff)
    make.sell(work)  # its purchase was on the way
    again = catalogue.work(work.id)
    assert sales.standing(again).kind == "sold"
    assert [card.kind for card in catalogue.shown(catalogue.on_walls())] == ["sold"]


@pytest.mark.django_db
def test_only_staff_may_sell_on_site(staff: User) -> None:
    artist = make.artist(is_curator=True)
    assert rights.may(staff, "sell_on_site")
    assert not rights.may(artist, "sell_on_site")
    staff.is_active = False
    assert not rights.may(staff, "sell_on_site")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["record", "withdraw", "mint", "token"])
def test_one_of_two_wins_when_a_work_is_sold_at_the_counter_and_taken_elsewhere_at_once(
    staff: User, other: str
) -> None:
    work = make.work(price_wei=None if other == "mint" else 10**16)
    work.metadata_cid = _cid()
    Pin.objects.update(status=Pin.Status.PINNED)
    work.image_cid, work.further_cids = work.metadata_cid, []
    work.save()
    ways: dict[str, Callable[[], Any]] = {
        "record": lambda: record(Work.objects.get(pk=work.pk), staff, "B-2"),
        "withdraw": lambda: works.withdraw(Work.objects.get(pk=work.pk)),
        "mint": lambda: works.mint(Work.objects.get(pk=work.pk)),
        "token": lambda: make.sell(Work.objects.get(pk=work.pk)),
    }
    at_once, refused = threading.Barrier(2), []

    def run(way: Callable[[], Any]) -> None:
        try:
            at_once.wait(10)
            way()
        except GalleryError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(way,)) for way in (ways["record"], ways[other])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    standing = OnSiteSale.objects.filter(voided_at=None).count()
    after = catalogue.work(work.id)
    if other == "token":  # the chain asks nobody; whichever came first, pages tell of its sale
        assert sales.standing(after).kind == "sold"
        assert (standing, len(refused)) in ((1, 0), (0, 1))
        return
    assert len(refused) == 1
    taken = {
        "record": standing,
        "withdraw": standing + (after.status == Work.Status.WITHDRAWN),
        "mint": standing + Transaction.objects.filter(purpose="mint").count(),
    }
    assert taken[other] == 1
    assert (after.onsite_sale is not None) == (standing == 1)
    assert Exhibition.objects.count() == 0
