"""A sold work taken home by its owner: it opens from the folder in a browser without a network, and proves itself."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from gallery import works
from gallery.models import User, Wallet, Work
from tests.browser.test_layout import sign_in
from tests.browser.test_purchase import keep_all, read_chain
from tests.integration.test_standalone_verify import lying, without_donations
from tests.support.chain import rpc
from tests.support.contracts import Stage
from tests.support.wallets import ETHER
from tests.unit.gallery import factories as make
from tests.unit.gallery.test_keepsakes import alone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sold(stage: Stage) -> Work:
    by = make.person("Han Seoyeon", is_artist=True)
    Wallet.objects.create(user=by, address=stage.artist.address)
    made = works.draft(
        by, make.nine_panels(by, "노을 지는 바다"), title="Lake", title_ko="호수", description_ko="아홉 번의 노을.",
        artist_address=stage.artist.address, price_wei=ETHER + 7, charity=make.charity(address=stage.charity),
    )  # fmt: skip
    works.submit(made)
    keep_all()
    typed = works.voucher_request(made)
    rpc(stage.w3, "evm_increaseTime", 5)
    rpc(stage.w3, "evm_mine")
    works.publish(made, typed["message"], stage.artist.sign_typed(typed))
    assert made.voucher
    stage.collector.send(stage.prepared(made.voucher))
    read_chain(stage)
    return made


def owner(stage: Stage) -> User:
    user = make.person("Collector")
    Wallet.objects.create(user=user, address=stage.collector.address)
    return user


def test_owner_takes_a_sold_work_home_and_it_stands_without_the_site(
    page: Page, context: BrowserContext, live_server: Any, stage: Stage, sold: Work, tmp_path: Path
) -> None:
    sign_in(context, live_server.url, owner(stage))
    page.goto(f"{live_server.url}/works/{sold.id}/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Take the work home (ZIP)").click()
    assert download.value.suggested_filename == f"ninefold-{sold.number}.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "home")
    [folder] = (tmp_path / "home").iterdir()

    token = alone(folder, ".", "--rpc", stage.chain.rpc_url)
    assert (token.returncode, token.stderr) == (0, ""), token.stdout + token.stderr
    assert f"belongs to {stage.collector.address}" in token.stdout
    assert f"its sale gave {(ETHER + 7) // 10} wei" in token.stdout
    assert stage.charity in token.stdout
    with lying(stage.chain.rpc_url, without_donations) as url:
        wrong = alone(folder, ".", "--rpc", url)
    assert wrong.returncode == 1
    assert "the artist signed for" in wrong.stderr

    asked: list[str] = []
    home = context.new_page()
    home.on("request", lambda request: asked.append(request.url))
    context.set_offline(True)
    for name, language, heading in (("index.html", "en", "Lake"), ("index.ko.html", "ko", "호수")):
        for width in (390, 1280):
            home.set_viewport_size({"width": width, "height": 900})
            home.goto((folder / name).as_uri(), wait_until="load")
            assert home.locator("html").get_attribute("lang") == language
            assert home.locator("h1").inner_text() == heading
            assert home.evaluate("document.documentElement.scrollWidth") <= width
            assert home.evaluate("document.scripts.length") == 0
            home.evaluate("document.querySelectorAll('img').forEach((i) => { i.loading = 'eager'; })")
            home.wait_for_function("[...document.images].every((i) => i.complete && i.naturalWidth)")
            assert home.locator("img").count() == 10
            assert stage.collector.address in home.locator("dl").inner_text()
    home.get_by_role("link", name="English").click()
    assert home.url == (folder / "index.html").as_uri()
    assert [url for url in asked if not url.startswith("file://")] == []
    context.set_offline(False)
