"""A chain node that passes on what it is asked to a real one, and lies, or lets answers get lost, as a test says."""

import http.client
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

Change = Callable[[str, Any], Any]


@contextmanager
def lying(url: str, change: Change) -> Iterator[str]:
    """A node whose results are what `change(method, result)` makes of the real ones."""

    def answer(method: str, said: dict[str, Any]) -> dict[str, Any]:
        return {**said, "result": change(method, said["result"])} if "result" in said else said

    with _serving(url, answer) as found:
        yield found


@contextmanager
def losing(url: str, loses: Callable[[str], bool]) -> Iterator[str]:
    """A node that does what it is asked and then, where `loses(method)`, hangs up without a word."""
    with _serving(url, lambda method, said: None if loses(method) else said) as found:
        yield found


@contextmanager
def _serving(url: str, answer: Callable[[str, dict[str, Any]], dict[str, Any] | None]) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            self.real = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)

        def finish(self) -> None:
            self.real.close()
            super().finish()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.real.request("POST", "/", body, {"Content-Type": "application/json"})
            said = answer(json.loads(body)["method"], json.load(self.real.getresponse()))
            if said is None:
                self.close_connection = True
                return
            data = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
