"""What another implementation makes of our gateway: it believes nothing, and gets the picture or an error."""

import http.server
import os
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from minting.ipfs import cid
from minting.ipfs import store as stores
from tests.support import ipfs_node

pytestmark = pytest.mark.django_db(transaction=True)
PROGRAM = (ipfs_node.SOURCE / "verified-fetch.mjs").read_text()


def verified_fetch(gateway: str, path: str) -> "subprocess.CompletedProcess[bytes]":
    """The program runs where the node's packages lie, so that it finds them."""
    return subprocess.run(
        ["node", "--input-type=module", "-", gateway, path], input=PROGRAM.encode(), capture_output=True, timeout=60,
        cwd=ipfs_node.installed(), env={**os.environ, **ipfs_node._environment()},
    )  # fmt: skip


class Liar(http.server.BaseHTTPRequestHandler):
    """Hands on what the gateway says, and changes the last byte of every raw block."""

    behind: str

    def do_GET(self) -> None:
        try:
            with urllib.request.urlopen(self.behind + self.path, timeout=10) as answer:
                status, body = 200, answer.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        if cid.is_raw(self.path.split("/")[2].split("?")[0]):
            body = body[:-1] + bytes([body[-1] ^ 1])
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def test_picture_from_the_gateway_is_verified_by_another_implementation_and_a_lie_is_noticed(
    live_server: Any, settings: Any, tmp_path: Path
) -> None:
    settings.CONTENT_STORE_DIR = tmp_path / "blocks"
    store, picture = stores.here(), os.urandom(3 * cid.CHUNK_BYTES + 5)
    folder = store.put_folder({"deep/picture.png": store.put_bytes(picture), "0.json": store.put_bytes(b"{}")})
    for path in (cid.of_bytes(picture), f"{folder}/deep/picture.png"):
        done = verified_fetch(live_server.url, path)
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout == picture
    Liar.behind = live_server.url
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        lied = verified_fetch(f"http://127.0.0.1:{server.server_port}", cid.of_bytes(picture))
        server.shutdown()
    assert lied.returncode != 0
    assert b"not the bytes of" in lied.stderr
    assert verified_fetch(live_server.url, cid.of_bytes(b"nobody has this")).returncode != 0
