"""From the counter to the collection: recorded, printed, signed by the artist, claimed by the buyer's wallet."""

import io
import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from gallery import works
from gallery.models import OnSiteSale, User, Wallet
from minting.indexer import verify
from minting.models import Donation, Sale, Token
from tests.browser.test_layout import sign_in
from tests.browser.test_purchase import keep_all, read_chain, says
from tests.browser.wallet import BrowserWallet
from tests.support.chain import rpc
from tests.support.contracts import Stage
from tests.unit.gallery import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("NINEFOLD_SHOTS", "")


def look(page: Page, name: str) -> None:
    """Nothing wider than the screen, in any look; a picture of each where NINEFOLD_SHOTS names a folder."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} {width}"
        for scheme in ("light", "dark") if PICTURES else ():
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.screenshot(path=Path(PICTURES, f"{name}-{width}-{scheme}.png"), full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_buyer_at_the_counter_owns_the_token_in_the_end(
    page: Page, live_server: Any, stage: Stage, browser: Any
) -> None:
    by = make.person("Han Seoyeon", name_ko="한서연", is_artist=True)
    Wallet.objects.create(user=by, address=stage.artist.address)
    staff: User = make.person("Counter", is_staff=True)
    work = works.submit(
        works.draft(by, make.picture(by), title="Lake", title_ko="호수", artist_address=stage.artist.address,
                    price_wei=10**17, charity=make.charity(address=stage.charity, name_ko="열린 화실"))
    )  # fmt: skip
    keep_all()
    typed = works.voucher_request(work)
    works.publish(work, typed["message"], stage.artist.sign_typed(typed))
    make.exhibition(work)
    url = live_server.url

    sign_in(page.context, url, staff)
    page.goto(f"{url}/operators/sales/")
    look(page, "counter")
    page.get_by_role("link", name="Record a sale").click()
    page.get_by_label("Amount").fill("450,000")
    page.get_by_label("Receipt number").fill("A-17")
    look(page, "record")
    page.get_by_role("button", name="Record the sale").click()
    expect(page.get_by_text("The work can no longer be bought on the chain here.")).to_be_visible()
    look(page, "sale")
    page.goto(f"{url}/works/{work.id}/")
    expect(page.get_by_text("Sold on site")).to_be_visible()
    look(page, "work")

    artist = browser.new_context(locale="en-GB")
    studio = artist.new_page()
    wallet = BrowserWallet(stage.artist).inject(studio)
    sign_in(artist, url, by)
    studio.goto(f"{url}/studio/works/{work.id}/")
    look(studio, "studio")
    studio.get_by_role("button", name="Sign the handover").click()
    expect(studio.get_by_text("You signed the handover")).to_be_visible()
    studio.get_by_role("button", name="Cancel the signature over 0.1 ETH").click()
    expect(studio.get_by_text("Cancelled on the chain")).to_be_visible()
    assert (wallet.asked.count("eth_signTypedData_v4"), wallet.asked.count("eth_sendTransaction")) == (1, 1)
    artist.close()

    page.goto(f"{url}/operators/sales/{OnSiteSale.objects.get().pk}/")
    page.get_by_role("button", name="Print label and claim slip").click()
    code = page.locator("[data-code]").inner_text()
    look(page, "slip")
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert [[round(float(side) / 72 * 25.4) for side in sheet.mediabox[2:]] for sheet in printed.pages] == [
        [148, 105]
    ] * 2
    assert code[:19] in printed.pages[1].extract_text()

    rpc(stage.w3, "evm_increaseTime", 5)
    rpc(stage.w3, "evm_mine")
    buyer = browser.new_context(locale="en-GB")
    claim = buyer.new_page()
    sent: list[str] = []
    claim.on("request", lambda request: sent.append(request.url))
    BrowserWallet(stage.collector).inject(claim)
    claim.goto(f"{url}/claim/#{code.lower()}")
    expect(claim.get_by_label("Claim code")).to_have_value(code.lower())
    assert claim.url == f"{url}/claim/"
    assert not any(code.lower() in one.lower() for one in sent if "#" not in one)
    look(claim, "claim")
    claim.get_by_role("button", name="Claim with your wallet").click()
    says(claim, "Waiting until this site has read it")
    read_chain(stage)
    says(claim, "The work is yours.")
    claim.get_by_role("link", name="See it in your collection").click()
    expect(claim).to_have_url(re.compile(f"/collections/{stage.collector.address}/$"))
    expect(claim.get_by_text("Lake")).to_be_visible()
    assert Token.objects.get().owner == stage.collector.address
    assert (Sale.objects.get().price_wei, Donation.objects.count()) == (0, 0)
    assert verify.ledger(stage.chain, stage.w3) == []  # a sale for nothing adds up as well
    buyer.close()

    page.goto(f"{url}/operators/sales/{OnSiteSale.objects.get().pk}/")
    expect(page.get_by_text("Handed over.")).to_be_visible()
    page.get_by_label("Amount (KRW)").fill("45,000")
    page.get_by_label("Document").set_input_files(
        {"name": "bank.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\nbank\n%%EOF\n"}
    )
    page.get_by_role("button", name="Book the payment").click()
    expect(page.get_by_text("45,000\u00a0KRW paid of 45,000\u00a0KRW promised.")).to_be_visible()
    look(page, "sale-done")
    page.goto(f"{url}/ledger/")
    expect(page.get_by_role("rowheader", name="KRW")).to_be_visible()
    look(page, "ledger")
    for path, name in (
        ("claim/?lang=ko", "claim-ko"), ("ledger/", "ledger-ko"), ("operators/sales/", "counter-ko"),
        (f"operators/sales/{OnSiteSale.objects.get().pk}/", "sale-ko"),
        (f"operators/sales/works/{work.id}/label/", "label-ko"),
    ):  # fmt: skip
        page.goto(f"{url}/{path}")
        assert page.locator("html").get_attribute("lang") == "ko"
        look(page, name)
