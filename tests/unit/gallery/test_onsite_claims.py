"""From the slip to the token: codes that a person can type, one wallet per code, and nothing told to guessers."""

import json
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from gallery import works
from gallery.errors import GalleryError, NotReady, NotYetKept, StaleTransition, WordsRefused
from gallery.models import ClaimTry, OnSiteEntry, OnSiteSale, User, Wallet, Work
from gallery.onsite import book, claims, codes, handover, tries
from minting import api as minting
from minting.contract import calls
from minting.models import Auction, Cancellation, Log, Pin, Terms, Voucher
from tests.unit.gallery import factories as make

A, B = (to_checksum_address(f"0x{n:040x}") for n in (0xA11CE, 0xB0B))
AUCTIONS = "0x" + "3" * 40


@given(st.binary(min_size=16, max_size=16))
def test_code_is_read_back_however_it_is_typed(secret: bytes) -> None:
    code = codes.write(secret)
    assert [len(group) for group in code.split("-")] == [4] * 7
    assert not set(code) & set("ILOU")
    sloppy = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert codes.read(code) == codes.read(sloppy) == codes.read(code.replace("-", "")) == secret


def test_code_is_called_mistyped_when_a_letter_is_wrong() -> None:
    code, _ = codes.new()
    wrong = code[:-1] + ("7" if code[-1] != "7" else "8")
    for text in ("", "x", wrong, code + "A", code[:-1], "U" * 28, "०" * 28, "9" * 5000):
        with pytest.raises(codes.Mistyped):
            codes.read(text)


@pytest.fixture
def staff(db: None) -> User:
    return make.person("Counter", is_staff=True)


