"""An auction in the browser with injected wallets, on a real chain: bid, outbid, extended, settled, paid out."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from gallery import auctions, works
from gallery.models import User, Work
from minting import api as minting
from minting.models import Auction, Credit, Donation, Terms, Token
from tests.browser.test_layout import sign_in
from tests.browser.test_purchase import by, keep_all, read_chain, says
from tests.browser.wallet import BrowserWallet
from tests.support import saleroom
from tests.support.chain import rpc
from tests.support.contracts import Stage
from tests.support.wallets import ETHER, Wallet
from tests.unit.gallery import factories as make

__all__ = ["by"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
REVERTS = "0x5f5ffd"


@pytest.fixture
def work(stage: Stage, by: User) -> Work:
    """Published without a price, its bytes where they shall be."""
    made = works.draft(
        by, make.picture(by), title="Harbour", artist_address=stage.artist.address,
        charity=make.charity(address=stage.charity),
    )  # fmt: skip
    works.submit(made)
    keep_all()
    for wish in minting.Transaction.objects.filter(purpose="admit", status="wanted"):
        stage.work(wish)
    return works.publish(made)


def bid(page: Page, amount: str) -> None:
    page.get_by_label("Your bid, ETH").fill(amount)
    page.get_by_role("button", name="Bid with your wallet").click()


def visit(context: BrowserContext, wallet: Wallet) -> tuple[Page, BrowserWallet]:
    page = context.new_page()
    return page, BrowserWallet(wallet).inject(page)


def test_auction_runs_from_the_artists_signature_to_settlement_and_the_outbid_is_paid_back(
    page: Page, live_server: Any, stage: Stage, by: User, work: Work
) -> None:
    # The artist signs, and is told what is wrong before.
    artist = BrowserWallet(stage.artist).inject(page)
    sign_in(page.context, live_server.url, by)
    page.goto(f"{live_server.url}/studio/works/{work.id}/")
    page.get_by_role("link", name="Put it up for auction").click()
    page.expected_complaints = ("422",)  # type: ignore[attr-defined]
    page.get_by_label("Reserve, ETH").fill("0,5")
    page.get_by_role("button", name="Sign and put up for auction").click()
    says(page, "Reserve, ETH: Write a price in ether as digits")
    page.get_by_label("Reserve, ETH").fill("0.5")
    page.get_by_label("Hours from the first bid").fill("1")
    page.get_by_role("button", name="Sign and put up for auction").click()
    page.wait_for_url(re.compile(rf"/works/{work.id}/$"))
    assert artist.asked.count("eth_signTypedData_v4") == 1
    assert Terms.objects.get().price_wei == ETHER // 2
    expect(page.get_by_text("Up for auction", exact=True)).to_be_visible()

    # The site does not mint what an auction wants unminted.
    with pytest.raises(minting.MintingError, match="up for auction"):
        works.mint(work)

    # A bid below the reserve is refused by the site, one at the reserve leads.
    stubborn = Wallet.new(stage.w3)
    first, wallet = visit(page.context, stubborn)
    first.goto(f"{live_server.url}/works/{work.id}/")
    bid(first, "0.49")
    says(first, "A bid must be at least 0.5 ETH now. Nothing was taken from your wallet.")
    bid(first, "0.5")
    says(first, "Your bid leads.")
    assert wallet.asked.count("eth_sendTransaction") == 1
    read_chain(stage)
    first.get_by_role("link", name="See how it stands now").click()
    expect(first.get_by_text("Auction running", exact=True)).to_be_visible()
    expect(first.get_by_role("timer")).to_have_text(re.compile(r"^(1:00|0:59):\d\d$"))
    expect(first.get_by_label("Your bid, ETH")).to_have_value("0.525")
    assert Token.objects.get().owner == stage.chain.auctions

    # Whoever is outbid and cannot take the money back has a credit.
    rpc(stage.w3, "anvil_setCode", stubborn.address, REVERTS)
    second, _ = visit(page.context, stage.collector)
    second.goto(f"{live_server.url}/works/{work.id}/")
    saleroom.pass_seconds(stage, 55 * 60)
    bid(second, "1")
    says(second, "Your bid leads.")
    read_chain(stage)
    lot = minting.auctions.of(works.token_id(work))
    assert lot
    assert [one.amount_wei for one in lot.bids] == [ETHER, ETHER // 2]
    assert lot.bids[0].ends_at > lot.bids[1].ends_at  # a late bid moved the end
    second.get_by_role("link", name="See how it stands now").click()
    expect(second.get_by_role("table", name="Bids, newest first").get_by_role("row")).to_have_count(3)

    # The artist can no longer call it off; nobody can settle it yet.
    with pytest.raises(auctions.AuctionRuns):
        auctions.prepare_cancel(work)
    with pytest.raises(auctions.AuctionRuns):
        auctions.prepare_settle(work)

    saleroom.pass_seconds(stage, 16 * 60)
    read_chain(stage)
    second.reload()
    expect(second.get_by_text("Auction over", exact=True)).to_be_visible()
    second.get_by_role("button", name="Settle the auction").click()
    says(second, "The auction is settled.")
    read_chain(stage)
    second.get_by_role("link", name="See how it stands now").click()
    expect(second.get_by_text("Sold", exact=True)).to_be_visible()
    assert Token.objects.get().owner == stage.collector.address
    assert stage.w3.eth.get_balance(stage.charity) == Donation.objects.get().amount_wei == ETHER // 10  # type: ignore[arg-type]

    # The credit is paid out from the wallet's page, by whoever presses the button.
    rpc(stage.w3, "anvil_setCode", stubborn.address, "0x")
    before = stubborn.balance_wei
    second.goto(f"{live_server.url}/collections/{stubborn.address}/")
    expect(second.get_by_role("heading", name="Held for this wallet")).to_be_visible()
    second.get_by_role("button", name="Withdraw").click()
    says(second, "It was paid out.")
    assert stubborn.balance_wei - before == ETHER // 2
    read_chain(stage)
    second.get_by_role("link", name="See how it stands now").click()
    expect(second.get_by_role("heading", name="Held for this wallet")).to_have_count(0)
    assert Credit.objects.count() == 2
    second.goto(f"{live_server.url}/ledger/")
    expect(second.get_by_text(f"{ETHER // 10} wei")).to_be_visible()


def test_artist_calls_the_auction_off_before_the_first_bid_and_the_work_can_be_minted(
    page: Page, live_server: Any, stage: Stage, by: User, work: Work
) -> None:
    asked = auctions.Asked(ETHER, 500, timedelta(hours=1), timedelta(days=3))
    typed = auctions.terms_request(work, asked)
    auctions.open_for(work, typed["message"], stage.artist.sign_typed(typed))
    BrowserWallet(stage.artist).inject(page)
    sign_in(page.context, live_server.url, by)
    page.goto(f"{live_server.url}/studio/works/{work.id}/auction/?lang=ko")
    page.get_by_role("button", name="경매 취소하기").click()
    says(page, "경매를 취소했습니다.")
    read_chain(stage)
    assert minting.auctions.of(works.token_id(work)) is None
    page.goto(f"{live_server.url}/works/{work.id}/")
    assert works.mint(work).status == "wanted"
    assert not Auction.objects.exists()
    with pytest.raises(minting.MintingError, match="has its token, or is about to"):
        auctions.terms_request(work, asked)
