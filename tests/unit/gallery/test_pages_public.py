"""Pages that anybody may see: what they say, to whom, in which language, and what they cost."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Work
from minting import api as minting
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db
Budget = Callable[..., Any]


def page(path: str, client: Client | None = None, status: int = 200, **headers: Any) -> str:
    answer = (client or Client()).get(path, **headers)
    assert answer.status_code == status, answer.content[:2000]
    return answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/", "/exhibitions/", "/ledger/", "/sign-in/", "/join/", f"/collections/{make.COLLECTOR}/"]
)
def test_page_has_one_heading_and_its_language_when_nothing_exists_yet(path: str) -> None:
    for language in ("en", "ko"):
        text = page(f"{path}?lang={language}")
        assert len(re.findall(r"<h1[\s>]", text)) == 1
        assert f'<html lang="{language}">' in text


def test_language_stays_when_it_was_chosen_once() -> None:
    client = Client()
    page("/?lang=ko", client)
    assert '<html lang="ko">' in page("/ledger/", client)
    assert '<html lang="ko">' in page("/ledger/", HTTP_ACCEPT_LANGUAGE="ko-KR,ko;q=0.9")


def test_title_is_shown_escaped_when_it_holds_markup() -> None:
    made = make.work(title="<img src=x onerror=alert(1)>")
    make.exhibition(made)
    for path in ("/", f"/works/{made.id}/"):
        text = page(path)
        assert "<img src=x" not in text
        assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_work_page_tells_price_split_and_prompt_in_both_tongues_when_for_sale() -> None:
    by = make.artist("Han")
    made = make.work(by, master=make.picture(by, "밤의 도시", text_en="city at night"), price_wei=10**18 + 7)
    text = page(f"/works/{made.id}/")
    assert '<blockquote class="prompt" lang="ko">밤의 도시</blockquote>' in text
    assert "city at night" in text
    assert "dictionary-1" in text
    for amount in ("1.000000000000000007", "0.1", "0.050000000000000000", "0.85000000000000000"):
        assert amount.rstrip("0").rstrip(".") in text
    assert "data-buy=" in text


def test_work_page_says_nine_panels_when_it_is_composed() -> None:
    by = make.artist()
    made = make.work(by, master=make.nine_panels(by))
    text = page(f"/works/{made.id}/")
    assert "A work of nine panels" in text
    assert "9 panels laid out" in text
    assert "seeds 0, 1, 2, 3, 4, 5, 6, 7, 8" in text
    assert text.count('<blockquote class="prompt"') == 1


def test_work_page_names_the_person_of_each_step_and_keeps_eth_whole() -> None:
    by = make.artist("Inés", name_ko="이네스")
    made = make.work(by, master=make.retouched(by), price_wei=10**18 + 7)
    shown = page(f"/works/{made.id}/")
    assert "Machine alone, Inés" in shown
    assert "Human with machine, Inés" in shown
    assert '1.000000000000000007<span class="unit">&nbsp;ETH</span>' in shown
    assert ", 이네스" in page(f"/works/{made.id}/", HTTP_ACCEPT_LANGUAGE="ko")


def test_work_page_shows_owner_and_donation_and_no_button_when_sold() -> None:
    made = make.work()
    sale = make.sell(made)
    text = page(f"/works/{made.id}/")
    assert "data-buy=" not in text
    assert make.COLLECTOR in text
    assert "has been paid to" in text
    assert sale.log.block.hash not in text


@pytest.mark.parametrize("status", ["draft", "submitted", "withdrawn"])
def test_work_is_not_there_when_it_is_not_published_and_not_ones_own(status: str) -> None:
    made = make.work(status="draft")
    Work.objects.filter(pk=made.pk).update(status=status, image_cid="a", metadata_cid="b")
    stranger = Client()
    stranger.force_login(make.artist())
    for client in (Client(), stranger):
        page(f"/works/{made.id}/", client, status=404)
        page(f"/pictures/{made.master_id}/320.webp", client, status=404)
        page(f"/pictures/{made.master_id}/original", client, status=404)


def test_picture_is_kept_for_good_when_its_work_is_published() -> None:
    made = make.work()
    answer = Client().get(f"/pictures/{made.master_id}/320.webp")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/webp", "public, max-age=31536000, immutable")
    assert b"".join(answer.streaming_content)[8:12] == b"WEBP"
    again = Client().get(f"/pictures/{made.master_id}/320.webp", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert again.status_code == 304
    page(f"/pictures/{made.master_id}/321.webp", status=404)


def test_exhibition_says_when_it_opens_and_shows_nothing_when_it_is_closed_still() -> None:
    made = make.work()
    shown = make.exhibition(made, opens_at=timezone.now() + timedelta(days=3))
    text = page(f"/exhibitions/{shown.slug}/")
    assert "The doors are still closed" in text
    assert made.title not in text
    curator = Client()
    curator.force_login(shown.curator)
    assert made.title in page(f"/exhibitions/{shown.slug}/", curator)


def test_exhibition_hangs_published_works_in_order_when_open() -> None:
    first, second, hidden = make.work(), make.work(), make.work(status="draft")
    shown = make.exhibition(second, first, hidden)
    make.sell(first)
    text = page(f"/exhibitions/{shown.slug}/")
    assert text.index(second.title) < text.index(first.title)
    assert hidden.title not in text
    assert "Sold" in text


def test_collection_lists_what_a_wallet_holds_in_any_casing() -> None:
    made = make.work()
    make.sell(made, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
    assert Client().get("/collections/0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed/").status_code == 302
    assert made.title in page("/collections/0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed/")
    page("/collections/0x123/", status=404)


def test_missing_page_says_so_in_words_and_in_json_when_asked() -> None:
    assert "There is nothing at this address" in page("/nowhere/", status=404)
    answer = Client().get("/nowhere/", HTTP_ACCEPT="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"


def test_form_without_token_is_told_what_to_do() -> None:
    answer = Client(enforce_csrf_checks=True).post("/join/", {})
    assert answer.status_code == 403
    assert b"open for too long" in answer.content


@pytest.mark.parametrize("count", [3, 9])
def test_pages_stay_within_their_budget_when_there_are_more_works(
    count: int, django_assert_max_num_queries: Budget
) -> None:
    by = make.artist()
    made = [make.work(by) for _ in range(count)]
    shown = make.exhibition(*made)
    for one in made[::2]:
        make.sell(one)
    for path, budget in {
        "/": 17,
        f"/exhibitions/{shown.slug}/": 11,
        f"/works/{made[0].id}/": 21,
        f"/works/{made[1].id}/": 18,
        f"/collections/{make.COLLECTOR}/": 8,
        "/ledger/": 19,
        "/ledger.csv": 9,
    }.items():
        with django_assert_max_num_queries(budget):
            page(path)


def test_verifier_is_given_out_as_text_and_named_on_the_ledger(client: Client) -> None:
    answer = client.get("/verify.py")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert b"".join(answer.streaming_content) == minting.verifier_path().read_bytes()  # type: ignore[attr-defined]
    assert 'href="/verify.py" download' in page("/ledger/", client)
