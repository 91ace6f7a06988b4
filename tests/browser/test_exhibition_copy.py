"""An exhibition as a folder: it opens in a browser without a network, from the folder and from IPFS alike."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from gallery.keepsakes import exhibition as exhibitions
from minting.ipfs import store as stores
from tests.unit.gallery import factories as make
from tests.unit.gallery.test_keepsakes import published

ENDINGS = {"": "en", ".ko": "ko"}
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_copy_opens_from_the_folder_without_a_network_and_from_the_gateway(
    context: BrowserContext, live_server: Any, settings: Any, tmp_path: Path
) -> None:
    settings.CONTENT_STORE_DIR, settings.DEPLOYMENTS_DIR = tmp_path / "blocks", tmp_path
    make.deployed(tmp_path)
    by = make.artist("Han Seoyeon", name_ko="한서연")
    nine = published(by, master=make.nine_panels(by, "노을 지는 바다"), title="Lake", title_ko="아홉 순간")
    other = published(by, title="Boat", description="A boat on a lake.")
    nine.price_wei = make.ETHER
    make.sell(nine)
    shown = make.exhibition(nine, other, title="First Light", title_ko="첫 빛", essay="Nine.", essay_ko="모든 그림.")
    exhibitions.write(shown, tmp_path / "copy")
    stores.here().put_tree(tmp_path / "copy")
    root = exhibitions.minting.address_of_folder(tmp_path / "copy")
    port = live_server.url.rpartition(":")[2]
    settings.GATEWAY_ORIGIN = f"http://127.0.0.1:{port}"

    asked: list[str] = []
    complaints: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: complaints.append(said.text))
    from_folder, from_ipfs = (tmp_path / "copy").as_uri(), f"{settings.GATEWAY_ORIGIN}/ipfs/{root}"
    rooms = ("index", f"work-{nine.number}", "ledger")
    visits = [(from_folder, ending, room, width) for ending, width in (("", 1280), (".ko", 390)) for room in rooms]
    for base, ending, room, width in [*visits, (from_ipfs, ".ko", rooms[1], 390)]:
        context.set_offline(base == from_folder)
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{base}/{room}{ending}.html")
        assert page.locator("html").get_attribute("lang") == ENDINGS[ending]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, room
        assert page.evaluate("document.scripts.length") == 0
        page.evaluate("document.querySelectorAll('img').forEach((i) => { i.loading = 'eager'; })")
        page.wait_for_function("[...document.images].every((i) => i.complete && i.naturalWidth)")
        page.wait_for_function("document.fonts.status === 'loaded'")
        faces = page.evaluate("[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family)")
        assert {"Newsreader Variable"} | ({"Gowun Batang"} if ending else set()) <= {f.strip('"') for f in faces}
        _look(page, f"{base[:4]}-{room}{ending}-{width}")
    for base in (from_folder, from_ipfs):
        context.set_offline(base == from_folder)
        page.goto(f"{base}/index.ko.html")
        assert page.locator("h1").inner_text() == "첫 빛"
        page.get_by_role("link", name="아홉 순간").first.click()
        assert page.locator("h1").inner_text() == "아홉 순간"
        page.get_by_role("link", name="English").click()
        assert page.url == f"{base}/work-{nine.number}.html"
    context.set_offline(False)
    assert [url for url in asked if not url.startswith((from_folder, from_ipfs, "data:"))] == []
    assert complaints == []


def _look(page: Any, name: str) -> None:
    """Pictures of the pages for whoever wants to look: LOOK_DIR names where."""
    if os.environ.get("LOOK_DIR"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=f"{os.environ['LOOK_DIR']}/{name}-{scheme}.png", full_page=True)
