"""The counter's pages: for staff alone, exact to the smallest coin, and the charity's payments with proof."""

import io
import re
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from gallery.errors import GalleryError, StaleTransition, WordsRefused
from gallery.models import OnSiteEntry, OnSitePayment, OnSiteSale, User, Work
from gallery.onsite import book, codes, documents, payments
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\nbank\n%%EOF\n"
HASH = "0x" + "ab" * 32


@pytest.fixture(autouse=True)
def private_documents(settings: Any, tmp_path: Path) -> None:
    settings.DOCUMENTS_DIR = tmp_path / "documents"


@pytest.fixture
def staff() -> User:
    return make.person("Counter", is_staff=True)


@pytest.fixture
def counter(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def sell(staff: User, work: Work | None = None, receipt: str = "A-1") -> OnSiteSale:
    return book.record(
        work or make.work(), staff, sold_at=timezone.now(), amount_minor=450_005, currency="KRW",
        receipt_number=receipt,
    )  # fmt: skip


def png(**more: Any) -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (4, 4)).save(out, "PNG", **more)
    return out.getvalue()


def test_pages_are_not_there_for_anybody_but_staff(staff: User) -> None:
    sale = sell(staff)
    payment = payments.book_payment(sale, staff, amount_minor=1, paid_at=timezone.now(), transaction_hash=HASH)
    free, base = make.work(), "/operators/sales/"
    gets = [base, f"{base}works/{free.id}/", f"{base}works/{free.id}/label/", f"{base}{sale.pk}/",
            f"{base}payments/{payment.pk}/document"]  # fmt: skip
    posts = [f"{base}works/{free.id}/", f"{base}{sale.pk}/void", f"{base}{sale.pk}/slip", f"{base}{sale.pk}/payments",
             f"{base}payments/{payment.pk}/void"]  # fmt: skip
    artist = Client()
    artist.force_login(make.artist(is_curator=True))
    for path in gets:
        assert artist.get(path).status_code == 404
        assert Client().get(path).status_code == 302
    for path in posts:
        assert artist.post(path).status_code == 404
        assert Client().post(path).status_code == 302
    assert (OnSiteSale.objects.count(), OnSiteEntry.objects.count()) == (1, 2)


def test_sale_is_recorded_from_the_form_in_both_languages(counter: Client) -> None:
    work = make.work(donation_bps=1_000)
    show = make.exhibition(work)
    path = f"/operators/sales/works/{work.id}/"
    shown = counter.get(path).content.decode()
    assert show.title in shown
    asked = {"amount": "450,005", "currency": "KRW", "receipt_number": "A 17", "exhibition": show.pk,
             "sold_at": timezone.now().strftime("%Y-%m-%dT%H:%M")}  # fmt: skip
    refused = counter.post(path, asked | {"amount": "4.5"})
    assert refused.status_code == 422
    assert "this currency has no decimals" in refused.content.decode()
    assert "1,200.50" in counter.post(path, asked | {"amount": "4.505", "currency": "EUR"}).content.decode()
    assert counter.post(path, asked).status_code == 302
    sale = OnSiteSale.objects.get()
    assert (sale.amount_minor, sale.promised_minor, sale.exhibition) == (450_005, 45_000, show)
    assert counter.get(path)["Location"] == f"/operators/sales/{sale.pk}/"
    for language, words in (("en", "45,000\u00a0KRW promised."), ("ko", "약속한 45,000\u00a0KRW")):
        text = counter.get(f"/operators/sales/{sale.pk}/?lang={language}").content.decode()
        assert words in text
        assert len(re.findall(r"<h1[\s>]", text)) == 1
    assert "A 17" in counter.get("/operators/sales/?q=a 17").content.decode()
    assert "A 17" not in counter.get("/operators/sales/?q=zz").content.decode()


def test_list_costs_the_same_when_it_is_longer(
    counter: Client, staff: User, django_assert_max_num_queries: Any
) -> None:
    by, charity = make.artist(), make.charity()
    works = [make.work(by, charity=charity) for _ in range(6)]
    for n, work in enumerate(works[:4]):
        sell(staff, work, f"A-{n}")
    with django_assert_max_num_queries(9):
        assert counter.get("/operators/sales/").status_code == 200


def test_code_is_printed_once_with_the_label_and_leads_to_the_claim_page(counter: Client, staff: User) -> None:
    by = make.artist("Han Seoyeon", name_ko="한서연")
    sale = sell(staff, make.work(by, title="<Lake>", title_ko="호수"))
    answer = counter.post(f"/operators/sales/{sale.pk}/slip")
    text = answer.content.decode()
    [code] = re.findall(r"data-code[^>]*>([0-9A-Z-]{34})<", text)
    assert codes.read(code)
    assert "no-store" in answer["Cache-Control"]
    assert text.count('class="qr"') == 2
    assert "&lt;Lake&gt;" in text
    assert "<Lake>" not in text
    assert code not in counter.get(f"/operators/sales/{sale.pk}/").content.decode()
    assert code not in "".join(OnSiteEntry.objects.values_list("detail", flat=True))
    label = counter.get(f"/operators/sales/works/{sale.work.id}/label/").content.decode()
    for words in ("호수", "한서연", "Han Seoyeon", "판매 완료", "Sold"):
        assert words in label


