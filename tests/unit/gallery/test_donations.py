"""The ledger: promised beside given beside held, by charity, exhibition and time, page by page, and on paper."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from gallery import donations
from gallery.models import Charity
from minting import api as minting
from minting import units
from minting.models import Donation, Voucher
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db
ETHER = 10**18


def read(answer: Any) -> str:
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


def test_ledger_adds_up_exactly_when_charities_are_several() -> None:
    one, two = make.charity(name="One"), make.charity(name="=Two")
    for charity, price_wei in ((one, ETHER + 9), (two, 2**100 + 1), (one, 19)):
        make.sell(make.work(charity=charity, price_wei=price_wei, title="=HYPERLINK()"))
    ledger = donations.ledger()
    by_hand = {
        charity.address: sum(d.amount_wei for d in Donation.objects.filter(beneficiary=charity.address))
        for charity in (one, two)
    }
    assert {total.address: total.wei for total in ledger.totals} == by_hand
    assert {total.address: total.promised_wei for total in ledger.totals} == by_hand
    assert ledger.total_wei == ledger.promised_wei == (ETHER + 9) // 10 + (2**100 + 1) // 10 + 1
    assert all(given.agrees for given in ledger.rows)
    body = Client().get("/ledger.json").json()
    assert int(body["total_wei"]) == ledger.total_wei == sum(int(d["amount_wei"]) for d in body["donations"])
    assert int(body["promised_wei"]) == ledger.promised_wei == sum(int(d["promised_wei"]) for d in body["donations"])
    rows = list(csv.DictReader(io.StringIO(Client().get("/ledger.csv").content.decode())))
    assert sum(units.parse_ether(row["amount_eth"]) for row in rows) == ledger.total_wei
    assert {row["title"] for row in rows} == {"'=HYPERLINK()"}


def test_sale_is_told_apart_when_less_was_given_than_the_artist_signed_for() -> None:
    sale = make.sell(make.work(price_wei=ETHER))
    make.sell(make.work(price_wei=ETHER))
    Voucher.objects.filter(voucher_hash=sale.voucher_hash).update(
        payload={"beneficiary": sale.donation.beneficiary, "donationBps": "2000"}
    )
    ledger = donations.ledger()
    assert (ledger.total_wei, ledger.promised_wei) == (ETHER // 5, ETHER * 3 // 10)
    assert [given.donation.sale_id for given in ledger.rows if not given.agrees] == [sale.pk]
    text = Client().get("/ledger/").content.decode()
    assert "that is another sum" in text
    assert text.count("promised: ") == 1


def test_donation_in_a_coin_is_counted_apart_when_sums_are_of_ether() -> None:
    make.sell(make.work(price_wei=ETHER))
    coin = make.sell(make.work(price_wei=ETHER * 1_000))
    type(coin).objects.filter(pk=coin.pk).update(currency=make.address())
    ledger = donations.ledger()
    assert (ledger.total_wei, ledger.in_coins, len(ledger.rows)) == (ETHER // 10, 1, 1)
    assert minting.counts()["donated_wei"] == str(ETHER // 10)
    assert "1 donation was given in a coin other than ether" in Client().get("/ledger/").content.decode()


def test_charity_is_there_when_it_was_promised_something_and_given_nothing() -> None:
    sale = make.sell(make.work(price_wei=ETHER))
    beneficiary = sale.donation.beneficiary
    sale.donation.delete()
    [total] = donations.totals()
    assert (total.address, total.wei, total.promised_wei) == (beneficiary, 0, ETHER // 10)


def test_promise_is_not_known_when_the_voucher_is_not_kept_here() -> None:
    make.sell(make.work())
    Voucher.objects.all().delete()
    [given] = donations.ledger().rows
    assert given.promised_wei is None
    assert given.agrees


def test_money_that_the_contract_holds_is_named_until_it_is_paid_out() -> None:
    work = make.work(price_wei=ETHER)
    make.sell(work)
    make.credit(work.charity.address, ETHER // 10)
    make.credit(make.address(), 7)
    assert donations.totals()[0].held_wei == ETHER // 10
    assert "of which the contract holds" in Client().get("/ledger/").content.decode()
    make.credit(work.charity.address, ETHER // 10, paid_out=True)
    assert donations.totals()[0].held_wei == 0


def test_exhibitions_name_what_their_works_gave_and_nothing_else() -> None:
    shared, only, elsewhere = (make.work(price_wei=ETHER * n) for n in (1, 2, 3))
    one, two = make.exhibition(shared, only), make.exhibition(shared)
    make.exhibition(make.work())
    for work in (shared, only, elsewhere):
        make.sell(work)
    found = {total.exhibition.pk: (total.wei, total.count) for total in donations.by_exhibition()}
    assert found == {one.pk: (ETHER * 3 // 10, 2), two.pk: (ETHER // 10, 1)}


def test_drawing_rises_to_the_whole_sum_and_is_left_out_for_a_single_day() -> None:
    today = datetime(2026, 11, 20, 12, tzinfo=UTC)
    make.sell(make.work(price_wei=ETHER), at=today)
    make.sell(make.work(price_wei=ETHER), at=today + timedelta(hours=2))
    assert donations.over_time() == []
    make.sell(make.work(price_wei=ETHER * 2), at=today + timedelta(days=4))
    days = donations.over_time()
    assert [(day.at.day, day.total_wei, day.x, day.y) for day in days] == [
        (20, ETHER // 5, 0, 500), (24, ETHER * 2 // 5, 1000, 0),
    ]  # fmt: skip
    make.sell(make.work(price_wei=ETHER), at=today + timedelta(days=90))
    assert [moment.at.month for moment in donations.over_time()] == [11, 2]
    assert 'role="img"' in Client().get("/ledger/").content.decode()


def test_pages_of_the_ledger_hold_every_donation_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(donations, "ROWS_PER_PAGE", 2)
    made = [make.sell(make.work()).donation.pk for _ in range(5)]
    seen, before = [], ""
    while True:
        page = donations.ledger(before)
        seen += [given.donation.pk for given in page.rows]
        before = page.older
        if not before:
            break
    assert seen == made[::-1]
    assert [given.donation.pk for given in donations.every()] == made[::-1]


@pytest.mark.parametrize("cursor", ["x", "1", "1-", "-1", "1-2-3", "1-2' OR 1=1", "9" * 50, "१-२"])
def test_cursor_is_refused_when_it_is_not_ours(cursor: str) -> None:
    answer = Client().get("/ledger/", {"before": cursor})
    assert answer.status_code == 400
    assert b"Traceback" not in answer.content


def test_page_costs_the_same_when_the_ledger_is_ten_times_as_long(django_assert_num_queries: Any) -> None:
    by, charity = make.artist(), make.charity()
    shown = make.exhibition(*(make.work(by, charity=charity) for _ in range(2)))
    for hanging in shown.hangings.all():
        make.sell(hanging.work)
    with django_assert_num_queries(19) as few:
        Client().get("/ledger/")
    for _ in range(18):
        make.sell(make.work(by, charity=charity))
    with django_assert_num_queries(len(few)):
        Client().get("/ledger/")


def test_statement_of_a_charity_names_each_sale_and_the_sum_to_the_wei() -> None:
    charity = make.charity(name="Open Atelier", name_ko="열린 화실")
    year = timezone.now().year
    sale = make.sell(make.work(charity=charity, price_wei=ETHER + 19, title="Lake"))
    make.sell(make.work(charity=charity, price_wei=ETHER), at=datetime(2024, 3, 1, tzinfo=UTC))
    make.sell(make.work())
    text = read(Client().get(f"/charities/{charity.slug}/statement-{year}.pdf"))
    assert "Lake" in text
    assert f"{ETHER // 10 + 1} wei" in text
    assert sale.donation.log.transaction_hash[:30] in text.replace("\n", "")
    assert charity.address in text
    assert str(ETHER // 10) in read(Client().get(f"/charities/{charity.slug}/statement-2024.pdf"))
    assert "열린 화실" in read(Client().get(f"/charities/{charity.slug}/statement-{year}.pdf?lang=ko"))


def test_statement_finds_the_donations_when_an_operator_typed_the_address_in_small_letters() -> None:
    spelled = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    work = make.work(charity=make.charity(address=spelled), price_wei=ETHER)
    make.sell(work)
    Charity.objects.update(address=spelled.lower())
    [given] = donations.of_year(Charity.objects.get(), timezone.now().year)
    assert given.donation.amount_wei == ETHER // 10


def test_statement_is_refused_when_there_can_be_none() -> None:
    charity = make.charity()
    for path in (f"/charities/{charity.slug}/statement-1999.pdf", "/charities/nobody/statement-2026.pdf"):
        assert Client().get(path).status_code == 404
    assert Client().get(f"/charities/{charity.slug}/statement-{timezone.now().year + 2}.pdf").status_code == 404


def test_statement_of_an_artist_is_their_own_alone() -> None:
    by, helper = make.artist("Ines"), make.artist("Seoyeon")
    work = make.work(by, price_wei=ETHER, title="Ridge", status="draft")
    make.collaborator_share(work, helper)
    make.sell(work)
    year = timezone.now().year
    assert Client().get(f"/account/statement-{year}.pdf").status_code == 302
    for user, share_bps in ((by, 7_500), (helper, 1_000)):
        client = Client()
        client.force_login(user)
        answer = client.get(f"/account/statement-{year}.pdf")
        assert "no-store" in answer["Cache-Control"]
        assert f"{ETHER * share_bps // 10_000} wei" in read(answer)
    stranger = Client()
    stranger.force_login(make.artist())
    assert "0 wei" in read(stranger.get(f"/account/statement-{year}.pdf"))


def test_donation_is_provisional_until_its_block_is_deep_enough(settings: Any) -> None:
    settings.CHAIN_CONFIRMATIONS = 2
    sale = make.sell(make.work())
    assert donations.ledger().rows[0].provisional
    make.block(sale.log.block.number + 2)
    assert not donations.ledger().rows[0].provisional
