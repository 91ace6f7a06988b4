"""The studio: what an artist may do there, what others may not, and how mistakes are answered."""

import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from gallery.models import User, Work
from generation.models import Image, Job, Prompt, Repaint, Speed
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def by() -> User:
    return make.artist("Han")


@pytest.fixture
def client(by: User) -> Client:
    return signed_in(by)


def wish(**changes: Any) -> dict[str, Any]:
    return {
        "request_id": str(uuid.uuid4()),
        "text": "a lake",
        "negative_text": "",
        "count": "1",
        "seed": "",
    } | changes


def test_studio_leads_to_sign_in_and_is_closed_when_one_is_no_artist(by: User) -> None:
    assert Client().get("/studio/").headers["Location"] == "/sign-in/?next=/studio/"
    answer = signed_in(make.person()).get("/studio/")
    assert (answer.status_code, b"The studio is for artists" in answer.content) == (403, True)


def test_prompt_becomes_one_job_per_picture_and_the_same_ones_when_sent_twice(client: Client, by: User) -> None:
    asked = wish(text="밤의 도시, 수채화", count="3", seed="41")
    for _ in range(2):
        assert client.post("/studio/", asked).status_code == 302
    jobs = Job.objects.filter(owner_id=by.pk)
    assert sorted(job.recipe["seed"] for job in jobs) == [41, 42, 43]
    assert Prompt.objects.get().language == "ko"
    text = client.get("/studio/").content.decode()
    assert "3 pictures under way" in text
    assert 'hx-trigger="every 1s"' in text


def test_the_very_last_seed_is_taken_and_no_picture_asked_beyond_it(client: Client) -> None:
    last = 2**32 - 1
    refused = client.post("/studio/", wish(count="2", seed=str(last)))
    assert refused.status_code == 422
    assert f"The last seed is {last}: for 2 pictures, begin lower." in refused.content.decode()
    assert client.post("/studio/", wish(count="1", seed=str(last))).status_code == 302
    assert Job.objects.get().recipe["seed"] == last


@pytest.mark.parametrize(
    "changes",
    [{"text": ""}, {"text": "  "}, {"text": "x" * 2001}, {"text": "a\0b"}, {"text": "a\u202eb"}, {"count": "10"},
     {"count": "0"}, {"seed": "-1"}, {"seed": str(2**32)}, {"seed": "NaN"}, {"negative_text": "\u2066"}],
)  # fmt: skip
def test_prompt_is_refused_beside_its_field_and_kept_when_it_is_bad(client: Client, changes: dict[str, str]) -> None:
    answer = client.post("/studio/", wish(**changes))
    assert answer.status_code == 422
    (field,) = changes
    assert answer.context["form"].errors[field]
    assert b'aria-invalid="true"' in answer.content
    assert not Job.objects.exists()


def test_progress_brings_the_pictures_that_came_and_stops_asking_when_all_is_done(client: Client, by: User) -> None:
    done = make.picture(by)
    answer = client.get(f"/studio/progress/?open={done.job_id},not-an-id", HTTP_HX_REQUEST="true")
    text = answer.content.decode()
    assert 'hx-swap-oob="afterbegin:#pictures"' in text
    assert str(done.pk) in text
    assert "1 picture is ready." in text
    assert "hx-trigger" not in text


def test_progress_shows_nothing_of_others_when_their_jobs_are_named(client: Client) -> None:
    other = make.picture(make.artist())
    text = client.get(f"/studio/progress/?open={other.job_id}").content.decode()
    assert str(other.pk) not in text


def test_painting_under_way_is_shown_with_its_preview_and_time_to_its_owner_alone(client: Client, by: User) -> None:
    client.post("/studio/", wish())
    job = Job.objects.get()
    Speed.objects.create(kind=f"gpu:text-to-image:{job.recipe['model']}:256:{job.recipe['steps']}:1024", seconds=8)
    Job.objects.update(status="running", lease_until=timezone.now(), step=10, steps_total=40, preview_step=9)
    address = f"/studio/jobs/{job.pk}/look.webp"
    assert client.get(address).status_code == 404
    folder = settings.PICTURES_DIR / "previews"
    folder.mkdir(exist_ok=True)
    (folder / f"{job.pk}.webp").write_bytes(b"a look")
    text = client.get("/studio/progress/").content.decode()
    assert f'src="{address}?step=9"' in text
    assert "step 10 of 40 · about 6 s left" in text
    assert b"".join(client.get(address).streaming_content) == b"a look"
    assert signed_in(make.artist()).get(address).status_code == 404


