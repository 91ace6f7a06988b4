"""What keeping bytes costs: addresses beside SHA-256, pins beside a node's own add, the gateway beside files."""

import hashlib
import http.client
import http.server
import os
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from config.embedded import ports
from minting.ipfs import cid
from minting.ipfs.kubo import KuboPlace
from minting.ipfs.store import BlockStore
from tests.benchmarks.conftest import Figure
from tests.support.ipfs_node import IpfsNode
from tests.support.processes import ROOT, Process, python

MIB = 1024**2
PINNED_MIB, SERVED_MIB, LARGE_MIB, HUGE_MIB = 64, 64, 1024, 2048
ROUNDS = 3


def written(path: Path, mib: int) -> Path:
    """A file without a repeated chunk; what is random is a seed for each mebibyte, so that writing it is quick."""
    with path.open("wb") as file:
        seed = os.urandom(MIB)
        for number in range(mib):
            file.write(number.to_bytes(8, "big") + seed[8:])
    return path


def best(what: Callable[[], object]) -> float:
    """Seconds of the quickest of three rounds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        what()
        times.append(time.perf_counter() - began)
    return min(times)


def sha256(path: Path) -> None:
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")


def test_address_of_a_large_file_beside_its_sha256(figure: Figure, tmp_path: Path) -> None:
    path = written(tmp_path / "large", LARGE_MIB)
    seconds, baseline = best(partial(cid.of_file, path)), best(partial(sha256, path))
    figure("CID of 1 GiB", LARGE_MIB / seconds, "MiB/s", LARGE_MIB / baseline, "sha256 of the same file")


def add(node: IpfsNode, path: Path) -> None:
    """As `ipfs add` sends it: one file in a form."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
    head += b"Content-Type: application/octet-stream\r\n\r\n"
    tail = b"\r\n--x--\r\n"
    size = len(head) + path.stat().st_size + len(tail)
    query = "cid-version=1&raw-leaves=true&chunker=size-262144&pin=true"
    link = http.client.HTTPConnection("127.0.0.1", node.port, timeout=300)
    link.putrequest("POST", f"/api/v0/add?{query}")
    link.putheader("Content-Type", "multipart/form-data; boundary=x")
    link.putheader("Content-Length", str(size))
    link.endheaders(head)
    with path.open("rb") as file:
        while piece := file.read(MIB):
            link.send(piece)
    link.send(tail)
    answer = link.getresponse()
    answer.read()
    assert answer.status == 200
    link.close()


def test_pin_beside_the_nodes_own_add(figure: Figure, tmp_path: Path) -> None:
    store, ours, theirs = BlockStore(tmp_path / "blocks"), [], []
    with IpfsNode() as node:
        place = KuboPlace(node.api)
        for number in range(ROUNDS):
            path = written(tmp_path / "ours", PINNED_MIB)
            address = store.put_file(path)
            began = time.perf_counter()
            place.put(store, address)
            ours.append(time.perf_counter() - began)
            path = written(tmp_path / "theirs", PINNED_MIB)
            began = time.perf_counter()
            add(node, path)
            theirs.append(time.perf_counter() - began)
            assert number < ROUNDS
    figure(
        f"pin of {PINNED_MIB} MiB at a node", PINNED_MIB / min(ours), "MiB/s", PINNED_MIB / min(theirs),
        "the node's own add",
    )  # fmt: skip


@pytest.fixture
def gateway(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """The site's web server as it runs in production: gunicorn, two processes of four threads."""
    port, log = ports.free(), tmp_path / "web.log"
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    env = {"DATABASE_URL": url, "CONTENT_STORE_DIR": str(tmp_path / "blocks"), "LOG_LEVEL": "ERROR"}
    words = ["-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"]
    with Process("web", python(*words, "--no-control-socket"), log, {**os.environ, **env}) as server:
        server.wait_for_port(port, 60)
        yield f"http://127.0.0.1:{port}"


class Plain(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Quiet."""


def fetch(url: str) -> int:
    count = 0
    with urllib.request.urlopen(url, timeout=120) as answer:
        while piece := answer.read(MIB):
            count += len(piece)
    return count


def test_gateway_beside_a_plain_static_server(figure: Figure, gateway: str, tmp_path: Path) -> None:
    store, folder = BlockStore(Path(tmp_path / "blocks")), tmp_path / "plain"
    folder.mkdir()
    large, small = written(folder / "large", SERVED_MIB), written(folder / "small", 1)
    serve: Any = partial(Plain, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        plain = f"http://127.0.0.1:{server.server_port}"
        for name, path, mib, times in (("64 MiB", large, SERVED_MIB, 1), ("1 MiB", small, 1, 40)):
            address = store.put_file(path)
            assert fetch(f"{gateway}/ipfs/{address}") == mib * MIB

            def many(url: str, times: int = times) -> None:
                for _ in range(times):
                    fetch(url)

            ours = best(partial(many, f"{gateway}/ipfs/{address}"))
            theirs = best(partial(many, f"{plain}/{path.name}"))
            figure(
                f"gateway, {name}, every block hashed", mib * times / ours, "MiB/s", mib * times / theirs,
                "a plain static server",
            )  # fmt: skip
        server.shutdown()


PROGRAM = """
import resource, sys
import django; django.setup()
from pathlib import Path
from minting.ipfs import car
from minting.ipfs.store import BlockStore
store = BlockStore(Path(sys.argv[2]))
cid = store.put_file(sys.argv[1])
assert sum(len(piece) for piece in store.read(cid)) == Path(sys.argv[1]).stat().st_size
for piece in car.stream(store, cid): pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def test_memory_stays_flat_for_a_file_of_two_gibibytes(figure: Figure, tmp_path: Path) -> None:
    used = {}
    for mib in (16, HUGE_MIB):
        path = written(tmp_path / "file", mib)
        words = python("-c", PROGRAM, str(path), str(tmp_path / f"blocks-{mib}"))
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, env={**os.environ})
        used[mib] = float(done.stdout)
        path.unlink()
    assert settings.configured
    figure("memory to keep, read and archive 2 GiB", used[HUGE_MIB], "MiB", used[16], "the same with 16 MiB")
