"""The lineage as a picture: every step once, lines that run to the right, rejects where the artist chooses."""

import re
import uuid

import pytest
from django.test import Client

from gallery import lineage_graph
from gallery.models import User
from generation import api as generation
from generation import curation
from generation.models import Image, Parentage
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


def drawn(image: Image, most: int = 24, seen: set[uuid.UUID] | None = None) -> lineage_graph.Graph:
    steps = generation.lineage(image)
    return lineage_graph.draw(image, steps, generation.rejects(image, steps, most), seen)


def sibling(of: Image, seed: int) -> Image:
    """Another picture of the same prompt."""
    other = make.picture(User(pk=of.owner_id), "x", seed=seed)
    assert other.job
    assert of.job
    other.job.prompt = of.job.prompt
    other.job.save(update_fields=["prompt"])
    return other


def test_every_line_runs_to_the_right_and_no_two_nodes_meet(by: User) -> None:
    nine = make.nine_panels(by)
    child = make.picture(by, "over it", seed=3)
    Parentage.objects.create(child=child, parent=nine, kind="rework")
    graph = drawn(child)
    assert len(graph.nodes) == 9 + 9 + 1 + 1 + 1  # panels, their prompts, the composition, the child and its prompt
    assert next(node for node in graph.nodes if node.is_final).image == child
    for edge in graph.edges:
        x, *_, end_x, _ = (int(number) for number in re.findall(r"\d+", edge.path))
        assert x < end_x
    places = {(node.x, node.y) for node in graph.nodes}
    assert len(places) == len(graph.nodes)
    for x, y in places:
        assert 0 <= x <= graph.width - lineage_graph.WIDTH
        assert 0 <= y <= graph.height - lineage_graph.HEIGHT
    columns = {node.image.pk: node.column for node in graph.nodes if node.image}
    assert columns[nine.pk] < columns[child.pk]


def test_rejects_are_of_the_same_prompt_or_picture_and_not_what_came_later(by: User) -> None:
    sketch = make.picture(by, "a lake")
    final = make.picture(by, "over it")
    Parentage.objects.create(child=final, parent=sketch, kind="rework")
    not_taken, thrown = sibling(sketch, 5), sibling(sketch, 6)
    curation.drop(by.pk, [thrown.pk])
    other_way = make.picture(by, "another way")
    Parentage.objects.create(child=other_way, parent=sketch, kind="rework")
    later = make.picture(by, "later")
    Parentage.objects.create(child=later, parent=final, kind="rework")
    make.picture(by, "something else")
    found = generation.rejects(final, generation.lineage(final), 24)
    assert {reject.image.pk for reject in found} == {not_taken.pk, thrown.pk, other_way.pk}
    assert next(reject for reject in found if reject.image.pk == other_way.pk).parent_id == sketch.pk
    assert len(generation.rejects(final, generation.lineage(final), 2)) == 2
    assert drawn(final).rejects == 3


@pytest.mark.parametrize(
    ("text", "lines"),
    [("a lake", ["a lake"]), ("", [""]), ("x" * 200, ["x" * 27, "x" * 27, "x" * 26 + "…"]),
     ("가" * 14, ["가" * 13, "가"])],
)  # fmt: skip
def test_words_fit_their_box(text: str, lines: list[str]) -> None:
    assert lineage_graph._wrapped(text, lineage_graph.UNITS_PROMPT, lineage_graph.PROMPT_LINES) == lines


def test_studio_page_draws_the_lineage_and_the_rejects_on_request(client: Client, by: User) -> None:
    image = make.picture(by, "<script>alert(1)</script>")
    other = sibling(image, 7)
    text = client.get(f"/studio/pictures/{image.pk}/").content.decode()
    assert 'class="lineage"' in text
    assert f"/studio/pictures/{other.pk}/" not in text
    assert "<script>alert" not in text
    text = client.get(f"/studio/pictures/{image.pk}/?rejects=1").content.decode()
    assert f'href="/studio/pictures/{other.pk}/" aria-label="Not taken: painted, seed 7"' in text


def test_work_page_shows_rejects_as_words_alone_and_only_if_the_artist_chose(by: User) -> None:
    for chosen in (False, True):
        master = make.picture(by, "a lake")
        other = sibling(master, 7)
        work = make.work(by, master=master, shows_rejects=chosen)
        text = Client().get(f"/works/{work.id}/").content.decode()
        assert 'class="lineage"' in text
        assert ("Not taken: painted, seed 7" in text) is chosen
        assert f"/pictures/{other.pk}" not in text
        assert f"/pictures/{master.pk}/320.webp" in text