def test_picture_is_painted_again_on_its_page_by_its_owner_alone(client: Client, by: User) -> None:
    image = make.picture(by)
    Job.objects.update(recipe={**image.job.recipe, "model": settings.MODEL})
    address = f"/studio/pictures/{image.pk}/again/"
    assert signed_in(make.artist()).post(address, {"request_id": "x"}).status_code == 404
    assert client.post(address, {"request_id": "x"}).headers["Location"] == f"/studio/pictures/{image.pk}/"
    job = Job.objects.get(operation="repaint")
    text = client.get(address, HTTP_HX_REQUEST="true").content.decode()
    assert "waiting its turn" in text
    assert 'hx-trigger="every 1s"' in text
    Job.objects.filter(pk=job.pk).update(status="succeeded")
    Repaint.objects.create(
        job=job, image=image, verdict="alike", same_bytes=False, ssim=0.9991, psnr_db=61.25, largest_difference=2,
        share_differing=0.0123, reasons=[{"what": "torch", "then": "2.12.0", "now": "2.13.0"}],
    )  # fmt: skip
    text = client.get(f"/studio/pictures/{image.pk}/").content.decode()
    for said in ("Perceptually equal, not identical.", "0.9991", "61.3 dB", "2 of 255", "1.2%", "2.12.0 → 2.13.0"):
        assert said in text
    assert "every 1s" not in text


def test_dead_job_says_why_and_how_often_it_was_tried(client: Client, by: User) -> None:
    client.post("/studio/", wish())
    Job.objects.update(status="failed", attempts=3, error_code="out_of_memory", finished_at=timezone.now())
    text = client.get("/studio/").content.decode()
    assert "There was not enough memory for this picture." in text
    assert "Tried 3 times." in text


def test_job_is_cancelled_and_tried_again_by_its_owner_alone(client: Client, by: User) -> None:
    client.post("/studio/", wish())
    job = Job.objects.get()
    stranger = signed_in(make.artist())
    for verb in ("cancel", "retry"):
        assert stranger.post(f"/studio/jobs/{job.pk}/{verb}").status_code == 404
    assert client.post(f"/studio/jobs/{job.pk}/cancel", HTTP_HX_REQUEST="true").status_code == 200
    job.refresh_from_db()
    assert job.status == "cancelled"
    client.post(f"/studio/jobs/{job.pk}/retry")
    job.refresh_from_db()
    assert job.status == "queued"


def test_nine_pictures_are_composed_in_the_order_picked(client: Client, by: User) -> None:
    ids = [str(make.picture(by, seed=n).pk) for n in range(9)]
    ids.reverse()
    answer = client.post("/studio/compose/", {"request_id": "c1", "order": ",".join(ids)})
    assert answer.status_code == 302
    shas = [Image.objects.get(pk=pk).sha256 for pk in ids]
    assert Job.objects.get(operation="compose", status="queued").recipe["panels_sha256"] == shas


def test_composing_is_refused_when_they_are_not_nine_or_not_ones_own(client: Client, by: User) -> None:
    ids = [str(make.picture(by, seed=n).pk) for n in range(8)]
    eight = client.post("/studio/compose/", {"request_id": "c1", "image": ids})
    assert (eight.status_code, b"Choose exactly nine pictures." in eight.content) == (422, True)
    theirs = str(make.picture(make.artist()).pk)
    assert client.post("/studio/compose/", {"request_id": "c2", "image": [*ids, theirs]}).status_code == 404
    assert not Job.objects.filter(operation="compose").exists()


def png(size: int = 16) -> bytes:
    buffer = io.BytesIO()
    Pillow.new("RGB", (size, size), (200, 10, 10)).save(buffer, "PNG")
    return buffer.getvalue()


def test_retouched_picture_becomes_the_child_of_its_parent(client: Client, by: User) -> None:
    parent = make.picture(by)
    body = {"request_id": "u1", "file": SimpleUploadedFile("mine.png", png())}
    answer = client.post(f"/studio/pictures/{parent.pk}/", body)
    child = Image.objects.get(request_id="upload:u1")
    assert answer.headers["Location"] == f"/studio/pictures/{child.pk}/"
    assert child.parentages.get().parent == parent
    assert "Worked over by hand" in client.get(answer.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [(b"<svg onload=alert(1)>", 415, b"not a PNG"), (png() + b"<html><script>", 422, b"something else behind"),
     (png()[:-30], 422, b"ends before"), (b"", 422, b"empty")],
)  # fmt: skip
def test_upload_is_refused_with_a_next_step_when_it_is_no_clean_picture(
    client: Client, by: User, data: bytes, status: int, said: bytes
) -> None:
    parent = make.picture(by)
    answer = client.post(
        f"/studio/pictures/{parent.pk}/", {"request_id": "u1", "file": SimpleUploadedFile("a.png", data)}
    )
    assert (answer.status_code, said in answer.content) == (status, True)
    assert Image.objects.count() == 1


def test_picture_of_somebody_else_is_not_there(client: Client) -> None:
    other = make.picture(make.artist())
    for path in ("", "publish/"):
        assert client.get(f"/studio/pictures/{other.pk}/{path}").status_code == 404
    assert client.get(f"/pictures/{other.pk}/original?download").status_code == 404


