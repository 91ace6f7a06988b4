import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from minting.ipfs import car, cid
from minting.ipfs import store as stores
from minting.ipfs.store import BlockStore
from minting.models.pin import Pin

DATA = os.urandom(2 * cid.CHUNK_BYTES + 100)
pytestmark = [pytest.mark.django_db, pytest.mark.urls("minting.ipfs.gateway")]


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> Iterator[BlockStore]:
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)
    with override_settings(CONTENT_STORE_DIR=tmp_path / "blocks"):
        yield stores.here()


@pytest.fixture
def kept(store: BlockStore) -> str:
    address = store.put_bytes(DATA)
    Pin.objects.create(
        cid=address, place="store", size_bytes=len(DATA), mime="image/png", name="a", due_at=timezone.now()
    )
    return address


def body(response: object) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]


def test_gateway_streams_the_file_with_its_headers_when_it_is_kept(client: Client, kept: str) -> None:
    response = client.get(f"/ipfs/{kept}")
    assert response.status_code == 200
    assert body(response) == DATA
    expected = {
        "Content-Type": "image/png",
        "Content-Length": str(len(DATA)),
        "ETag": f'"{kept}"',
        "X-Ipfs-Path": f"/ipfs/{kept}",
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
    }
    assert {name: response[name] for name in expected} == expected
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
    assert "immutable" in response["Cache-Control"]
    assert "Content-Disposition" not in response


def test_gateway_sends_headers_alone_when_asked_by_head(client: Client, kept: str) -> None:
    response = client.head(f"/ipfs/{kept}")
    assert (response.status_code, body(response), response["Content-Length"]) == (200, b"", str(len(DATA)))


@pytest.mark.parametrize("mime", ["image/svg+xml", "text/html", "application/xhtml+xml", ""])
def test_gateway_hands_the_file_down_to_be_saved_when_its_kind_could_run_a_script(
    client: Client, kept: str, mime: str
) -> None:
    Pin.objects.update(mime=mime)
    response = client.get(f"/ipfs/{kept}")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")


def test_gateway_serves_a_block_without_a_row_when_it_is_in_the_store(client: Client, store: BlockStore) -> None:
    response = client.get(f"/ipfs/{store.put_bytes(b'<script>')}")
    assert (body(response), response["Content-Type"]) == (b"<script>", "application/octet-stream")


@pytest.mark.parametrize("how", [{"query": "?format=raw"}, {"HTTP_ACCEPT": "application/vnd.ipld.raw"}])
def test_gateway_sends_one_block_when_raw_is_asked_for(
    client: Client, store: BlockStore, kept: str, how: dict[str, str]
) -> None:
    headers = {name: value for name, value in how.items() if name != "query"}
    response = client.get(f"/ipfs/{kept}{how.get('query', '')}", **headers)
    assert body(response) == store.block(kept)
    assert response["Content-Type"] == "application/vnd.ipld.raw"
    assert response["ETag"] == f'"{kept}.raw"'


@pytest.mark.parametrize("how", [{"query": "?format=car"}, {"HTTP_ACCEPT": "application/vnd.ipld.car; version=1"}])
def test_gateway_sends_an_archive_that_can_be_checked_when_car_is_asked_for(
    client: Client, tmp_path: Path, kept: str, how: dict[str, str]
) -> None:
    headers = {name: value for name, value in how.items() if name != "query"}
    response = client.get(f"/ipfs/{kept}{how.get('query', '')}", **headers)
    other = BlockStore(tmp_path / "other")
    assert car.read(io.BytesIO(body(response)), other) == [kept]
    assert b"".join(other.read(kept)) == DATA
    assert response["Content-Type"].startswith("application/vnd.ipld.car; version=1")


def test_gateway_serves_the_same_bytes_when_asked_by_cidv0(client: Client, store: BlockStore) -> None:
    node = store.put_block(b"\x0a\x09\x08\x02\x12\x03abc\x18\x03", cid.DAG_PB)
    version0 = _base58(b"\x12\x20" + cid.digest32(node))
    response = client.get(f"/ipfs/{version0}")
    assert (body(response), response["X-Ipfs-Path"]) == (b"abc", f"/ipfs/{node}")


def _base58(data: bytes) -> str:
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[digit] + text
    return text


