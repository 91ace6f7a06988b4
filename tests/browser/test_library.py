"""The library without a mouse: moving, picking, stars, trash and back, pages; and what it then says."""

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from generation.models import Image
from tests.browser.test_layout import sign_in
from tests.unit.gallery import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_whole_page_is_used_by_keyboard_alone(page: Page, context: BrowserContext, live_server: Any) -> None:
    by = make.artist()
    images = [make.picture(by, f"lake {n}", seed=n) for n in range(65)]
    images.reverse()  # newest first
    sign_in(context, live_server.url, by)
    page.goto(f"{live_server.url}/studio/pictures/")
    status, tiles = page.locator("#bulk [role=status]"), page.locator("[data-tile]")
    links = page.locator("[data-tile] a")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('[data-tile]') !== null"):
            break
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".pager a")).to_be_focused()  # the list is one stop
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("4")
    expect(status).to_have_text("4 stars")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("k")
    for key in ("x", "ArrowRight", "x"):
        page.keyboard.press(key)
    expect(status).to_have_text("2 picked")
    page.keyboard.press("5")
    expect(status).to_have_text("5 stars")
    expect(page.locator(".stars").nth(1)).to_have_attribute("data-stars", "5")
    page.keyboard.press("t")
    expect(status).to_have_text("In the trash. U takes it back.")
    assert {i.pk for i in Image.objects.filter(trashed_at__isnull=False)} == {i.pk for i in images[:2]}
    page.keyboard.press("u")
    expect(status).to_have_text("Back again.")
    assert not Image.objects.filter(trashed_at__isnull=False).exists()
    assert [i.stars for i in Image.objects.order_by("-created_at")[:3]] == [5, 5, 0]
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    expect(links.nth(59)).to_be_focused()
    page.keyboard.press("n")
    page.wait_for_url(re.compile("after="))
    expect(tiles).to_have_count(5)
    links.first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/studio/pictures/{images[60].pk}/")


def test_compared_pictures_zoom_and_move_as_one(page: Page, context: BrowserContext, live_server: Any) -> None:
    by = make.artist()
    ids = [make.picture(by, seed=n, size_px=256).pk for n in range(3)]
    sign_in(context, live_server.url, by)
    page.goto(f"{live_server.url}/studio/pictures/compare/?" + "&".join(f"image={pk}" for pk in ids))
    panes, said = page.locator(".pane"), page.locator("[data-zoomed]")
    moved = (
        "[...document.querySelectorAll('.pane img')].map((i) => new DOMMatrix(getComputedStyle(i).transform))"
        ".map((m) => [m.a.toFixed(2), Math.round(m.e), Math.round(m.f)].join())"
    )
    panes.nth(1).focus()
    for _ in range(4):
        page.keyboard.press("+")
    expect(said).to_have_text("244 %")
    page.keyboard.press("ArrowRight")
    before = page.evaluate(moved)
    assert len(set(before)) == 1
    box = panes.nth(2).bounding_box()
    assert box
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 100, steps=3)
    page.mouse.up()
    after = page.evaluate(moved)
    assert len(set(after)) == 1
    assert after != before
    page.get_by_role("button", name="Whole picture").click()
    expect(said).to_have_text("100 %")