def test_sale_is_voided_with_a_reason(counter: Client, staff: User) -> None:
    sale = sell(staff)
    counter.post(f"/operators/sales/{sale.pk}/void", {"reason": ""})
    assert OnSiteSale.objects.get().voided_at is None
    counter.post(f"/operators/sales/{sale.pk}/void", {"reason": "Card declined"})
    text = counter.get(f"/operators/sales/{sale.pk}/").content.decode()
    assert "Card declined" in text
    assert "Print label and claim slip" not in text


def test_payment_is_booked_with_a_document_that_staff_alone_can_open(counter: Client, staff: User) -> None:
    sale = sell(staff)
    path = f"/operators/sales/{sale.pk}/payments"
    asked = {"amount": "45,000", "paid_at": timezone.now().strftime("%Y-%m-%dT%H:%M")}
    for file in (b"<svg onload=x>", PDF[:-8], png() + b"<html>", png()[:-4], b"GIF89a"):
        answer = counter.post(path, asked | {"document": SimpleUploadedFile("x.pdf", file, "application/pdf")})
        assert answer.status_code == 422
    assert not settings_documents(sale)
    assert counter.post(path, asked | {"document": SimpleUploadedFile("x.exe", PDF)}).status_code == 302
    payment = OnSitePayment.objects.get()
    file = documents.path_of(payment.document_sha256)
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (PDF, 0o600)
    got = counter.get(f"/operators/sales/payments/{payment.pk}/document")
    assert b"".join(got.streaming_content) == PDF  # type: ignore[attr-defined]
    assert got["Content-Disposition"].startswith("attachment")
    assert got["X-Content-Type-Options"] == "nosniff"
    assert payment.document_sha256[:8] in counter.get(f"/operators/sales/{sale.pk}/").content.decode()
    counter.post(f"/operators/sales/payments/{payment.pk}/void", {"reason": "Another charity's"})
    assert payments.paid_minor(sale) == 0
    assert [e.what for e in OnSiteEntry.objects.all()] == ["recorded", "payment_booked", "payment_voided"]


def settings_documents(sale: OnSiteSale) -> bool:
    return documents.path_of("00").parent.parent.exists() or sale.payments.exists()


def test_document_is_judged_by_what_is_in_it() -> None:
    jpeg = io.BytesIO()
    Pillow.new("RGB", (4, 4)).save(jpeg, "JPEG")
    assert documents.judge(png()) == "image/png"
    assert documents.judge(jpeg.getvalue()) == "image/jpeg"
    assert documents.judge(PDF) == "application/pdf"
    with pytest.raises(WordsRefused):
        documents.judge(PDF + b"\0" * documents.BYTES_MAX)


def test_payment_is_refused_by_name_when_it_does_not_fit(staff: User) -> None:
    sale, now = sell(staff), timezone.now()
    whole = {"amount_minor": 45_000, "paid_at": now, "transaction_hash": HASH.upper().replace("X", "x")}
    for field, change in (
        ("amount", {"amount_minor": 45_001}), ("amount", {"amount_minor": 0}),
        ("document", {"transaction_hash": ""}), ("transaction_hash", {"transaction_hash": "0x12"}),
        ("paid_at", {"paid_at": now + timedelta(days=1)}),
    ):  # fmt: skip
        with pytest.raises(WordsRefused) as refused:
            payments.book_payment(sale, staff, **whole | change)  # type: ignore[arg-type]
        assert refused.value.field == field
    payment = payments.book_payment(sale, staff, **whole)  # type: ignore[arg-type]
    assert payment.transaction_hash == HASH
    with pytest.raises(WordsRefused):
        payments.book_payment(sale, staff, **whole | {"amount_minor": 1})  # type: ignore[arg-type]
    payments.void_payment(payment, staff, "Typed twice")
    with pytest.raises(StaleTransition):
        payments.void_payment(payment, staff, "Typed twice")
    book.void(sale, staff, "The buyer came back.")
    with pytest.raises(StaleTransition):
        payments.book_payment(sale, staff, **whole)  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_transfer_is_booked_once_when_two_people_book_it_at_once(staff: User) -> None:
    sale, at_once, refused = sell(staff), threading.Barrier(2), []

    def run() -> None:
        try:
            at_once.wait(10)
            payments.book_payment(sale, staff, amount_minor=45_000, paid_at=timezone.now(), transaction_hash=HASH)
        except GalleryError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(refused), payments.paid_minor(sale)) == (1, 45_000)
