"""Screenshots of every page of a running site: `python -m tests.browser.tour URL FOLDER EMAIL PASSWORD_FILE`.

Phone and desk, light and dark, English and Korean, in four looks that cover each of them twice. Signs in as the
artist of EMAIL for the studio. It takes what the site shows: on an empty site the pages are empty.
"""

import io
import re
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM

OWN = {"studio", "account", "studio-picture", "studio-part", "studio-edges", "studio-publish", "studio-work",
       "studio-library", "studio-trash", "studio-sheet", "studio-compare", "studio-twins"}  # fmt: skip
SIZES = {"phone": (390, 844), "desk": (1280, 900)}


def pages(browser: Browser, url: str, session: str) -> dict[str, str]:
    """Name and path of what there is to see, found by following links as a visitor would."""
    page = browser.new_page()
    found = {"home": "/", "exhibitions": "/exhibitions/", "ledger": "/ledger/", "sign-in": "/sign-in/",
             "join": "/join/", "missing": "/nowhere/", "verify": "/verify/", "claim": "/claim/"}  # fmt: skip
    for at, name, pattern in (
        ("/", "exhibition", r"/exhibitions/[^/\"]+/"), ("/ledger/", "collection", r"/collections/0x\w{40}/"),
        ("exhibition", "work", r"/works/[0-9a-f-]{36}/"), ("work", "model", r"/models/[^\"]+/"),
    ):  # fmt: skip
        page.goto(url + found.get(at, at))
        if match := re.search(f'href="({pattern})"', page.content()):
            found[name] = match[1]
    page.close()
    if session:
        found |= {"studio": "/studio/", "account": "/account/", "studio-library": "/studio/pictures/",
                  "studio-trash": "/studio/pictures/trash/", "studio-sheet": "/studio/pictures/sheet/",
                  "studio-twins": "/studio/pictures/twins/"}  # fmt: skip
        context = browser.new_context()
        context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
        page = context.new_page()
        page.goto(f"{url}/studio/")
        for name, pattern in {
            "studio-picture": r"/studio/pictures/[0-9a-f-]{36}/",
            "studio-work": r"/studio/works/[0-9a-f-]{36}/",
        }.items():
            if match := re.search(f'href="({pattern})"', page.content()):
                found[name] = match[1]
        if "studio-picture" in found:
            over = f"{found['studio-picture']}over/"
            found |= {"studio-part": f"{over}inpaint/", "studio-edges": f"{over}outpaint/"}
        for path in re.findall(r'href="(/studio/pictures/[0-9a-f-]{36}/)"', page.content()):
            page.goto(f"{url}{path}")
            if f"{path}publish/" in page.content():
                found["studio-publish"] = f"{path}publish/"
                break
        page.goto(f"{url}/studio/pictures/")
        named = re.findall(r'name="image" value="([0-9a-f-]{36})"', page.content())[:3]
        if len(named) > 1:
            found["studio-compare"] = "/studio/pictures/compare/?" + "".join(f"image={pk}&" for pk in named)
        context.close()
    return found


LOOKS = (("desk", "light", "en"), ("desk", "dark", "ko"), ("phone", "light", "ko"), ("phone", "dark", "en"))


def sign_in(browser: Browser, url: str, email: str, password: str) -> str:
    """An artist's session cookie, got as a person gets it."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{url}/sign-in/")
    page.fill("[name=username]", email)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda at: "sign-in" not in at)
    session = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "sessionid")
    context.close()
    return str(session)


def take(browser: Browser, url: str, folder: Path, session: str) -> None:
    """One full-page WebP per page and look, named `page-size-scheme-language.webp`."""
    folder.mkdir(parents=True, exist_ok=True)
    found = pages(browser, url, session)
    for size, scheme, language in LOOKS:
        width, height = SIZES[size]
        look = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "reduced_motion": "reduce"}
        visitor, artist = (browser.new_context(**look) for _ in range(2))  # type: ignore[arg-type]
        artist.add_cookies([{"name": "sessionid", "value": session, "url": url}])
        as_visitor, as_artist = visitor.new_page(), artist.new_page()
        for name, path in found.items():
            page = as_artist if name in OWN else as_visitor
            page.goto(f"{url}{path}{'' if '?' in path else '?'}lang={language}", wait_until="load")
            page.evaluate(
                "document.querySelectorAll('img').forEach((i) => { i.loading = 'eager'; });"
                "const seen = [...document.images].map((i) => i.decode().catch(() => 0));"
                "Promise.all([document.fonts.ready, ...seen]).then(() => 0)"
            )
            with Image.open(io.BytesIO(page.screenshot(full_page=True))) as shot:
                shot.convert("RGB").save(folder / f"{name}-{size}-{scheme}-{language}.webp", quality=80, method=6)
        visitor.close()
        artist.close()


if __name__ == "__main__":
    address, into, email, password_file = sys.argv[1:5]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        entered = sign_in(chromium, address.rstrip("/"), email, Path(password_file).read_text().strip())
        take(chromium, address.rstrip("/"), Path(into), entered)
        chromium.close()
