"""The register of charities: proven by the charity, decided on by two people, and never reaching into the past."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from gallery import charities, donations, sales, works
from gallery.errors import StaleTransition, WordsRefused
from gallery.models import Charity, CharityAddress, User
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db


def operator() -> User:
    return make.person("Operator", is_staff=True, is_superuser=True)


def signed(charity: Charity, wallet: LocalAccount) -> str:
    text = encode_defunct(text=charities.statement(charity, wallet.address))
    return "0x" + bytes(wallet.sign_message(text).signature).hex()


def propose(charity: Charity, by: User, wallet: LocalAccount | None = None) -> CharityAddress:
    wallet = wallet or Account.create()
    return charities.propose(charity, wallet.address.lower(), by, signature=signed(charity, wallet))


def test_address_is_the_charitys_once_it_is_proven_and_another_person_has_approved_it() -> None:
    charity, one, other = make.charity(is_active=False), operator(), operator()
    row = propose(charity, one)
    charity.refresh_from_db()
    assert charity.address != row.address
    assert not charity.is_active
    charities.approve(row, other)
    charity.refresh_from_db()
    assert (charity.address, charity.is_active) == (row.address, True)
    assert row.statement == charities.statement(charity, row.address)
    with pytest.raises(StaleTransition):
        charities.approve(row, other)


def test_one_person_alone_cannot_change_where_money_goes() -> None:
    charity, one = make.charity(), operator()
    before = charity.address
    row = propose(charity, one)
    with pytest.raises(WordsRefused, match="Another person"):
        charities.approve(row, one)
    charity.refresh_from_db()
    assert (charity.address, row.status) == (before, "proposed")
    with pytest.raises(IntegrityError), transaction.atomic():  # nor by way of the database
        CharityAddress.objects.filter(pk=row.pk).update(status="current", decided_by=one)


def test_address_is_refused_when_its_proof_does_not_hold() -> None:
    charity, by = make.charity(website="https://atelier.example/"), operator()
    wallet, other = Account.create(), Account.create()
    for asked in (
        {"address": wallet.address, "signature": signed(charity, other)},
        {"address": wallet.address, "signature": signed(make.charity(), wallet)},
        {"address": wallet.address, "signature": "0x"},
        {"address": wallet.address, "page_url": "https://elsewhere.example/donate"},
        {"address": wallet.address, "page_url": "http://atelier.example/donate"},
        {"address": wallet.address},
        {"address": "0x" + "0" * 40, "page_url": "https://atelier.example/donate"},
        {"address": "atelier.eth", "page_url": "https://atelier.example/donate"},
    ):
        with pytest.raises(WordsRefused):
            charities.propose(charity, by=by, **asked)
    assert not CharityAddress.objects.exists()
    assert charities.propose(charity, wallet.address, by, page_url="https://atelier.example/donate").pk


def test_address_belongs_to_one_charity_and_may_come_again_when_it_was_rejected() -> None:
    one, other, by, wallet = make.charity(), make.charity(), operator(), Account.create()
    row = propose(one, by, wallet)
    with pytest.raises(WordsRefused, match="already"):
        propose(other, by, wallet)
    charities.reject(row, by)
    charities.approve(propose(other, by, wallet), operator())
    assert CharityAddress.objects.get(status="current").charity == other


def test_change_never_touches_what_was_submitted_or_given_before() -> None:
    charity, one, other = make.charity(), operator(), operator()
    charities.approve(propose(charity, one), other)
    charity.refresh_from_db()
    before = charity.address
    submitted = make.work(charity=charity, title="Submitted")
    submitted.beneficiary = before
    submitted.save(update_fields=["beneficiary"])
    make.sell(submitted)
    draft = make.work(charity=charity, status="draft")
    charities.approve(propose(charity, other), one)
    for work in (submitted, draft, charity):
        work.refresh_from_db()
    after = charity.address
    assert after != before
    assert [part.address for part in sales.parts(submitted, 100) if part.role == "charity"] == [before]
    assert [part.address for part in sales.parts(draft, 100) if part.role == "charity"] == [after]
    [given] = donations.ledger().rows
    assert given.charity == charity
    assert len(donations.of_year(charity, timezone.now().year)) == 1
    assert CharityAddress.objects.filter(charity=charity).values_list("status", flat=True)[::-1] == [
        "former", "current",
    ]  # fmt: skip


def test_submission_fixes_where_the_donation_goes(settings: Any, tmp_path: Any) -> None:
    settings.CONTENT_STORE_DIR = tmp_path
    charity = make.charity()
    work = make.work(charity=charity, status="draft")
    works.submit(work)
    before = charity.address
    charities.approve(propose(charity, operator()), operator())
    work.refresh_from_db()
    assert work.donation_address == before
    assert works.voucher_request(work)["message"]["beneficiary"] == before


def test_desk_takes_proposals_with_proof_and_decisions_by_others() -> None:
    charity, one, other, wallet = make.charity(), operator(), operator(), Account.create()
    client = Client()
    client.force_login(one)
    form = {"charity": charity.pk, "address": wallet.address, "signature": "", "page_url": ""}
    shown = client.post("/admin/gallery/charityaddress/add/", form)
    assert shown.status_code == 200
    assert "pay its donations to" in shown.content.decode()
    form["signature"] = signed(charity, wallet)
    assert client.post("/admin/gallery/charityaddress/add/", form).status_code == 302
    row = CharityAddress.objects.get()
    act = {"action": "approve", "_selected_action": [row.pk]}
    text = client.post("/admin/gallery/charityaddress/", act, follow=True).content.decode()
    assert "Another person" in text
    client.force_login(other)
    client.post("/admin/gallery/charityaddress/", act)
    charity.refresh_from_db()
    assert charity.address == wallet.address
    assert client.post(f"/admin/gallery/charityaddress/{row.pk}/change/", form).status_code == 403
    assert client.post(f"/admin/gallery/charity/{charity.pk}/change/", {"address": make.address()}).status_code == 200
    charity.refresh_from_db()
    assert charity.address == wallet.address
