"""Marking a part of a picture with the brush, by hand and by keyboard, and the frame that a picture grows by."""

import re
from typing import Any

import pytest
from PIL import Image as Pillow
from playwright.sync_api import BrowserContext, Page, expect

from generation import pictures
from generation.models import Job
from tests.browser.test_layout import sign_in
from tests.unit.gallery import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def at(page: Page, context: BrowserContext, live_server: Any) -> str:
    by = make.artist()
    image = make.picture(by, size_px=256)
    sign_in(context, live_server.url, by)
    return f"{live_server.url}/studio/pictures/{image.pk}/over/"


def test_what_the_brush_marks_is_the_mask_that_is_sent(page: Page, at: str) -> None:
    page.goto(f"{at}inpaint/")
    canvas, said = page.get_by_role("application", name="Mask over the picture"), page.locator("[data-said]")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    for across in (0.25, 0.75):
        page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * 0.2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * 0.8, steps=5)
        page.mouse.up()
    expect(said).to_contain_text(re.compile("2[0-9] per cent"))
    page.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text(re.compile("1[0-9] per cent"))
    canvas.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    page.keyboard.press("Backspace")
    expect(said).to_contain_text(re.compile("1[0-9] per cent"))
    page.get_by_role("button", name="Paint").click()
    page.wait_for_url("**/studio/")
    [job] = Job.objects.filter(operation="rework")
    with Pillow.open(pictures.path(job.recipe["mask_sha256"])) as mask:
        assert mask.size == (256, 256)
        white = mask.convert("L").getbbox()
    assert white is not None
    assert 40 <= white[0] < white[2] <= 90, "the left stroke alone"


def test_mask_is_refused_with_words_when_nothing_is_marked(page: Page, at: str) -> None:
    page.expected_complaints = ("422",)  # type: ignore[attr-defined]
    page.goto(f"{at}inpaint/")
    page.get_by_role("button", name="Paint").click()
    expect(page.locator("[data-file] .problem")).to_be_visible()
    assert not Job.objects.filter(operation="rework").exists()


def test_frame_shows_where_the_picture_will_go_on(page: Page, at: str) -> None:
    page.goto(f"{at}outpaint/")
    easel = page.locator(".easel.growing")
    left = page.get_by_label("To the left, in pixels")
    left.focus()
    page.keyboard.press("End")
    expect(page.locator("output").first).to_have_text("256")
    box, picture = easel.bounding_box(), easel.locator("img").bounding_box()
    assert box
    assert picture
    assert abs(picture["x"] - box["x"] - 256 / (256 + 256 + 64) * box["width"]) < 3
    page.get_by_role("button", name="As it was").click()
    expect(page.locator("output").first).to_have_text("64")
    page.get_by_role("button", name="Paint").click()
    page.wait_for_url("**/studio/")
    [job] = Job.objects.filter(operation="rework")
    assert [job.recipe[f"{side}_px"] for side in ("left", "top", "right", "bottom")] == [64, 64, 64, 64]