@pytest.mark.parametrize("text", ["nothing", "b" * 59, "..%5C..%5Cetc", "bafy" * 40])
def test_gateway_refuses_without_touching_the_disk_when_address_is_malformed(
    client: Client, store: BlockStore, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(stores, "here", None)
    response = client.get(f"/ipfs/{text}")
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(body(response))["code"] == "malformed_cid"


def test_gateway_says_404_when_bytes_are_not_kept(client: Client) -> None:
    response = client.get(f"/ipfs/{cid.of_bytes(b'never seen')}")
    assert (response.status_code, json.loads(body(response))["code"]) == (404, "block_missing")


@pytest.mark.parametrize("query", ["", "?format=car"])
def test_gateway_says_404_before_it_sends_a_byte_when_a_part_is_gone(
    client: Client, store: BlockStore, kept: str, query: str
) -> None:
    next(store.root.rglob(list(store.walk(kept))[-1])).unlink()
    assert client.get(f"/ipfs/{kept}{query}").status_code == 404


def test_gateway_says_500_when_the_root_has_changed_on_disk(client: Client, store: BlockStore, kept: str) -> None:
    next(store.root.rglob(kept)).write_bytes(b"other bytes")
    response = client.get(f"/ipfs/{kept}")
    assert (response.status_code, json.loads(body(response))["code"]) == (500, "corrupt_block")


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=262140-262150", 262140, 262151),
        ("bytes=524288-", 524288, len(DATA)),
        ("bytes=-10", len(DATA) - 10, len(DATA)),
        ("bytes=-99999999", 0, len(DATA)),
        ("bytes=10-99999999", 10, len(DATA)),
    ],
)
def test_gateway_sends_the_part_when_one_range_is_asked_for(
    client: Client, kept: str, asked: str, start: int, stop: int
) -> None:
    response = client.get(f"/ipfs/{kept}", HTTP_RANGE=asked)
    assert response.status_code == 206
    assert body(response) == DATA[start:stop]
    assert response["Content-Range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"
    assert response["Content-Length"] == str(stop - start)


@pytest.mark.parametrize("asked", ["bytes=524388-", "bytes=9-3", "bytes=-0", "bytes=-", "bytes=a-b", "bytes=1" * 9])
def test_gateway_says_416_when_range_cannot_be_had(client: Client, kept: str, asked: str) -> None:
    response = client.get(f"/ipfs/{kept}", HTTP_RANGE=asked)
    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(DATA)}")


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_RANGE": "bytes=0-1,4-5"},
        {"HTTP_RANGE": "lines=1-2"},
        {"HTTP_RANGE": "bytes=0-1", "HTTP_IF_RANGE": '"x"'},
    ],
)
def test_gateway_sends_the_whole_file_when_range_does_not_apply(
    client: Client, kept: str, headers: dict[str, str]
) -> None:
    response = client.get(f"/ipfs/{kept}", **headers)
    assert (response.status_code, body(response)) == (200, DATA)


@pytest.mark.parametrize("tags", ['"{}"', 'W/"{}"', '"a", "{}"', "*"])
def test_gateway_says_304_when_client_has_it(client: Client, kept: str, tags: str) -> None:
    response = client.get(f"/ipfs/{kept}", HTTP_IF_NONE_MATCH=tags.format(kept))
    assert (response.status_code, body(response), response["ETag"]) == (304, b"", f'"{kept}"')


def test_gateway_says_400_when_format_is_unknown(client: Client, kept: str) -> None:
    assert client.get(f"/ipfs/{kept}?format=zip").status_code == 400


def test_gateway_says_405_when_asked_to_write(client: Client, kept: str) -> None:
    response = client.post(f"/ipfs/{kept}")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


@pytest.fixture
def folder(store: BlockStore) -> str:
    files = {
        "1.json": b"{}",
        "panels/1.png": DATA,
        "page.html": b"<script>alert(1)</script>",
        "site/index.html": b"<p>",
    }
    files |= {"site/look.css": b"p{}", "a & b <i>.txt": b"words"}
    return store.put_folder({path: store.put_bytes(data) for path, data in files.items()})


def test_gateway_sends_the_file_below_a_folder_when_its_path_is_asked_for(client: Client, folder: str) -> None:
    response = client.get(f"/ipfs/{folder}/panels/1.png", HTTP_RANGE="bytes=5-9")
    assert (response.status_code, body(response)) == (206, DATA[5:10])
    assert (response["Content-Type"], response["ETag"]) == ("image/png", f'"{cid.of_bytes(DATA)}"')
    assert response["X-Ipfs-Path"] == f"/ipfs/{folder}/panels/1.png"
    assert response["X-Ipfs-Roots"] == f"{folder},{cid.of_bytes(DATA)}"
    assert client.get(f"/ipfs/{folder}/1.json")["Content-Type"] == "application/json"


def test_gateway_lists_the_folder_when_it_has_no_page(client: Client, folder: str) -> None:
    moved = client.get(f"/ipfs/{folder}")
    assert (moved.status_code, moved["Location"]) == (301, f"/ipfs/{folder}/")
    response = client.get(f"/ipfs/{folder}/")
    page = body(response).decode()
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert 'href="a%20%26%20b%20%3Ci%3E.txt"' in page
    assert "<i>" not in page
    assert "immutable" not in response["Cache-Control"]
    assert client.get(f"/ipfs/{folder}/", HTTP_IF_NONE_MATCH=response["ETag"]).status_code == 304