def terms(by: User, **changes: Any) -> dict[str, Any]:
    return {
        "title": "Lake", "title_ko": "호수", "description": "", "description_ko": "", "series": "",
        "licence": "CBE-PR", "price": "0.05", "artist_address": by.wallets.get().address,
        "charity": str(make.charity().pk),
        "donation": "12.5", "royalty": "5", "collaborator_address": "", "collaborator_share": "",
        "collaborator_credit": "",
    } | changes  # fmt: skip


def test_draft_has_exact_terms_and_a_collaborator_who_accepts(client: Client, by: User) -> None:
    image, other = make.picture(by), make.artist("Park")
    address = other.wallets.get().address
    body = terms(by, collaborator_address=address, collaborator_share="20", collaborator_credit="retouching")
    answer = client.post(f"/studio/pictures/{image.pk}/publish/", body)
    work = Work.objects.get()
    assert answer.headers["Location"] == f"/studio/works/{work.id}/"
    assert (work.price_wei, work.donation_bps, work.royalty_bps) == (5 * 10**16, 1_250, 500)
    assert [share.bps for share in work.shares.all()] == [6_250, 500, 2_000]
    assert "has not accepted their share yet" in client.get(f"/studio/works/{work.id}/").content.decode()
    share = work.shares.get(role="collaborator")
    assert signed_in(make.artist()).post(f"/shares/{share.pk}/accept").status_code == 404
    theirs = signed_in(other)
    assert b"offers you 20% of the price" in theirs.get("/account/").content
    assert theirs.get(f"/studio/works/{work.id}/").status_code == 200
    assert theirs.post(f"/shares/{share.pk}/accept").status_code == 302
    share.refresh_from_db()
    assert share.accepted_at


@pytest.mark.parametrize(
    "changes",
    [{"title": ""}, {"title": "a\u202eb"}, {"price": "-1"}, {"price": "1e5"}, {"price": "0.0000000000000000001"},
     {"price": str(2**128)}, {"price": "0"}, {"price": "0.000000000000009999"},
     {"donation": "95"}, {"donation": "-1"}, {"royalty": "51"}, {"licence": "mine"},
     {"artist_address": "0x" + "9" * 40}, {"charity": "0"}, {"collaborator_address": "0x" + "8" * 40},
     {"collaborator_share": "10"}, {"donation": "NaN"}],
)  # fmt: skip
def test_terms_are_refused_beside_their_field_when_they_are_bad(
    client: Client, by: User, changes: dict[str, str]
) -> None:
    image = make.picture(by)
    answer = client.post(f"/studio/pictures/{image.pk}/publish/", terms(by, **changes))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) & {*changes, "collaborator_address"}
    assert not Work.objects.exists()


def test_work_is_moved_by_its_artist_alone(client: Client, by: User) -> None:
    work = make.work(by, status="draft")
    for who in (signed_in(make.artist()), signed_in(make.person(is_staff=True))):
        for verb in ("submit", "publish", "withdraw"):
            answer = who.post(f"/studio/works/{work.id}/{verb}")
            assert answer.status_code in (403, 404)
    assert client.post(f"/studio/works/{work.id}/withdraw").status_code == 302
    work.refresh_from_db()
    assert work.status == "withdrawn"


def test_publishing_without_a_signature_is_refused_with_a_problem(client: Client, by: User) -> None:
    work = make.work(by, status="submitted")
    answer = client.post(f"/studio/works/{work.id}/publish", json.dumps({}), content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert answer.json()["code"] == "not_ready"


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"address": "0x1"}, 422), ({"address": "0x" + "0" * 40}, 422), ({"address": make.address()}, 409)],
)
def test_purchase_is_a_problem_when_address_or_standing_are_wrong(body: dict[str, str], status: int) -> None:
    work = make.work(price_wei=None)
    answer = Client().post(f"/works/{work.id}/purchase", json.dumps(body), content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_purchase_says_sold_when_the_token_exists() -> None:
    work = make.work()
    make.sell(work)
    answer = Client().post(
        f"/works/{work.id}/purchase", json.dumps({"address": make.COLLECTOR}), content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "already_sold")


def test_studio_stays_within_its_budget_when_there_is_much(
    client: Client, by: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for n in range(6):
        make.work(by)
        make.picture(by)
        client.post("/studio/", wish(text=f"lake {n}"))
    for path, budget in {"/studio/": 11, "/studio/progress/": 8, "/account/": 5}.items():
        with django_assert_max_num_queries(budget):
            assert client.get(path).status_code == 200


def test_admin_reads_everything_and_changes_no_fact_of_the_chain() -> None:
    make.sell(make.work())
    desk = signed_in(make.person(is_staff=True, is_superuser=True))
    assert desk.get("/admin/").status_code == 200
    for page in ("gallery/work", "minting/transaction", "minting/donation", "minting/sale", "generation/job"):
        assert desk.get(f"/admin/{page}/").status_code == 200
        assert desk.get(f"/admin/{page}/add/").status_code == 403
    assert desk.get("/admin/gallery/user/add/").status_code == 200
