"""Checking pictures is bounded by address and in all; manifests of what is not published are for those who see it."""

import io
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Warning
from django.test import Client, RequestFactory
from PIL import Image as Pillow

from config import checks
from gallery import limits, works
from gallery.models import Work
from gallery.views import verify
from generation import api as generation
from tests.unit.gallery import factories as make
from tests.unit.gallery.test_keepsakes import published

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    settings.CONTENT_STORE_DIR, settings.PICTURES_DIR = tmp_path / "blocks", tmp_path / "pictures"


def check(client: Client, address: str, **headers: str) -> Any:
    picture = io.BytesIO()
    Pillow.new("RGB", (8, 8)).save(picture, "PNG")
    picture.seek(0)
    picture.name = "a.png"
    return client.post("/verify/", {"file": picture}, REMOTE_ADDR=address, **headers)


def test_one_address_is_told_to_wait_and_another_is_not_whatever_it_claims(settings: Any) -> None:
    settings.CHECKS_PER_MINUTE = 2
    client, address = Client(), f"2001:db8:{uuid.uuid4().hex[:4]}:1::1"
    answers = [check(client, address, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}").status_code for n in range(4)]
    assert answers in ([200, 200, 429, 429], [200, 200, 200, 429])  # a minute may end in between
    refused = check(client, address.replace("::1", "::beef"), HTTP_ACCEPT_LANGUAGE="ko")
    assert refused.status_code == 429
    assert refused["Retry-After"] == "60"
    assert "1분 뒤에" in refused.content.decode()
    assert check(client, f"198.51.100.{uuid.uuid4().int % 250}").status_code == 200


def test_address_is_what_the_proxy_wrote_last_where_there_is_a_proxy(settings: Any) -> None:
    def of(**meta: str) -> str:
        return limits.address(RequestFactory().get("/", **meta))

    claimed = {"REMOTE_ADDR": "192.0.2.9", "HTTP_X_FORWARDED_FOR": "203.0.113.5, 198.51.100.7"}
    settings.BEHIND_PROXY = False
    assert of(**claimed) == "192.0.2.9"
    settings.BEHIND_PROXY = True
    assert of(**claimed) == "198.51.100.7"
    assert of(REMOTE_ADDR="192.0.2.9", HTTP_X_FORWARDED_FOR="nonsense") == "unknown"
    assert of(REMOTE_ADDR="::ffff:192.0.2.9") == "192.0.2.9"


def test_nobody_is_refused_when_redis_is_away_and_the_work_stays_bounded(settings: Any, monkeypatch: Any) -> None:
    settings.REDIS_URL, settings.CHECKS_PER_MINUTE = "redis://127.0.0.1:1/0", 1
    monkeypatch.setattr(verify, "WAIT_SECONDS", 0)
    client = Client()
    assert [check(client, "192.0.2.1").status_code for _ in range(2)] == [200, 200]
    taken = [verify._AT_ONCE.acquire(blocking=False) for _ in range(2)]
    try:
        assert taken == [True, True]
        answer = check(client, "192.0.2.1")
        assert (answer.status_code, answer["Retry-After"]) == (503, "0")
    finally:
        for _ in taken:
            verify._AT_ONCE.release()


def test_manifest_of_what_is_not_published_is_for_those_who_may_see_the_work() -> None:
    by, stranger, curator = make.artist(), make.person(), make.person(is_curator=True)
    work = works.submit(make.work(by, status="draft", price_wei=None))
    assert work.credential
    copy = generation.signed_derivative(work.credential, "320").read_bytes()
    [named] = set(generation.collecting._NAMED_MANIFEST.findall(copy))
    for key in (str(work.credential.pk), named.decode()):

        def status(user: Any, key: str = key) -> Any:
            client = Client()
            if user:
                client.force_login(user)
            answer = client.get(f"/credentials/{key}.c2pa")
            if answer.streaming:
                b"".join(answer)
            return answer

        assert [status(user).status_code for user in (None, stranger, by, curator)] == [404, 404, 200, 200]
        assert status(by)["Cache-Control"] == "private, no-store"
        Work.objects.filter(pk=work.pk).update(status="published")
        assert status(None).status_code == 200
        assert "immutable" in status(None)["Cache-Control"]
        Work.objects.filter(pk=work.pk).update(status="submitted")
    assert Client().get(f"/credentials/{uuid.uuid4()}.c2pa").status_code == 404


def test_copies_and_their_manifests_go_with_the_picture() -> None:
    work = published()
    assert work.credential
    folder = generation.manifest_path(work.credential.pk).parent.parent
    assert len(list(folder.rglob("*.of"))) == 3
    generation.collecting.drop({"0" * 64}, ())
    assert len(list(folder.rglob("*.of"))) == 3
    sha256s, key = {work.credential.sha256, work.master.sha256}, work.credential.pk.hex
    Work.objects.all().delete()
    generation.Credential.objects.all().delete()
    make.Image.objects.all().delete()
    generation.collecting.drop(sha256s, [key])
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_production_without_a_certificate_is_said(settings: Any) -> None:
    assert checks.pictures_are_signed_by_somebody() == []
    settings.PRODUCTION = True
    [found] = checks.pictures_are_signed_by_somebody()
    assert isinstance(found, Warning)
    settings.CREDENTIALS_CERTIFICATE, settings.CREDENTIALS_KEY = "chain.pem", "key.pem"
    assert checks.pictures_are_signed_by_somebody() == []
