"""Every page in a real browser: one heading, its language, no sideways scrolling, nothing that jumps."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from gallery.models import User
from tests.unit.gallery import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHIFT_MAX = 0.05
WATCH_SHIFTS = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
UNNAMED = """
[...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")]
  .filter((e) => !e.closest("[aria-hidden]"))
  .filter((e) => !(e.textContent.trim() || e.labels?.length || e.querySelector("img[alt]")))
  .map((e) => e.outerHTML)
"""


@pytest.fixture
def deployed(settings: Any, tmp_path: Any) -> None:
    settings.DEPLOYMENTS_DIR = tmp_path
    make.deployed(tmp_path)


def sign_in(context: BrowserContext, url: str, user: User) -> None:
    client = Client()
    client.force_login(user)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])


def test_every_page_holds_its_shape_on_phone_and_desk_in_both_languages(
    page: Page, context: BrowserContext, live_server: Any, deployed: None
) -> None:
    by = make.artist("Han Seoyeon", is_staff=True)
    works = [
        make.work(
            by,
            title="A rather long title of a work that goes on and on",
            title_ko="제목",
            price_wei=123_456_789_012_345_678,
        )
        for _ in range(3)
    ]
    made = make.exhibition(*works)
    make.sell(works[0])
    draft = make.work(by, status="draft")
    image = make.picture(by)
    for n in range(9):
        make.picture(by, f"lake {n}", seed=n)
    public = [
        "/", "/exhibitions/", f"/exhibitions/{made.slug}/", f"/works/{works[0].id}/", f"/works/{works[1].id}/",
        f"/collections/{make.COLLECTOR}/", "/ledger/", "/models/ninefold-painter-4/", "/sign-in/", "/join/",
        "/verify/", "/claim/", f"/works/{works[0].id}/proof/",
    ]  # fmt: skip
    named = "&".join(f"image={one.master.pk}" for one in works)
    own = ["/studio/", f"/studio/pictures/compare/?{named}&", "/studio/pictures/",
           "/studio/pictures/trash/", "/studio/pictures/sheet/", "/studio/pictures/twins/",
           f"/studio/pictures/{image.pk}/", f"/studio/pictures/{image.pk}/publish/",
           *(f"/studio/pictures/{image.pk}/over/{way}/" for way in ("inpaint", "outpaint", "upscale")),
           f"/studio/works/{draft.id}/", "/account/", "/operators/transactions/"]  # fmt: skip
    page.add_init_script(WATCH_SHIFTS)
    for paths in (public, own):
        if paths is own:
            sign_in(context, live_server.url, by)
        for path in paths:
            for language in ("en", "ko"):
                for width in (390, 1280):
                    page.set_viewport_size({"width": width, "height": 844})
                    answer = page.goto(
                        f"{live_server.url}{path}{'' if '?' in path else '?'}lang={language}", wait_until="load"
                    )
                    where = f"{path} {language} {width}"
                    assert answer is not None
                    assert answer.status == 200, where
                    assert page.locator("h1").count() == 1, where
                    assert page.locator("html").get_attribute("lang") == language
                    wide = page.evaluate("document.documentElement.scrollWidth")
                    assert wide <= width, f"{where} is {wide} wide"
                    page.evaluate("document.fonts.ready.then(() => 0)")
                    assert page.evaluate("window.shift") < SHIFT_MAX, f"{where} jumps"
                    assert page.evaluate(UNNAMED) == [], where


def test_first_tab_leads_to_the_content(page: Page, live_server: Any, deployed: None) -> None:
    page.goto(live_server.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_pictures_are_picked_in_order_and_counted(
    page: Page, context: BrowserContext, live_server: Any, deployed: None
) -> None:
    by = make.artist()
    ids = [str(make.picture(by, seed=n).pk) for n in range(10)]
    sign_in(context, live_server.url, by)
    page.goto(f"{live_server.url}/studio/")
    button = page.get_by_role("button", name="Compose nine panels")
    assert button.is_disabled()
    for pk in ids[3:] + ids[:2]:
        page.locator(f"input[value='{pk}']").check()
    assert page.locator("[data-count]").inner_text() == "9 of 9 picked"
    assert page.locator(f"input[value='{ids[2]}']").is_disabled()
    assert page.locator("input[name=order]").input_value() == ",".join(ids[3:] + ids[:2])
    button.click()
    page.get_by_text("Nine-panel composition").wait_for()