@pytest.mark.parametrize("path", ["absent", "1.json/below", "panels/2.png", "1.json/", "../x", "panels/../1.json"])
def test_gateway_says_404_when_nothing_is_at_the_path(client: Client, folder: str, path: str) -> None:
    assert client.get(f"/ipfs/{folder}/{path}").status_code == 404


def test_gateway_says_412_when_it_may_answer_from_its_store_alone_and_cannot(client: Client, kept: str) -> None:
    only = {"HTTP_CACHE_CONTROL": "only-if-cached"}
    assert client.head(f"/ipfs/{cid.of_bytes(b'never seen')}", **only).status_code == 412
    assert client.head(f"/ipfs/{kept}", **only).status_code == 200


def test_gateway_hands_pages_down_to_be_saved_when_it_has_no_host_of_its_own(client: Client, folder: str) -> None:
    for path in ("page.html", "site/", "site/look.css"):
        response = client.get(f"/ipfs/{folder}/{path}")
        assert response["Content-Type"] == "application/octet-stream"
        assert response["Content-Disposition"].startswith("attachment")


@override_settings(
    GATEWAY_ORIGIN="https://ipfs.gallery.example", ALLOWED_HOSTS=["testserver", "ipfs.gallery.example"]
)
def test_gateway_shows_pages_in_a_sandbox_when_they_come_from_its_own_host(client: Client, folder: str) -> None:
    own = {"HTTP_HOST": "ipfs.gallery.example"}
    response = client.get(f"/ipfs/{folder}/site/", **own)
    assert (body(response), response["Content-Type"]) == (b"<p>", "text/html; charset=utf-8")
    assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "allow-scripts" not in response["Content-Security-Policy"]
    assert client.get(f"/ipfs/{folder}/site/look.css", **own)["Content-Type"] == "text/css; charset=utf-8"
    assert client.get(f"/ipfs/{folder}/page.html")["Content-Type"] == "application/octet-stream"  # the site's host


@pytest.mark.urls("config.urls")
@override_settings(
    GATEWAY_ORIGIN="https://ipfs.gallery.example", ALLOWED_HOSTS=["testserver", "ipfs.gallery.example"]
)
def test_own_host_answers_content_alone_when_it_is_set_up(client: Client, folder: str) -> None:
    own = {"HTTP_HOST": "ipfs.gallery.example"}
    assert client.get(f"/ipfs/{folder}/1.json", **own).status_code == 200
    for path in ("/", "/sign-in/", "/admin/", "/static/favicon.svg", "/healthz"):
        assert client.get(path, **own).status_code == 404, path
    assert client.get("/sign-in/").status_code == 200


def archive(response: object, other: BlockStore) -> list[str]:
    """Reads the archive into another store; its roots."""
    return car.read(io.BytesIO(body(response)), other)


def test_gateway_proves_the_way_to_a_file_when_its_archive_is_asked_for(
    client: Client, folder: str, tmp_path: Path
) -> None:
    other = BlockStore(tmp_path / "other")
    assert archive(client.get(f"/ipfs/{folder}/panels/1.png?format=car"), other) == [folder]
    at = other.resolve(folder, "panels/1.png")
    assert b"".join(other.read(at)) == DATA
    assert not other.has(cid.of_bytes(b"{}"))


@pytest.mark.parametrize(("scope", "count"), [("block", 2), ("entity", 2), ("all", 3)])
def test_gateway_sends_as_much_of_the_tree_as_the_scope_says(
    client: Client, folder: str, tmp_path: Path, scope: str, count: int
) -> None:
    other = BlockStore(tmp_path / "other")
    archive(client.get(f"/ipfs/{folder}/site?format=car&dag-scope={scope}"), other)
    assert len(list(other.all())) == count + (1 if scope == "all" else 0)
    assert client.get(f"/ipfs/{folder}?format=car&dag-scope=some").status_code == 400


def test_gateway_sends_the_block_of_a_folder_when_it_is_asked_for_raw(client: Client, folder: str) -> None:
    response = client.get(f"/ipfs/{folder}", HTTP_ACCEPT="application/vnd.ipld.raw")
    assert (response.status_code, cid.of_block(body(response), cid.DAG_PB)) == (200, folder)


def test_gateway_refuses_when_address_names_a_link_to_elsewhere(client: Client, store: BlockStore) -> None:
    link = store.put_block(b"\x0a\x0d\x08\x04\x12\x09/etc/pass", cid.DAG_PB)
    assert client.get(f"/ipfs/{link}").status_code == 422
    assert client.get(f"/ipfs/{link}?format=raw").status_code == 200
