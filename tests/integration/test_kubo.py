"""Our addresses, store and archives against a real IPFS node, and the place that it is, against one that lies."""

import http.server
import json
import os
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from minting.errors import PlaceUnreachable, WrongCid
from minting.ipfs import car, cid, places, proof
from minting.ipfs.kubo import KuboPlace
from minting.ipfs.store import BlockStore
from tests.support.ipfs_node import IpfsNode

KIB256 = 256 * 1024
NODE = 174 * KIB256  # a node full of leaves
SIZES = [
    0,
    1,
    KIB256 - 1,
    KIB256,
    KIB256 + 1,
    2 * KIB256,
    3 * KIB256 - 1,
    NODE - 1,
    NODE,
    NODE + 1,
    NODE + KIB256 + 1,
]


@pytest.fixture(scope="module")
def node() -> Iterator[IpfsNode]:
    with IpfsNode() as running:
        yield running


@pytest.fixture
def place(node: IpfsNode) -> KuboPlace:
    return KuboPlace(node.api)


@pytest.fixture
def store(tmp_path: Path) -> BlockStore:
    return BlockStore(tmp_path / "blocks")


@pytest.mark.parametrize("size", SIZES)
def test_address_is_the_same_here_in_the_store_and_at_the_node_when_size_is_any(
    place: KuboPlace, store: BlockStore, size: int
) -> None:
    data = os.urandom(size)
    address = cid.of_bytes(data)
    assert store.put_bytes(data) == address
    place.put(store, address)  # raises when the node comes to another one
    assert place.holds(address)
    assert b"".join(place.fetch(address, size)) == data


def test_put_changes_nothing_when_repeated(place: KuboPlace, store: BlockStore) -> None:
    kept = store.put_bytes(b"twice")
    place.put(store, kept)
    place.put(store, kept)
    assert place.holds(kept)


def test_holds_is_false_when_node_never_saw_it(place: KuboPlace) -> None:
    assert not place.holds(cid.of_bytes(b"the node never saw this"))


def test_archive_is_taken_by_the_node_when_it_imports_it(node: IpfsNode, place: KuboPlace, store: BlockStore) -> None:
    data = os.urandom(180 * KIB256)
    kept = store.put_bytes(data)
    assert not place.holds(kept)
    body = b"--x\r\nContent-Disposition: form-data; name=file; filename=a.car\r\n"
    body += b"Content-Type: application/octet-stream\r\n\r\n" + b"".join(car.stream(store, kept)) + b"\r\n--x--\r\n"
    request = urllib.request.Request(
        f"{node.url}/dag/import?pin-roots=true&cid-base=base32",
        body,
        {"Content-Type": "multipart/form-data; boundary=x"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert json.loads(answer.readline())["Root"]["Cid"]["/"] == kept
    assert place.holds(kept)
    assert b"".join(place.fetch(kept, len(data))) == data


def test_store_fetches_the_file_when_it_lost_its_blocks(node: IpfsNode, store: BlockStore, tmp_path: Path) -> None:
    data = os.urandom(KIB256 + 1)
    kept = store.put_bytes(data)
    KuboPlace(node.api).put(store, kept)
    empty = BlockStore(tmp_path / "empty")
    with override_settings(IPFS_API=node.api):
        here = places.named("store", empty)
        assert not empty.verify(kept)
        here.put(kept, len(data))
    assert proof.whole(here, kept, len(data))
    assert b"".join(empty.read(kept)) == data


class Liar(http.server.BaseHTTPRequestHandler):
    """Takes everything and answers what the test put into `answers`, by the last word of the path."""

    answers: dict[str, tuple[int, bytes]] = {}

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                self.rfile.read(size + 2)
            self.rfile.readline()
        else:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, body = self.answers.get(self.path.partition("?")[0].rpartition("/")[2], (404, b""))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def liar() -> Iterator[KuboPlace]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield KuboPlace(f"/ip4/127.0.0.1/tcp/{server.server_port}/http")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


OTHER = cid.of_bytes(b"other bytes").encode()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((200, b'{"Name":"a","Hash":"' + OTHER + b'","Size":"11"}'), WrongCid),
        ((200, b'{"Name":"a","Hash":"QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"}'), WrongCid),
        ((200, b'{"Name":"a","Hash":"' + b"x" * 5000 + b'"}'), WrongCid),
        ((200, b'{"Name":"a"}'), PlaceUnreachable),
        ((200, b"[]"), PlaceUnreachable),
        ((200, b""), PlaceUnreachable),
        ((200, b"<html>"), PlaceUnreachable),
        ((500, b'{"Message":"no room","Code":0}'), PlaceUnreachable),
        ((502, b"<html>"), PlaceUnreachable),
    ],
)
def test_put_is_refused_when_the_place_answers_another_address_or_nonsense(
    liar: KuboPlace, store: BlockStore, answer: tuple[int, bytes], error: type[Exception]
) -> None:
    Liar.answers = {"add": answer}
    with pytest.raises(error):
        liar.put(store, store.put_bytes(b"our bytes"))


@pytest.mark.parametrize("body", [b"our bytez", b"our bytes and more", b"our", b""])
def test_place_does_not_have_it_when_it_says_so_and_gives_other_bytes(
    liar: KuboPlace, store: BlockStore, body: bytes
) -> None:
    kept = store.put_bytes(b"our bytes")
    Liar.answers = {"ls": (200, b'{"Keys":{"' + kept.encode() + b'":{"Type":"recursive"}}}'), "get": (200, body)}
    place = places.AtKubo(store, liar)
    assert place.claims(kept)
    assert not proof.whole(place, kept, 9)
    assert not proof.sample(place, store, kept, 9)
    Liar.answers["get"] = (200, b"our bytes")
    assert proof.whole(place, kept, 9)


def test_holds_asks_nobody_else_when_the_place_redirects(
    liar: KuboPlace, node: IpfsNode, store: BlockStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def redirect(self: Liar) -> None:
        self.send_response(307)
        self.send_header("Location", f"{node.url}/{self.path.partition('/api/v0/')[2]}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    kept = store.put_bytes(b"kept by the other node")
    KuboPlace(node.api).put(store, kept)
    monkeypatch.setattr(Liar, "do_POST", redirect)
    with pytest.raises(PlaceUnreachable):
        liar.holds(kept)


def test_put_says_unreachable_when_nobody_listens(store: BlockStore) -> None:
    with pytest.raises(PlaceUnreachable) as error:
        KuboPlace("/ip4/127.0.0.1/tcp/1/http").put(store, store.put_bytes(b"x"))
    assert error.value.retryable


@pytest.mark.parametrize("api", ["", "http://127.0.0.1:5001", "/ip4/999.0.0.1/tcp/1", "/unix/tmp/socket", "nonsense"])
def test_put_says_unreachable_when_address_is_no_node_of_tcp(store: BlockStore, api: str) -> None:
    with pytest.raises(PlaceUnreachable):
        KuboPlace(api).put(store, store.put_bytes(b"x"))
