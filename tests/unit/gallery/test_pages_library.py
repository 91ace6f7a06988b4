"""The library's pages: what is shown, what is done to many at once, what is refused, and how often they ask."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from gallery import trash
from gallery.models import User
from generation import curation
from generation.models import Board, Image
from tests.support import many_pictures
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db
PAGE = "/studio/pictures/"


@pytest.fixture
def by() -> User:
    return make.artist("Han")


@pytest.fixture
def client(by: User) -> Client:
    client = Client()
    client.force_login(by)
    return client


def do(client: Client, do: str, *images: Image, **more: Any) -> Any:
    body = {"do": do, "image": [str(image.pk) for image in images], "next": PAGE} | more
    return client.post(f"{PAGE}change/", body, follow=True)


def shown(client: Client, query: str = "", page: str = PAGE) -> list[Image]:
    return client.get(f"{page}?{query}").context["shelf"].page.images


def test_library_is_for_artists_and_shows_them_their_own(client: Client, by: User) -> None:
    assert Client().get(PAGE).headers["Location"].startswith("/sign-in/")
    image = make.picture(by)
    make.picture(make.artist())
    assert shown(client) == [image]


def test_filter_in_the_address_is_shown_in_the_form_and_nonsense_is_left_out(client: Client, by: User) -> None:
    image, starred = make.picture(by), make.picture(by)
    do(client, "star", starred, stars="4")
    assert shown(client, "stars=3&order=best&kind=paint") == [starred]
    text = client.get(f"{PAGE}?stars=3").content.decode()
    assert '<option value="3" selected>' in text
    for nonsense in ("stars=x", "stars=99999999999", "kind=x", "board=x", "since=yesterday", "order=x", "prompt=1"):
        assert len(shown(client, nonsense)) in (0, 2), nonsense
    assert shown(client, f"prompt={image.job.prompt_id}") == [image]
    assert client.get(f"{PAGE}?after=nonsense").status_code == 400


def test_pages_lead_forwards_and_backwards(client: Client, by: User) -> None:
    many_pictures.insert(by.pk, 130)
    first = client.get(f"{PAGE}?order=oldest").context["shelf"].page
    assert (len(first.images), first.before) == (60, "")
    text = client.get(f"{PAGE}?order=oldest").content.decode()
    assert 'rel="next" href="?order=oldest&amp;after=' in text
    second = client.get(PAGE, {"order": "oldest", "after": first.after}).context["shelf"].page
    third = client.get(PAGE, {"order": "oldest", "after": second.after}).context["shelf"].page
    assert (len(second.images), len(third.images), third.after) == (60, 10, "")
    assert client.get(PAGE, {"order": "oldest", "before": third.before}).context["shelf"].page == second


def test_many_get_stars_boards_and_leave_them_at_once(client: Client, by: User) -> None:
    images = [make.picture(by) for _ in range(3)]
    assert b"3 pictures have their stars." in do(client, "star", *images, stars="5").content
    assert set(Image.objects.values_list("stars", flat=True)) == {5}
    do(client, "place", *images, new_board="Lakes")
    board = Board.objects.get()
    do(client, "take_off", images[0], to_board=str(board.pk))
    assert set(shown(client, f"board={board.pk}")) == set(images[1:])
    client.post(f"/studio/boards/{board.pk}/", {"title": "호수"})
    assert '<h1 lang="ko">호수</h1>' in client.get(f"{PAGE}?board={board.pk}").content.decode()
    client.post(f"/studio/boards/{board.pk}/", {"do": "delete"})
    assert len(shown(client)) == 3


def test_trash_is_undone_at_once_or_later(client: Client, by: User) -> None:
    first, second = make.picture(by), make.picture(by)
    page = do(client, "trash", first, second)
    assert "2 pictures were put into the trash." in page.content.decode()
    assert shown(client) == []
    assert b"Take back" in client.get(f"/studio/pictures/{first.pk}/").content
    do(client, "restore", first)
    assert shown(client) == [first]
    assert shown(client, page=f"{PAGE}trash/") == [second]
    studio = client.get("/studio/").content.decode()
    assert str(first.pk) in studio
    assert str(second.pk) not in studio


def test_picture_of_a_work_stays_out_of_the_trash(client: Client, by: User) -> None:
    work, other = make.work(by), make.picture(by)
    assert "A work rests on one of these pictures." in do(client, "trash", work.master, other).content.decode()
    assert not Image.objects.filter(trashed_at__isnull=False).exists()
    make_draft = make.picture(by)
    do(client, "trash", make_draft)
    make.work(by, status="draft", master=make_draft)
    make_draft.refresh_from_db()
    assert make_draft.trashed_at is None
    assert trash._held([work.master.pk, other.pk]) == {work.master.pk}


def test_pictures_and_boards_of_somebody_else_are_not_there(client: Client, by: User) -> None:
    other = make.artist()
    own, theirs = make.picture(by), make.picture(other)
    board = Board.objects.create(owner_id=other.pk, title="Theirs")
    for verb, more in (("star", {"stars": "1"}), ("trash", {}), ("restore", {}), ("place", {"new_board": "x"})):
        assert do(client, verb, own, theirs, **more).status_code == 404
    assert do(client, "place", own, to_board=str(board.pk)).status_code == 404
    for body in ({"title": "Mine"}, {"do": "delete"}):
        assert client.post(f"/studio/boards/{board.pk}/", body).status_code == 404
    assert shown(client, f"board={board.pk}") == []
    assert str(theirs.pk) not in client.get(f"{PAGE}sheet/?image={theirs.pk}").content.decode()
    theirs.refresh_from_db()
    assert (theirs.stars, theirs.trashed_at) == (0, None)


@pytest.mark.parametrize(
    ("verb", "more", "said"),
    [("star", {"stars": "6"}, "none to five"), ("star", {}, "none to five"), ("place", {}, "No board is chosen."),
     ("place", {"new_board": "x" * 81}, "1 to 80"), ("place", {"to_board": "x"}, "No board is chosen.")],
)  # fmt: skip
def test_bad_wish_is_answered_with_words(
    client: Client, by: User, verb: str, more: dict[str, str], said: str
) -> None:
    assert said in do(client, verb, make.picture(by), **more).content.decode()
    assert "No picture is picked." in do(client, verb, **more).content.decode()


def test_script_is_answered_shortly(client: Client, by: User) -> None:
    image, headers = make.picture(by), {"Accept": "application/json"}
    body = {"do": "star", "image": str(image.pk), "stars": "2"}
    assert client.post(f"{PAGE}change/", body, headers=headers).status_code == 204
    answer = client.post(f"{PAGE}change/", body | {"stars": "9"}, headers=headers)
    assert (answer.status_code, "none to five" in answer.content.decode()) == (422, True)
    assert client.post(f"{PAGE}change/", body | {"do": "burn"}).status_code == 400
    away = client.post(f"{PAGE}change/", body | {"next": "//evil.example/studio/"})
    assert away.headers["Location"] == PAGE


def test_contact_sheet_shows_what_is_picked_in_order_or_what_is_filtered(client: Client, by: User) -> None:
    images = [make.picture(by, f"lake {n}", seed=n) for n in range(3)]
    picked = client.get(f"{PAGE}sheet/", {"image": [str(images[2].pk), str(images[0].pk), "x", str(uuid.uuid4())]})
    assert picked.context["images"] == [images[2], images[0]]
    assert "seed 2" in picked.content.decode()
    assert len(client.get(f"{PAGE}sheet/?kind=paint").context["images"]) == 3


def test_library_is_searched_by_words_colour_and_likeness(client: Client, by: User) -> None:
    lake, boat = make.picture(by, "a lake", seed=1), make.picture(by, "붉은 배", text_en="a red boat", seed=4)
    curation.take(9)
    assert shown(client, "q=배") == [boat]
    assert shown(client, "q=lakes&colour=blue") == [lake]
    assert shown(client, f"like={boat.pk}")[0] == boat
    text = client.get(f"/studio/pictures/{lake.pk}/").content.decode()
    assert f"?like={lake.pk}" in text
    assert 'class="palette"' in text
    twin = make.picture(by, "a lake", seed=1)
    curation.take(9)
    answer = client.get(f"{PAGE}twins/")
    assert answer.context["groups"] == [[lake, twin]]
    assert client.get(f"{PAGE}twins/?after=nonsense").status_code == 200


def test_emptied_picture_keeps_its_record_and_offers_nothing(client: Client, by: User) -> None:
    image = make.picture(by)
    Image.objects.update(trashed_at=image.created_at, emptied_at=image.created_at)
    text = client.get(f"/studio/pictures/{image.pk}/").content.decode()
    assert "How it was made stays on record." in text
    assert "Publish this picture" not in text
    assert client.get(f"/studio/pictures/{image.pk}/publish/").status_code == 404
    assert shown(client, page=f"{PAGE}trash/") == []


def test_library_asks_as_often_for_many_as_for_few(
    client: Client, by: User, django_assert_num_queries: Callable[..., Any]
) -> None:
    for count in (20, 500):
        many_pictures.insert(by.pk, count, first=count)
        with django_assert_num_queries(6):
            client.get(PAGE)
        with django_assert_num_queries(6):
            client.get(f"{PAGE}?order=best&stars=3&model={many_pictures.MODELS[0]}")
