"""Comparing pictures: two to four of one's own, and what tells their recipes apart."""

import pytest
from django.test import Client

from gallery import comparison
from gallery.models import User
from generation.models import Image
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> User:
    return make.artist("Han")


@pytest.fixture
def client(by: User) -> Client:
    client = Client()
    client.force_login(by)
    return client


def address(*images: Image) -> str:
    return "/studio/pictures/compare/?" + "&".join(f"image={image.pk}" for image in images)


def test_what_differs_comes_first_with_the_phrases_that_not_all_have(by: User) -> None:
    images = [make.picture(by, "a lake, fog", seed=1), make.picture(by, "a lake, fog, a red boat", seed=2)]
    lines = comparison.lines(images)
    told = {str(line.label): line for line in lines}
    assert [line.differs for line in lines] == sorted((line.differs for line in lines), reverse=True)
    assert [[(p.text, p.is_own) for p in cell] for cell in told["Prompt"].cells] == [
        [("a lake", False), ("fog", False)],
        [("a lake", False), ("fog", False), ("a red boat", True)],
    ]
    assert told["Seed"].differs
    assert not told["Model"].differs
    assert "What the model reads" not in told, "it is the prompt itself"


def test_two_to_four_of_ones_own_are_compared_in_the_order_named(client: Client, by: User) -> None:
    images = [make.picture(by, seed=n) for n in range(5)]
    uploaded = make.retouched(by)
    answer = client.get(address(images[2], images[0], uploaded))
    assert answer.context["images"] == [images[2], images[0], uploaded]
    assert answer.content.decode().count('class="pane"') == 3
    theirs = make.picture(make.artist())
    for few in ((), (images[0],), images, (images[0], theirs), (images[0], images[0])):
        answer = client.get(address(*few))
        assert (answer.status_code, b"Pick two to four" in answer.content) == (422, True)


def test_library_leads_to_comparison_and_contact_sheet(client: Client, by: User) -> None:
    images = [make.picture(by) for _ in range(2)]
    ids = [str(image.pk) for image in images]
    for do, page in (("compare", "compare"), ("sheet", "sheet")):
        answer = client.post("/studio/pictures/change/", {"do": do, "image": ids})
        assert answer.headers["Location"] == f"/studio/pictures/{page}/?image={ids[0]}&image={ids[1]}"
