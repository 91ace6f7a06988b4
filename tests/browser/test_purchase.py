"""Buying, publishing and signing in with an injected wallet, on a real chain, and each way it can end."""

import re
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from gallery import works
from gallery.models import User, Wallet, Work
from minting import units
from minting.indexer import walk
from minting.ipfs import pins
from minting.models import Donation, Pin, Token
from tests.browser.test_layout import sign_in
from tests.browser.wallet import BrowserWallet
from tests.support.chain import rpc
from tests.support.contracts import Stage
from tests.support.wallets import ETHER, give
from tests.unit.gallery import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def by(stage: Stage) -> User:
    user = make.person("Han Seoyeon", is_artist=True)
    Wallet.objects.create(user=user, address=stage.artist.address)
    return user


@pytest.fixture
def work(stage: Stage, by: User) -> Work:
    """A published work at 0.4 ETH and 7 wei whose artist signed for it, its bytes where they shall be."""
    made = works.draft(
        by, make.picture(by), title="Lake", artist_address=stage.artist.address, price_wei=ETHER * 4 // 10 + 7,
        charity=make.charity(address=stage.charity),
    )  # fmt: skip
    works.submit(made)
    keep_all()
    typed = works.voucher_request(made)
    rpc(stage.w3, "evm_increaseTime", 5)  # terms count from the second they were asked for, a block from its own
    rpc(stage.w3, "evm_mine")
    return works.publish(made, typed["message"], stage.artist.sign_typed(typed))


def keep_all() -> None:
    """What the pin worker does."""
    for pin in Pin.objects.all():
        pins.work(pin.pk)


def says(page: Page, words: str) -> None:
    """By one of the panels of the page."""
    expect(page.locator("[data-says]").filter(has_text=words)).to_be_visible()


def buy(page: Page) -> None:
    page.get_by_role("button", name="Buy with your wallet").click()


def read_chain(stage: Stage) -> None:
    while walk.step(stage.chain, stage.w3):
        pass


def test_collector_owns_the_work_and_the_charity_is_paid_when_all_goes_well(
    page: Page, live_server: Any, stage: Stage, work: Work
) -> None:
    wallet = BrowserWallet(stage.collector).inject(page)
    page.goto(f"{live_server.url}/works/{work.id}/")
    buy(page)
    says(page, "The work is yours.")
    assert wallet.asked.count("eth_sendTransaction") == 1
    read_chain(stage)
    assert Token.objects.get(token_id=works.token_id(work)).owner == stage.collector.address
    assert stage.w3.eth.get_balance(stage.charity) == Donation.objects.get().amount_wei == work.price_wei // 10  # type: ignore[arg-type,operator]
    page.get_by_role("link", name="See it in your collection").click()
    expect(page).to_have_url(re.compile(f"/collections/{stage.collector.address}/$"))
    expect(page.get_by_text("Lake")).to_be_visible()
    page.goto(f"{live_server.url}/works/{work.id}/")
    expect(page.get_by_text("Sold", exact=True)).to_be_visible()
    page.goto(f"{live_server.url}/ledger/")
    expect(page.get_by_text(f"{work.price_wei // 10} wei")).to_be_visible()  # type: ignore[operator]


def test_collector_is_told_in_korean_and_led_to_the_right_chain_when_on_another(
    page: Page, live_server: Any, stage: Stage, work: Work
) -> None:
    wallet = BrowserWallet(stage.collector, chain_id=1, knows_chain=False).inject(page)
    page.goto(f"{live_server.url}/works/{work.id}/?lang=ko")
    page.get_by_role("button", name="지갑으로 구매하기").click()
    says(page, "지갑이 다른 체인에 연결되어 있습니다.")
    assert "eth_sendTransaction" not in wallet.asked
    page.get_by_role("button", name="지갑의 체인 바꾸기: 리허설용 로컬 체인").click()
    says(page, "이제 이 작품의 소장자가 되셨습니다.")
    assert "wallet_addEthereumChain" in wallet.asked


@pytest.mark.parametrize("method", ["eth_requestAccounts", "eth_sendTransaction"])
def test_collector_is_told_that_nothing_happened_when_they_decline_and_may_try_again(
    page: Page, live_server: Any, stage: Stage, work: Work, method: str
) -> None:
    wallet = BrowserWallet(stage.collector, declines={method}).inject(page)
    page.goto(f"{live_server.url}/works/{work.id}/")
    buy(page)
    says(page, "You declined in your wallet. Nothing was sent")
    wallet.declines.clear()
    buy(page)
    says(page, "The work is yours.")


