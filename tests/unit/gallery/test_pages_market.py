"""Doors of the market that strangers knock at: what is refused before anything is prepared."""

import json
from typing import Any

import pytest
from django.test import Client

from minting import units
from minting.models import Credit
from tests.unit.gallery import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("deployed")]


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


@pytest.mark.parametrize(
    ("door", "body", "status", "code"),
    [
        ("bid", {"amount": "1"}, 409, "not_in_auction"),
        ("settle", {}, 409, "not_in_auction"),
        ("resale/buy", {"address": make.COLLECTOR}, 409, "not_for_sale"),
        ("resale/terms", {"price": "1"}, 409, "not_for_sale"),
        ("resale/open", {}, 422, "invalid"),
        ("resale/open", {"message": {"price": "x"}, "signature": "0x"}, 422, "invalid"),
        ("resale/end", {}, 409, "not_for_sale"),
        ("offer", {"amount": "nothing", "days": "14"}, 422, "invalid"),
        ("offer", {"amount": "1", "days": "0091"}, 422, "invalid"),
        ("offer", {"amount": "1", "days": "91"}, 422, "invalid"),
        ("purchase", {"address": make.COLLECTOR, "recipient": "0x" + "0" * 40}, 422, "not_an_address"),
        ("purchase", {"address": make.COLLECTOR, "recipient": "collector.eth"}, 422, "not_an_address"),
    ],
)
def test_door_says_no_by_name_when_there_is_nothing_behind_it(
    door: str, body: dict[str, str], status: int, code: str, client: Client
) -> None:
    work = make.work()
    answer = post(client, f"/works/{work.id}/{door}", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert post(client, f"/works/{work.id}/{door}", ["no object"]).status_code in (400, 409)


@pytest.mark.parametrize("number", ["1", "9" * 79, "x", "²"])
def test_offer_is_not_found_when_the_chain_knows_none_of_its_number(number: str, client: Client) -> None:
    work = make.work()
    assert post(client, f"/offers/{number}/cancel", {}).status_code == 404
    assert post(client, f"/works/{work.id}/offers/{number}/accept", {}).status_code == 404


def test_auction_is_its_artists_alone_to_put_up_and_drafts_are_nobodys_to_bid_for(client: Client) -> None:
    draft, hung = make.work(status="draft", price_wei=None), make.work(price_wei=None)
    assert post(client, f"/works/{draft.id}/bid", {"amount": "1"}).status_code == 404
    client.force_login(make.artist("Another"))
    for door in ("terms", "open", "cancel"):
        assert post(client, f"/studio/works/{hung.id}/auction/{door}", {"reserve": "1"}).status_code == 404
    assert client.get(f"/studio/works/{hung.id}/auction/").status_code == 404
    client.force_login(hung.artist)
    answer = post(client, f"/studio/works/{hung.id}/auction/terms", {"reserve": "1", "raise_bps": "0.5"})
    assert answer.status_code == 422
    assert client.get(f"/studio/works/{hung.id}/auction/?lang=ko").status_code == 200


def test_credit_is_shown_and_can_be_had_at_the_contract_that_holds_it_alone(client: Client) -> None:
    make.credit(make.COLLECTOR, 5)
    path = f"/collections/{make.COLLECTOR}/"
    assert "Held for this wallet" in client.get(path).content.decode()
    asked = {"contract": make.MARKET, "currency": units.ETHER_CURRENCY}
    answer = post(client, f"{path}withdraw", asked)
    assert (answer.status_code, answer.json()["to"], answer.json()["value"]) == (200, make.MARKET, "0x0")
    assert post(client, f"{path}withdraw", {**asked, "contract": make.TOKEN}).status_code == 422
    make.credit(make.COLLECTOR, 5, paid_out=True)
    assert Credit.objects.count() == 2
    assert post(client, f"{path}withdraw", asked).status_code == 422
    assert "Held for this wallet" not in client.get(path).content.decode()
