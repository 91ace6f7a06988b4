"""Working a picture over from the studio: what is asked, what is refused, and what stays as it was."""

import io
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Pillow

from gallery.models import User
from gallery.views.studio_rework import WAYS
from generation import tasks
from generation.models import Image, Job
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


@pytest.fixture
def image(by: User) -> Image:
    return make.picture(by, "a lake")


def mask(size: tuple[int, int], white: tuple[int, int, int, int] | None) -> SimpleUploadedFile:
    drawn = Pillow.new("L", size)
    if white:
        drawn.paste(255, white)
    buffer = io.BytesIO()
    drawn.save(buffer, "PNG")
    return SimpleUploadedFile("mask.png", buffer.getvalue(), "image/png")


def asked(image: Image, way: str, **changes: Any) -> dict[str, Any]:
    size = (image.width_px, image.height_px)
    by_way: dict[str, dict[str, Any]] = {
        "image-to-image": {"strength": "60"},
        "inpaint": {"mask": mask(size, (0, 0, size[0] // 2, size[1]))},
        "outpaint": {"left": str(size[0] // 2), "top": "0", "right": "0", "bottom": "0"},
        "variation": {"strength": "70"},
        "upscale": {"output_px": "2048"},
    }
    words = {"text": "a red boat", "negative_text": "", "count": "1", "seed": "7"}
    return {"request_id": str(uuid.uuid4())} | words | by_way[way] | changes


def address(image: Image, way: str) -> str:
    return f"/studio/pictures/{image.pk}/over/{way}/"


@pytest.mark.django_db(transaction=True)  # the worker's beats come from a session of their own
@pytest.mark.parametrize("way", WAYS)
def test_every_way_makes_one_child_of_the_picture_and_the_same_when_sent_twice(
    client: Client, image: Image, way: str
) -> None:
    sent = asked(image, way)
    for _ in range(2):
        if "mask" in sent:
            sent["mask"].seek(0)
        assert client.post(address(image, way), sent).status_code == 302
    [job] = Job.objects.filter(operation=Job.Operation.REWORK)
    tasks.make()
    job.refresh_from_db()
    assert job.status == Job.Status.SUCCEEDED, job.error_text
    child = Image.objects.get(job=job)
    [edge] = child.parentages.all()
    assert (edge.parent, edge.kind) == (image, "rework")
    assert job.recipe["source_sha256"] == image.sha256
    page = client.get(f"/studio/pictures/{child.pk}/").content.decode()
    assert {"upscale": "Enlarged to 2048 pixels", "inpaint": "A marked part was painted anew"}.get(
        way, "seed 7"
    ) in page


def test_ways_to_enlarge_are_offered_by_name_and_kept_in_the_recipe(client: Client, image: Image) -> None:
    page = client.get(address(image, "upscale")).content.decode()
    assert "Lanczos resampling" in page
    assert "the painter&#x27;s own super-resolution" in page
    assert client.post(address(image, "upscale"), asked(image, "upscale", by="learned")).status_code == 302
    assert Job.objects.get(operation=Job.Operation.REWORK).recipe["enlarge"] == "learned"
    assert client.post(address(image, "upscale"), asked(image, "upscale", by="magic")).status_code == 422


@pytest.mark.parametrize(
    ("way", "changes"),
    [
        ("image-to-image", {"text": ""}),
        ("image-to-image", {"strength": "0"}),
        ("image-to-image", {"strength": "101"}),
        ("image-to-image", {"text": "a\u202eb"}),
        ("inpaint", {"mask": ""}),
        ("outpaint", {"left": "0"}),
        ("outpaint", {"left": "-8"}),
        ("outpaint", {"left": "100000"}),
        ("outpaint", {"left": "NaN"}),
        ("variation", {"count": "10"}),
        ("upscale", {"output_px": "100000"}),
    ],
)
def test_bad_wish_is_refused_with_words_and_nothing_is_queued(
    client: Client, image: Image, way: str, changes: dict[str, str]
) -> None:
    answer = client.post(address(image, way), asked(image, way, **changes))
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert not Job.objects.filter(operation=Job.Operation.REWORK).exists()


def test_mask_that_does_not_fit_is_refused_beside_its_field(client: Client, image: Image) -> None:
    size = (image.width_px, image.height_px)
    for file, said in (
        (mask((size[0] + 1, size[1]), (0, 0, 5, 5)), "another size"),
        (mask(size, None), "Nothing is marked."),
        (SimpleUploadedFile("mask.png", b"not a picture", "image/png"), "not a PNG"),
    ):
        answer = client.post(address(image, "inpaint"), asked(image, "inpaint", mask=file))
        assert answer.status_code in (415, 422)
        assert said in " ".join(answer.context["form"].errors["mask"])
    assert not Job.objects.filter(operation=Job.Operation.REWORK).exists()


@pytest.mark.parametrize("way", WAYS)
def test_nobody_works_over_the_picture_of_somebody_else(image: Image, way: str) -> None:
    other = Client()
    other.force_login(make.artist("Min"))
    assert other.get(address(image, way)).status_code == 404
    assert other.post(address(image, way), asked(image, way)).status_code == 404
    assert Client().get(address(image, way)).status_code == 302


def test_unknown_way_is_not_there(client: Client, image: Image) -> None:
    assert client.get(address(image, "dream")).status_code == 404