def test_collector_is_told_sold_when_somebody_was_faster(
    page: Page, live_server: Any, stage: Stage, work: Work
) -> None:
    wallet = BrowserWallet(stage.collector).inject(page)
    page.goto(f"{live_server.url}/works/{work.id}/")
    assert work.voucher
    faster = stage.collector.new(stage.w3, ether=2)
    faster.send(stage.prepared(work.voucher, faster.address))
    read_chain(stage)
    page.expected_complaints = ("409",)  # type: ignore[attr-defined]
    buy(page)
    says(page, "This work was sold a moment ago. Nothing was taken from your wallet.")
    assert "eth_sendTransaction" not in wallet.asked


def test_collector_is_told_before_sending_when_the_chain_knows_of_the_sale_first(
    page: Page, live_server: Any, stage: Stage, work: Work
) -> None:
    wallet = BrowserWallet(stage.collector).inject(page)
    page.goto(f"{live_server.url}/works/{work.id}/")
    assert work.voucher
    faster = stage.collector.new(stage.w3, ether=2)
    faster.send(stage.prepared(work.voucher, faster.address))
    buy(page)
    says(page, "The chain would refuse this purchase")
    assert "eth_sendTransaction" not in wallet.asked


def test_collector_is_told_both_amounts_when_short_of_money(
    page: Page, live_server: Any, stage: Stage, work: Work
) -> None:
    give(stage.w3, stage.collector.address, ETHER // 4)
    wallet = BrowserWallet(stage.collector).inject(page)
    page.goto(f"{live_server.url}/works/{work.id}/")
    buy(page)
    says(page, "This wallet holds 0.25 ETH. The work costs 0.400000000000000007 ETH")
    assert "eth_sendTransaction" not in wallet.asked
    assert units.ether(ETHER // 4) == "0.25"


def test_visitor_is_told_what_to_do_when_there_is_no_wallet(page: Page, live_server: Any, work: Work) -> None:
    page.goto(f"{live_server.url}/works/{work.id}/")
    buy(page)
    says(page, "No wallet was found in this browser.")


def test_collector_chooses_when_two_wallets_answer(page: Page, live_server: Any, stage: Stage, work: Work) -> None:
    BrowserWallet(stage.collector, names=("Fox", "Rabbit")).inject(page)
    page.goto(f"{live_server.url}/works/{work.id}/")
    buy(page)
    says(page, "Several wallets answered. Choose one.")
    page.get_by_role("button", name="Rabbit").click()
    says(page, "The work is yours.")


def test_artist_signs_the_terms_in_their_own_wallet_and_the_work_is_on_the_wall(
    page: Page, live_server: Any, stage: Stage, by: User
) -> None:
    draft = works.draft(
        by,
        make.picture(by),
        title="Ridge",
        artist_address=stage.artist.address,
        price_wei=ETHER,
        charity=make.charity(),
    )
    wallet = BrowserWallet(stage.artist).inject(page)
    sign_in(page.context, live_server.url, by)
    page.goto(f"{live_server.url}/studio/works/{draft.id}/")
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("button", name="Sign and publish").click()
    page.wait_for_url(re.compile(rf"/works/{draft.id}/$"))
    expect(page.get_by_text("It can be bought as soon as they are proven to lie there.")).to_be_visible()
    keep_all()
    page.reload()
    expect(page.get_by_role("button", name="Buy with your wallet")).to_be_visible()
    assert wallet.asked.count("eth_signTypedData_v4") == 1
    draft.refresh_from_db()
    assert (draft.status, draft.voucher.signer) == ("published", stage.artist.address)  # type: ignore[union-attr]


def test_artist_is_told_which_account_when_another_one_is_active(
    page: Page, live_server: Any, stage: Stage, by: User
) -> None:
    draft = works.submit(
        works.draft(
            by,
            make.picture(by),
            title="Ridge",
            artist_address=stage.artist.address,
            price_wei=1,
            charity=make.charity(),
        )
    )
    wallet = BrowserWallet(stage.collector).inject(page)
    sign_in(page.context, live_server.url, by)
    page.goto(f"{live_server.url}/studio/works/{draft.id}/")
    page.get_by_role("button", name="Sign and publish").click()
    says(page, f"Switch to {stage.artist.address}")
    assert "eth_signTypedData_v4" not in wallet.asked


def test_wallet_signs_in_and_declining_is_told(page: Page, live_server: Any, stage: Stage) -> None:
    wallet = BrowserWallet(stage.collector, declines={"personal_sign"}).inject(page)
    page.goto(f"{live_server.url}/sign-in/?next=/ledger/")
    button = page.get_by_role("button", name="Sign in with Ethereum")
    button.click()
    says(page, "You declined in your wallet.")
    wallet.declines.clear()
    button.click()
    page.wait_for_url(re.compile(r"^http://[^/]+/ledger/$"))
    assert Wallet.objects.get().address == stage.collector.address
    assert Client().get("/account/").status_code == 302
