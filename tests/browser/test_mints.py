"""A mint on its way in a browser that nobody reloads: states appear by themselves, buttons do what they say."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from gallery.models import Wallet
from minting.models import Transaction
from tests.browser.test_layout import sign_in
from tests.support.chain import rpc
from tests.support.contracts import Stage
from tests.unit.gallery import factories as make
from tests.unit.gallery.test_pages_mints import wish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_mint_is_followed_hastened_and_final_without_a_reload(
    page: Page, context: BrowserContext, live_server: Any, stage: Stage
) -> None:
    by = make.person("Han Seoyeon", is_artist=True, is_staff=True)
    Wallet.objects.create(user=by, address=stage.artist.address)
    work = make.work(by, price_wei=None, title="Lake")
    row = wish(work)
    rpc(stage.w3, "evm_setAutomine", False)
    sign_in(context, live_server.url, by)
    page.goto(f"{live_server.url}/studio/works/{work.id}/")
    here = page.locator('.voyage [aria-current="step"]')
    expect(here).to_contain_text("wanted")
    first = stage.work(row).hash
    expect(here).to_contain_text("broadcast")
    expect(page.locator("#passages-said")).to_contain_text("Mint: broadcast.")
    page.get_by_role("button", name="Speed up").click()
    expect(page.locator("#passages")).to_contain_text("sent again with a higher fee")
    assert stage.work(Transaction.objects.get(pk=row.pk)).hash != first
    expect(page.locator("#passages")).to_contain_text(f"instead of {first[:8]}")
    rpc(stage.w3, "evm_mine")
    assert stage.work(Transaction.objects.get(pk=row.pk)).status == "final"
    expect(here).to_contain_text("final")
    expect(page.get_by_role("button", name="Speed up")).to_have_count(0)