def test_auction_that_waits_for_a_bid_is_withdrawn_and_one_that_has_one_is_not_sold(
    staff: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deployment = tmp_path / "31337.json"
    deployment.write_text(json.dumps(json.loads(deployment.read_text()) | {"auctions": AUCTIONS}))
    work, now = make.work(price_wei=None), timezone.now()
    Terms.objects.create(
        kind="auction", chain_id=31337, contract=AUCTIONS, hash=make.word(), collection=make.TOKEN,
        token_id=works.token_id(work), payload={"terms": {"nonce": "7", "round": "0", "minted": False}},
        price_wei=10**17, beneficiary=make.address(), donation_bps=0, signer=work.artist_address, signature="0x",
        valid_from=now, valid_until=now + timedelta(days=1),
    )  # fmt: skip
    sale = {"sold_at": now, "amount_minor": 1, "currency": "KRW", "receipt_number": "A-2"}
    waiting = minting.auctions.of(works.token_id(work))
    assert waiting is not None
    with monkeypatch.context() as patched:
        patched.setattr(minting.auctions, "of", lambda token_id: replace(waiting, auction=Auction()))
        with pytest.raises(NotReady):
            book.record(work, staff, **sale)
    book.record(work, staff, **sale)
    assert Terms.objects.get().withdrawn_at is not None
    [binding] = handover.still_binding(work)
    assert (binding.contract, binding.nonce) == (AUCTIONS, 7)


@pytest.fixture
def key() -> LocalAccount:
    return Account.create()


@pytest.fixture
def sold(staff: User, key: LocalAccount) -> Work:
    """Published at a price by its artist's own key, then sold on site; its bytes are where they shall be."""
    artist = make.artist()
    Wallet.objects.create(user=artist, address=key.address)
    work = works.submit(
        works.draft(artist, make.picture(artist), title="Lake", artist_address=key.address, charity=make.charity(),
                    price_wei=10**16)
    )  # fmt: skip
    works.publish(work, *signed(key, works.voucher_request(work)))
    Pin.objects.update(status=Pin.Status.PINNED)
    book.record(work, staff, sold_at=timezone.now(), amount_minor=450_000, currency="KRW", receipt_number="A-1")
    return Work.objects.get(pk=work.pk)


def signed(key: LocalAccount, typed: dict[str, Any]) -> tuple[dict[str, Any], str]:
    return typed["message"], "0x" + bytes(key.sign_typed_data(full_message=typed).signature).hex()


def ready(work: Work, key: LocalAccount, staff: User) -> str:
    handover.sign(work, work.artist, *signed(key, handover.voucher_request(work)))
    assert work.onsite_sale
    return claims.issue(work.onsite_sale, staff)


def test_handover_is_the_work_for_nothing_and_kept_from_every_offer(
    sold: Work, key: LocalAccount, staff: User
) -> None:
    code = ready(sold, key, staff)
    voucher = Voucher.objects.get(withdrawn_at=None)
    assert (voucher.price_wei, voucher.payload["donationBps"], voucher.signer) == (0, "0", key.address)
    assert Work.objects.get(pk=sold.pk).voucher is None
    claim = claims.present(code, A)
    assert claim.purchase
    _, (values, _, recipient) = calls.decode_call("NinefoldMarket", claim.purchase["data"])
    assert (claim.purchase["value"], recipient.lower(), values[1]) == ("0x0", A.lower(), works.token_id(sold))
    page = Client().get(f"/works/{sold.id}/").content.decode()
    assert voucher.signature not in page
    assert Client().post(f"/works/{sold.id}/purchase", {"address": A}, "application/json").status_code == 409
    with pytest.raises(NotReady):
        handover.voucher_request(sold)  # once is enough until it lapses


def test_handover_is_refused_over_other_terms_and_when_the_sale_is_void(
    sold: Work, key: LocalAccount, staff: User
) -> None:
    message, signature = signed(key, handover.voucher_request(sold))
    for change in ({"price": "1"}, {"donationBps": "1000"}, {"shares": []}):
        with pytest.raises(WordsRefused):
            handover.sign(sold, sold.artist, {**message, **change}, signature)
    assert sold.onsite_sale
    book.void(OnSiteSale.objects.get(), staff, "The buyer came back.")
    with pytest.raises(StaleTransition):
        handover.sign(sold, sold.artist, message, signature)
    assert not Voucher.objects.filter(withdrawn_at=None).exists()


def test_code_opens_for_its_first_wallet_as_often_as_it_likes_and_for_no_other(
    sold: Work, key: LocalAccount, staff: User
) -> None:
    code = ready(sold, key, staff)
    first = claims.present(code, A)
    assert claims.present(code.lower(), A) == first
    unknown = codes.new()[0]
    answers = []
    for wrong, wallet in ((code, B), (unknown, A)):
        with pytest.raises(claims.ClaimRefused) as refused:
            claims.present(wrong, wallet)
        answers.append((str(refused.value), refused.value.next_step))
    assert answers[0] == answers[1]
    with pytest.raises(StaleTransition):
        claims.issue(OnSiteSale.objects.get(), staff)
    assert [e.what for e in OnSiteEntry.objects.all()] == ["recorded", "handover_signed", "code_issued", "code_used"]
    make.mint(sold, A)
    with pytest.raises(claims.Overtaken):
        claims.present(code, A)  # the token was born otherwise


def test_code_is_nowhere_but_on_paper_and_worth_nothing_once_another_is_printed_or_the_sale_is_void(
    sold: Work, key: LocalAccount, staff: User
) -> None:
    old, new = ready(sold, key, staff), claims.issue(OnSiteSale.objects.get(), staff)
    sale = OnSiteSale.objects.get()
    stored = b"".join(bytes(value) for value in (sale.claim_salt, sale.claim_sha256))  # type: ignore[arg-type]
    assert codes.read(new) not in stored
    with pytest.raises(claims.ClaimRefused):
        claims.present(old, A)
    book.void(sale, staff, "The buyer came back.")
    with pytest.raises(claims.ClaimRefused):
        claims.present(new, A)


def test_code_stays_unbound_while_there_is_nothing_to_send(sold: Work, key: LocalAccount, staff: User) -> None:
    assert sold.onsite_sale
    code = claims.issue(sold.onsite_sale, staff)
    with pytest.raises(NotReady):
        claims.present(code, A)
    handover.sign(sold, sold.artist, *signed(key, handover.voucher_request(sold)))
    Pin.objects.update(status=Pin.Status.WANTED)
    with pytest.raises(NotYetKept):
        claims.present(code, A)
    assert OnSiteSale.objects.get().claimed_by == ""
    Pin.objects.update(status=Pin.Status.PINNED)
    assert claims.present(code, B).purchase


def test_claim_is_done_when_the_token_has_its_owner(sold: Work, key: LocalAccount, staff: User) -> None:
    code = ready(sold, key, staff)
    claims.present(code, A)
    born = make.sell(sold, A)
    born.voucher_hash = Voucher.objects.get(withdrawn_at=None).voucher_hash
    born.save()
    asked = Client().post("/claim/prepare", {"code": code, "address": A.lower()}, "application/json").json()
    assert asked["owner"] == A
    assert asked["collection"] == f"/collections/{A}/"
    assert "data" not in asked
    shown = Client().get(f"/works/{sold.id}/").content.decode()
    assert "Sold on site" in shown
    assert 'id="offers"' in shown  # its owner may sell it on from now
    with pytest.raises(StaleTransition):
        book.void(OnSiteSale.objects.get(), staff, "Too late.")
    born.recipient = B  # somebody copied the transaction while it waited, and named themselves
    born.save()
    with pytest.raises(claims.Overtaken):
        claims.present(code, A)
    counter = Client()
    counter.force_login(staff)
    page = counter.get(f"/operators/sales/{OnSiteSale.objects.get().pk}/").content.decode()
    assert "another wallet than the one that brought the code" in page
    assert "Sold on site" in Client().get(f"/works/{sold.id}/").content.decode()


def test_artist_is_shown_what_still_binds_until_the_chain_says_it_is_cancelled(sold: Work, key: LocalAccount) -> None:
    [binding] = handover.still_binding(sold)
    assert binding.price_wei == 10**16
    client = Client()
    client.force_login(sold.artist)
    page = client.get(f"/studio/works/{sold.id}/").content.decode()
    assert "data-cancel" in page
    assert "Sign the handover" in page
    address = f"/studio/works/{sold.id}/cancel-signature"
    asked = client.post(address, {"voucher": binding.hash}, "application/json").json()
    assert calls.decode_call("NinefoldMarket", asked["data"]) == ("cancel", (binding.nonce,))
    assert asked["address"] == key.address
    assert client.post(address, {"voucher": "0x"}, "application/json").status_code == 409
    stranger = Client()
    stranger.force_login(make.artist())
    for path in ("cancel-signature", "handover", "handover-voucher"):
        assert stranger.post(f"/studio/works/{sold.id}/{path}", {}, "application/json").status_code == 404
    log = Log.objects.create(
        block=make.block(), log_index=0, transaction_hash=make.word(), address=binding.contract,
        event="VoucherCancelled", args={},
    )  # fmt: skip
    Cancellation.objects.create(
        log=log, chain_id=binding.chain_id, contract=binding.contract, account=binding.signer, nonce=binding.nonce
    )
    assert handover.still_binding(sold) == []


@pytest.mark.django_db
def test_guessing_ends_after_thirty_tries_and_a_header_changes_nothing(settings: Any) -> None:
    client = Client()
    ask = {"code": codes.new()[0], "address": A}
    for n in range(tries.TRIES):
        answer = client.post("/claim/prepare", ask, "application/json", headers={"x-forwarded-for": f"10.0.0.{n}"})
        assert (answer.status_code, answer.json()["code"]) == (403, "claim_refused")
    answer = client.post("/claim/prepare", ask, "application/json", headers={"x-forwarded-for": "10.9.9.9"})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_tries")
    assert 0 < int(answer["Retry-After"]) <= 600
    assert client.post("/claim/prepare", ask, "application/json", REMOTE_ADDR="10.1.1.1").status_code == 403
    settings.BEHIND_PROXY = True
    spoofed = {"x-forwarded-for": "1.2.3.4, 10.1.1.1"}  # the last one is the proxy's own word
    client.post("/claim/prepare", ask, "application/json", headers=spoofed, REMOTE_ADDR="10.7.7.7")
    assert sorted(ClaimTry.objects.values_list("tries", flat=True)) == [2, tries.TRIES + 1]
    assert not ClaimTry.objects.filter(visitor__contains="10.1").exists()


def test_right_tries_are_not_counted(sold: Work, key: LocalAccount, staff: User) -> None:
    code = ready(sold, key, staff)
    for _ in range(3):
        answer = Client().post("/claim/prepare", {"code": code, "address": A}, "application/json")
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
    assert ClaimTry.objects.get().tries == 0
    assert Client().post("/claim/prepare", {"code": 7, "address": A}, "application/json").status_code == 422
    assert Client().post("/claim/prepare", {"code": code, "address": "0x"}, "application/json").status_code == 422
    assert ClaimTry.objects.get().tries == 2


@pytest.mark.django_db(transaction=True)
def test_one_wallet_has_the_code_when_two_use_it_at_once(sold: Work, key: LocalAccount, staff: User) -> None:
    code = ready(sold, key, staff)
    at_once, had, refused = threading.Barrier(2), [], []

    def run(wallet: str) -> None:
        try:
            at_once.wait(10)
            had.append((wallet, claims.present(code, wallet)))
        except GalleryError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(wallet,)) for wallet in (A, B)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(had) == len(refused) == 1
    assert OnSiteSale.objects.get().claimed_by == had[0][0]
    assert OnSiteEntry.objects.filter(what="code_used").count() == 1
