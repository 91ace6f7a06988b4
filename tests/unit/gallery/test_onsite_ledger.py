"""The ledger's own table for sales on site: by currency, never mixed, and on paper."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from gallery.models import OnSiteSale, User, Work
from gallery.onsite import book, ledger, payments
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def staff() -> User:
    return make.person("Counter", is_staff=True)


def sell(staff: User, work: Work, receipt: str, minor: int, currency: str, at: datetime = NOW) -> OnSiteSale:
    return book.record(work, staff, sold_at=at, amount_minor=minor, currency=currency, receipt_number=receipt)


def pay(sale: OnSiteSale, staff: User, minor: int) -> None:
    payments.book_payment(sale, staff, amount_minor=minor, paid_at=NOW, transaction_hash="0x" + "cd" * 32)


@pytest.fixture
def three(staff: User) -> list[OnSiteSale]:
    """Two in won, one of them paid in part, and one in euro that was paid, then voided."""
    charity, by = make.charity(name="=Open Atelier", name_ko="열린 화실", slug="atelier"), make.artist()
    works = [make.work(by, charity=charity, title=f"=Lake {n}") for n in range(3)]
    won, more, euro = (
        sell(staff, works[0], "A-1", 450_005, "KRW"), sell(staff, works[1], "A-2", 9, "KRW"),
        sell(staff, works[2], "A-3", 120_050, "EUR"),
    )  # fmt: skip
    pay(won, staff, 40_000)
    pay(euro, staff, 12_005)
    book.void(euro, staff, "The buyer came back.")
    return [won, more, euro]


def test_currencies_stand_apart_and_what_was_paid_stays_paid(three: list[OnSiteSale]) -> None:
    make.sell(make.work(charity=three[0].charity, price_wei=10**18))
    found = ledger.totals()
    assert [(t.currency, t.sales, t.promised_minor, t.paid_minor, t.open_minor) for t in found] == [
        ("EUR", 0, 0, 12_005, 0), ("KRW", 2, 45_000, 40_000, 5_000),
    ]  # fmt: skip
    assert ledger.by_currency(found) == [("EUR", 0, 12_005), ("KRW", 45_000, 40_000)]
    page = Client().get("/ledger/").content.decode()
    assert "45,000\u00a0KRW" in page
    assert "12,005" not in page
    assert "120.05\u00a0EUR" in page
    body = Client().get("/ledger.json").json()
    assert body["total_wei"] == str(10**17)
    assert body["on_site"]["totals"][1] == {
        "charity": "=Open Atelier", "currency": "KRW", "minor_digits": 0, "sales": 2, "promised_minor": 45_000,
        "paid_minor": 40_000,
    }  # fmt: skip
    told = body["on_site"]["sales"]
    assert sum(row["promised_minor"] for row in told if row["currency"] == "KRW") == 45_000
    assert sum(one["amount_minor"] for row in told for one in row["payments"] if row["currency"] == "EUR") == 12_005
    assert not any("receipt" in key for row in told for key in row)
    rows = list(csv.DictReader(io.StringIO(Client().get("/ledger-on-site.csv").content.decode())))
    assert {row["currency"]: row["paid"] for row in rows if row["paid"] not in ("0", "")} == {
        "KRW": "40000", "EUR": "120.05",
    }  # fmt: skip
    assert {row["title"][:6] for row in rows} == {"'=Lake"}
    assert {row["charity"] for row in rows} == {"'=Open Atelier"}


def test_exhibitions_name_what_was_promised_and_paid_in_them_by_currency(staff: User) -> None:
    by, charity = make.artist(), make.charity()
    works = [make.work(by, charity=charity) for _ in range(3)]
    show = make.exhibition(*works, title="Nine Rooms")
    make.exhibition(works[0])
    for n, (work, minor, currency) in enumerate(zip(works, (1_000, 3_000, 500), ("KRW", "KRW", "USD"), strict=True)):
        sale = book.record(
            work, staff, sold_at=NOW, amount_minor=minor, currency=currency, receipt_number=f"E-{n}", exhibition=show
        )
    pay(sale, staff, 50)
    assert ledger.by_exhibition() == [(show, "KRW", 400, 0), (show, "USD", 50, 50)]
    assert "Nine Rooms" in Client().get("/ledger/").content.decode()
    assert {row["exhibition"] for row in Client().get("/ledger.json").json()["on_site"]["sales"]} == {show.slug}


def test_sale_without_payment_leaves_the_ledger_when_it_is_voided(staff: User, three: list[OnSiteSale]) -> None:
    book.void(three[1], staff, "Typed twice")
    assert [row.sale.pk for row in ledger.newest()] == [row.sale.pk for row in ledger.every()]
    assert {row.sale.pk for row in ledger.newest()} == {three[0].pk, three[2].pk}


def test_statement_of_the_charity_names_promises_and_payments_of_its_year(
    staff: User, three: list[OnSiteSale]
) -> None:
    old = sell(
        staff,
        make.work(charity=three[0].charity, title="Ridge"),
        "B-1",
        1_000,
        "KRW",
        datetime(2024, 5, 1, tzinfo=UTC),
    )
    for year, wanted, missing in ((NOW.year, "40,000", "Ridge"), (2024, "Ridge", "40,000")):
        answer = Client().get(f"/charities/atelier/statement-{year}.pdf")
        text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
        assert wanted in text
        assert missing not in text
    assert old.promised_minor == 100
    assert "45,000" in text or "100" in text
    korean = Client().get(f"/charities/atelier/statement-{NOW.year}.pdf?lang=ko")
    assert "현장" in "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(korean.content)).pages)
    assert "statement-2024.pdf" in Client().get("/ledger/").content.decode()


def test_newest_and_all_are_the_same_rows_in_the_same_order(staff: User) -> None:
    by, charity = make.artist(), make.charity()
    for n in range(3):
        sell(staff, make.work(by, charity=charity), f"R{n}", 100, "USD", NOW - timedelta(days=n))
    assert [row.sale.receipt_number for row in ledger.newest()] == ["R0", "R1", "R2"]
