"""A stranger's browser proves a sold work through the wallet's own node, and sees what does not hold."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from gallery.models import User, Work
from minting.contract import artifacts
from minting.models import Donation, Token
from tests.browser.test_purchase import by, read_chain, work
from tests.browser.wallet import BrowserWallet
from tests.support.contracts import Stage
from tests.support.processes import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["by", "work"]


def test_topics_in_the_script_are_those_of_the_contract() -> None:
    script = (ROOT / "static/js/proof.js").read_text()
    for topic, event in artifacts.events().items():
        if event["name"] in ("Sold", "Paid", "Donated"):
            assert f'{event["name"].upper()} = "0x{topic.hex()}"' in script
    for function in ("ownerOf", "tokenURI"):
        assert f'"0x{artifacts.hash_of(artifacts.functions("NinefoldToken")[function])[:4].hex()}"' in script


def test_sold_work_is_proven_and_what_was_changed_is_named(
    page: Page, context: BrowserContext, live_server: Any, stage: Stage, work: Work, by: User
) -> None:
    assert work.voucher
    stage.collector.send(stage.prepared(work.voucher))
    read_chain(stage)
    BrowserWallet(stage.collector).inject(page)
    page.goto(f"{live_server.url}/works/{work.id}/")
    page.get_by_role("link", name="Prove it in your own browser").click()
    page.get_by_role("button", name="Prove it now").click()
    expect(page.locator("[data-says]")).to_contain_text("Everything holds: 7 of 7 checks.")
    expect(page.locator(".checks")).to_contain_text("0.04 ETH of it went to")
    assert page.locator(".checks .fails").count() == 0
    Token.objects.update(owner=stage.charity)
    Donation.objects.update(beneficiary=stage.site)
    page.route(f"**/ipfs/{work.image_cid}?format=raw", lambda route: route.fulfill(body=b"other bytes"))
    page.reload()
    page.get_by_role("button", name="Prove it now").click()
    expect(page.locator("[data-says]")).to_contain_text("3 of 7 checks fail")
    said = page.locator(".checks .fails").all_inner_texts()
    assert ["another owner" in said[0], work.image_cid in said[1], "another account" in said[2]] == [True] * 3
