"""Offers, gifts and resales in the browser with injected wallets, on a real chain."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from gallery import works
from gallery.keepsakes import bundle
from gallery.models import User, Work
from gallery.models import Wallet as Linked
from minting import units
from minting.indexer import verify
from minting.models import Donation, Offer, Payment, Sale, Terms, Token
from tests.browser.test_auction import visit
from tests.browser.test_auction import work as unpriced
from tests.browser.test_layout import sign_in
from tests.browser.test_purchase import by, read_chain, says, work
from tests.browser.wallet import BrowserWallet
from tests.support.contracts import Stage
from tests.support.wallets import ETHER, Wallet
from tests.unit.gallery import factories as make

__all__ = ["by", "unpriced", "work"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def offer(page: Page, amount: str) -> None:
    page.get_by_text("Make an offer").click()
    page.get_by_label("Your offer, ETH").fill(amount)
    page.get_by_role("button", name="Offer with your wallet").click()


def test_offer_is_taken_by_the_artist_and_another_one_taken_back(
    page: Page, live_server: Any, stage: Stage, by: User, unpriced: Work
) -> None:
    keen = Wallet.new(stage.w3)
    BrowserWallet(stage.collector).inject(page)
    address = f"{live_server.url}/works/{unpriced.id}/"
    page.goto(address)
    expect(page.get_by_text("Nobody has made an offer.")).to_be_visible()
    offer(page, "0.7")
    says(page, "Your offer is made.")
    other, _ = visit(page.context, keen)
    other.goto(address)
    offer(other, "0.2")
    says(other, "Your offer is made.")
    read_chain(stage)

    artist, _ = visit(page.context, stage.artist)
    sign_in(page.context, live_server.url, by)
    artist.goto(address)
    table = artist.get_by_role("table", name="Open offers, the highest first")
    expect(table.get_by_role("row")).to_have_count(3)
    artist.get_by_role("button", name="Accept 0.7 ETH").click()
    says(artist, "The work is sold.")
    read_chain(stage)
    assert Token.objects.get().owner == stage.collector.address
    donation, [first] = units.split_wei(ETHER * 7 // 10, 1_000, [9_000])
    assert Donation.objects.get().amount_wei == donation
    assert sum(Payment.objects.values_list("amount_wei", flat=True)) == first
    found = verify.recompute(stage.chain, stage.w3)
    assert (found.differences, found.sales, found.hidden_terms) == ([], 1, 0)
    assert bundle.facts(unpriced)["token"]["market"] == stage.chain.offers  # where a stranger looks for the sale

    before = keen.balance_wei
    other.goto(f"{live_server.url}/collections/{keen.address}/")
    other.get_by_role("button", name="Take it back").click()
    says(other, "Your money is on its way back.")
    assert keen.balance_wei > before + ETHER // 10
    read_chain(stage)
    other.reload()
    expect(other.get_by_role("heading", name="Offers of this wallet")).to_have_count(0)
    assert Offer.objects.count() == 2


def test_work_is_given_sold_on_and_offered_for_with_royalty_and_donation_each_time(
    page: Page, live_server: Any, stage: Stage, by: User, work: Work
) -> None:
    # Bought for somebody else.
    friend = Wallet.new(stage.w3)
    BrowserWallet(stage.collector).inject(page)
    address = f"{live_server.url}/works/{work.id}/"
    page.goto(address)
    page.get_by_text("Buy it as a gift").click()
    page.get_by_label("Wallet that shall have it").fill(friend.address)
    page.get_by_role("button", name="Buy with your wallet").click()
    says(page, f"The work belongs to {friend.address}.")
    read_chain(stage)
    sale = Sale.objects.get()
    assert (sale.buyer, sale.recipient) == (stage.collector.address, friend.address)
    assert Token.objects.get().owner == friend.address

    # Its owner sells it on: an approval, a signature.
    owner = make.person("Friend")
    Linked.objects.create(user=owner, address=friend.address)
    theirs, wallet = visit(page.context, friend)
    sign_in(page.context, live_server.url, owner)
    theirs.goto(address)
    theirs.get_by_text("Sell it on").click()
    theirs.get_by_label("Price, ETH").fill("1")
    theirs.get_by_role("button", name="Sign and sell").click()
    expect(theirs.get_by_text("Sold on by its owner")).to_be_visible()
    assert (wallet.asked.count("eth_sendTransaction"), wallet.asked.count("eth_signTypedData_v4")) == (1, 1)
    assert Terms.objects.get().signer == friend.address

    # Somebody buys it.
    page.context.clear_cookies()
    page.goto(address)
    before = friend.balance_wei
    page.get_by_role("button", name="Buy with your wallet").click()
    says(page, "The work is yours.")
    assert friend.balance_wei - before == ETHER * 80 // 100  # a tenth given, a twentieth each to artist and site
    read_chain(stage)
    royalty = Payment.objects.get(sale__price_wei=ETHER, account=stage.artist.address)
    assert royalty.amount_wei == ETHER * 5 // 100
    page.goto(address)
    expect(page.get_by_text("Sold on by its owner")).to_have_count(0)
    assert works.token_id(work) == Token.objects.get().token_id

    # And takes an offer: the wallet is asked twice, for the approval and for the sale.
    theirs.goto(address)
    offer(theirs, "0.5")
    says(theirs, "Your offer is made.")
    read_chain(stage)
    Linked.objects.create(user=owner, address=stage.collector.address)
    sign_in(page.context, live_server.url, owner)
    page.goto(address)
    page.get_by_role("button", name="Accept 0.5 ETH").click()
    says(page, "The work is sold.")
    read_chain(stage)
    assert Token.objects.get().owner == friend.address
    found = verify.recompute(stage.chain, stage.w3)
    assert (found.differences, found.sales, found.hidden_terms) == ([], 3, 0)
    page.goto(f"{live_server.url}/ledger/")
    expect(page.get_by_text("all of it was given.")).to_be_visible()


def test_gift_is_refused_when_the_address_has_a_slip_of_the_pen(
    page: Page, live_server: Any, stage: Stage, work: Work
) -> None:
    wallet = BrowserWallet(stage.collector).inject(page)
    page.expected_complaints = ("4",)  # type: ignore[attr-defined]
    page.goto(f"{live_server.url}/works/{work.id}/")
    page.get_by_text("Buy it as a gift").click()
    wrong = stage.artist.address[:-1] + ("0" if stage.artist.address[-1] != "0" else "1")
    page.get_by_label("Wallet that shall have it").fill(wrong)
    page.get_by_role("button", name="Buy with your wallet").click()
    says(page, "address")
    assert "eth_sendTransaction" not in wallet.asked
