"""Sign-in with Ethereum: one text, one nonce, one signature, and every way in which the door stays closed."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from gallery.models import SignInMessage, User, Wallet
from gallery.people import sign_in
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db


def post(client: Client, path: str, body: Any, **headers: Any) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json", **headers)


def asked(client: Client, account: LocalAccount, **headers: Any) -> dict[str, str]:
    answer = post(client, "/sign-in/wallet/message", {"address": account.address.lower()}, **headers)
    assert answer.status_code == 200
    return dict(answer.json())


def signed(account: LocalAccount, text: str) -> str:
    return "0x" + bytes(account.sign_message(encode_defunct(text=text)).signature).hex()


def refusal(answer: Any, status: int = 401) -> str:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["detail"]
    return str(answer.json()["code"])


def test_message_is_eip_4361_with_the_address_spelled_as_eip_55() -> None:
    account = Account.create()
    message = asked(Client(), account)
    lines = message["text"].split("\n")
    assert lines[0] == "testserver wants you to sign in with your Ethereum account:"
    assert lines[1] == account.address
    assert lines[2] == lines[4] == ""
    fields = dict(line.split(": ", 1) for line in lines[5:])
    assert list(fields) == ["URI", "Version", "Chain ID", "Nonce", "Issued At", "Expiration Time"]
    assert fields["URI"] == "http://testserver/sign-in/"
    assert (fields["Version"], fields["Chain ID"]) == ("1", "31337")
    assert fields["Nonce"] == message["nonce"]
    assert len(fields["Nonce"]) >= 8
    assert fields["Nonce"].isalnum()


def test_unknown_wallet_gets_an_account_and_the_same_one_again_when_it_comes_back() -> None:
    account = Account.create()
    people = []
    for _ in range(2):
        client = Client()
        message = asked(client, account)
        answer = post(client, "/sign-in/wallet", {**message, "signature": signed(account, message["text"])})
        assert answer.status_code == 200, answer.content
        people.append(client.get("/account/").context["user"])
    assert people[0] == people[1]
    assert list(people[0].wallets.values_list("address", flat=True)) == [account.address]


def test_wallet_is_linked_when_somebody_is_signed_in() -> None:
    client, user, account = Client(), make.person(), Account.create()
    client.force_login(user)
    message = asked(client, account)
    assert (
        post(client, "/sign-in/wallet", {**message, "signature": signed(account, message["text"])}).status_code == 200
    )
    assert user.wallets.get().address == account.address


def test_wallet_stays_where_it_is_when_another_account_has_it() -> None:
    account = Account.create()
    Wallet.objects.create(user=make.person(), address=account.address)
    client = Client()
    client.force_login(make.person())
    message = asked(client, account)
    answer = post(client, "/sign-in/wallet", {**message, "signature": signed(account, message["text"])})
    assert refusal(answer, 409) == "wallet_taken"


def test_nonce_works_once_when_it_is_sent_again() -> None:
    client, account = Client(), Account.create()
    message = asked(client, account)
    body = {**message, "signature": signed(account, message["text"])}
    assert post(client, "/sign-in/wallet", body).status_code == 200
    other = Client()
    assert refusal(post(other, "/sign-in/wallet", body)) == "nonce_used"
    assert "_auth_user_id" not in other.session


@pytest.mark.parametrize("nonce", ["never written", "", None, 7, ["x"], "a\0b"])
def test_nonce_is_unknown_when_the_site_did_not_write_it(nonce: Any) -> None:
    assert refusal(post(Client(), "/sign-in/wallet", {"nonce": nonce, "signature": "0x00"})) == "nonce_unknown"


def test_message_is_expired_when_ten_minutes_are_over() -> None:
    client, account = Client(), Account.create()
    message = asked(client, account)
    SignInMessage.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    body = {**message, "signature": signed(account, message["text"])}
    assert refusal(post(client, "/sign-in/wallet", body)) == "expired"


@pytest.mark.parametrize("signature", ["", "0x", "0x00", "not hex", None, 5, "0x" + "ff" * 65, "0x" + "00" * 5000])
def test_signature_is_bad_when_it_is_none(signature: Any) -> None:
    client, account = Client(), Account.create()
    message = asked(client, account)
    assert refusal(post(client, "/sign-in/wallet", {**message, "signature": signature})) == "bad_signature"
    assert not User.objects.exists()


def test_signature_is_bad_when_another_key_or_another_text_was_signed() -> None:
    client, account = Client(), Account.create()
    for signer, changed in ((Account.create(), ""), (account, "\n")):
        message = asked(client, account)
        body = {**message, "signature": signed(signer, message["text"] + changed)}
        assert refusal(post(client, "/sign-in/wallet", body)) == "bad_signature"
        body["signature"] = signed(account, message["text"])
        assert refusal(post(client, "/sign-in/wallet", body)) == "nonce_used"


def test_address_is_wrong_when_the_wallet_changed_its_account_meanwhile() -> None:
    client, account, other = Client(), Account.create(), Account.create()
    message = asked(client, account)
    body = {**message, "address": other.address, "signature": signed(other, message["text"])}
    assert refusal(post(client, "/sign-in/wallet", body)) == "wrong_address"


def test_domain_and_chain_are_wrong_when_the_message_was_for_others(settings: Any) -> None:
    client, account = Client(), Account.create()
    message = asked(client, account)
    body = {**message, "signature": signed(account, message["text"])}
    settings.ALLOWED_HOSTS = ["testserver", "elsewhere.example"]
    assert refusal(post(client, "/sign-in/wallet", body, HTTP_HOST="elsewhere.example")) == "wrong_domain"
    message = asked(client, account)
    settings.CHAIN_ID = 1
    body = {**message, "signature": signed(account, message["text"])}
    assert refusal(post(client, "/sign-in/wallet", body)) == "wrong_chain"


def test_account_stays_closed_when_an_operator_closed_it() -> None:
    client, account, user = Client(), Account.create(), make.person(is_active=False)
    Wallet.objects.create(user=user, address=account.address)
    message = asked(client, account)
    answer = post(client, "/sign-in/wallet", {**message, "signature": signed(account, message["text"])})
    assert refusal(answer, 403) == "account_closed"


@pytest.mark.parametrize("address", ["", "0x12", "vitalik.eth", None, 12, "0x" + "g" * 40])
def test_message_is_refused_when_there_is_no_address(address: Any) -> None:
    assert refusal(post(Client(), "/sign-in/wallet/message", {"address": address}), 422) == "not_an_address"


@pytest.mark.parametrize("body", ["", "[]", "{", "[" * 100_000, '{"a":' * 600, " " * 70_000 + "{}"])
def test_body_is_refused_when_it_is_no_json_object(body: str) -> None:
    answer = Client().post("/sign-in/wallet", body, content_type="application/json")
    assert refusal(answer, 400) == "not_json"


def test_old_messages_are_forgotten_when_new_ones_are_written() -> None:
    sign_in.write_message(Account.create().address, domain="a", uri="http://a/")
    SignInMessage.objects.update(expires_at=timezone.now() - timedelta(days=2))
    kept = sign_in.write_message(Account.create().address, domain="a", uri="http://a/")
    assert list(SignInMessage.objects.all()) == [kept]


def test_password_opens_the_door_whatever_the_case_of_the_address() -> None:
    client = Client()
    form = {"name": "Min", "email": "Min@Example.org", "password": "long enough to guess"}
    assert client.post("/join/", form).status_code == 302
    client.post("/sign-out/")
    wrong = client.post("/sign-in/", {"username": "min@example.org", "password": "wrong"})
    assert (wrong.status_code, b"No account has this e-mail" in wrong.content) == (422, True)
    good = client.post("/sign-in/", {"username": "MIN@example.org", "password": form["password"]})
    assert good.status_code == 302
    again = Client().post("/join/", form)
    assert (again.status_code, b"already" in again.content) == (422, True)


def test_next_page_is_our_own_when_another_site_is_named() -> None:
    client, account = Client(), Account.create()
    message = asked(client, account)
    body = {**message, "signature": signed(account, message["text"])}
    answer = post(client, "/sign-in/wallet?next=https://elsewhere.example/", body)
    assert answer.json()["next"] == "/account/"
