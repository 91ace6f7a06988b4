"""Fetches from others are bounded in size, time and address, against a real server here that misbehaves."""

import http.server
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from minting.errors import BlockedDestination, PlaceBusy, PlaceUnreachable, WrongCid
from minting.ipfs import outside


class Server(http.server.ThreadingHTTPServer):
    """Answers by path; remembers the headers it was sent."""

    daemon_threads = True
    seen: list[dict[str, str]]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.seen.append({name.lower(): value for name, value in self.headers.items()})
        word, _, rest = self.path.removeprefix("/").partition("/")
        if word == "to":
            self.send_response(302)
            self.send_header("Location", rest)
            self.end_headers()
        elif word == "drip":  # a byte now and then: no single wait is long
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" if rest == "body" else b"")
            if rest == "body":
                self.wfile.write(b"Content-Length: 100000\r\n\r\n")
            try:
                for _ in range(1000):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    threading.Event().wait(0.05)
            except OSError:
                return
        elif word == "cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
        else:
            self.send_response(int(word) if word.isdecimal() else 200)
            self.send_header("Retry-After", "7")
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"bytes")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server(("127.0.0.1", 0), Handler)
    running.seen = []
    thread = threading.Thread(target=running.serve_forever, args=[0.02])
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def url(server: Server, path: str = "") -> str:
    return f"http://127.0.0.1:{server.server_port}/{path}"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "192.0.2.1",
    ],
)  # fmt: skip
def test_is_public_is_false_when_the_address_is_of_a_private_kind_in_any_dress(address: str) -> None:
    assert not outside.is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_is_public_is_true_when_the_address_is_of_the_open_internet(address: str) -> None:
    assert outside.is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1", "0"]
)
def test_ask_refuses_a_private_address_in_any_spelling_when_no_setting_names_it(server: Server, host: str) -> None:
    with pytest.raises((BlockedDestination, PlaceUnreachable)):
        outside.ask(f"http://{host}:{server.server_port}/", most_bytes=10)
    assert server.seen == []


def test_ask_takes_the_answer_when_the_settings_name_the_address(server: Server) -> None:
    assert outside.ask(url(server), most_bytes=10, trusted=True).body == b"bytes"


def test_ask_refuses_when_a_named_server_leads_to_another_private_one(server: Server) -> None:
    other = Server(("127.0.0.1", 0), Handler)
    other.seen = []
    thread = threading.Thread(target=other.serve_forever, args=[0.02])
    thread.start()
    try:
        with pytest.raises(BlockedDestination):
            outside.ask(url(server, f"to/{url(other)}"), most_bytes=10, trusted=True, follow=True)
        assert other.seen == []
        same = outside.ask(url(server, f"to/{url(server)}"), most_bytes=10, trusted=True, follow=True)
        assert same.body == b"bytes"
        assert outside.ask(url(server, "to/x"), most_bytes=10, trusted=True).status == 302
    finally:
        other.shutdown()
        thread.join()
        other.server_close()


def test_ask_ends_when_redirects_go_in_a_circle(server: Server) -> None:
    with pytest.raises(PlaceUnreachable, match="circle"):
        outside.ask(url(server, "to//to/x"), most_bytes=10, trusted=True, follow=True)
    assert len(server.seen) <= outside.REDIRECTS_MAX + 1


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x/", "http://u:p@example.org/", "http://", "x"])
def test_ask_refuses_when_the_scheme_is_another_or_a_password_is_in_it(address: str) -> None:
    with pytest.raises(BlockedDestination):
        outside.ask(address, most_bytes=10, trusted=True)


def test_ask_refuses_when_more_comes_than_is_wanted(server: Server) -> None:
    with pytest.raises(WrongCid):
        outside.ask(url(server), most_bytes=4, trusted=True)


@pytest.mark.parametrize("where", ["body", "head"])
def test_ask_ends_at_its_deadline_when_bytes_come_one_by_one(server: Server, where: str) -> None:
    start = time.monotonic()
    with pytest.raises(PlaceUnreachable, match="too long"):
        outside.ask(url(server, f"drip/{where}"), most_bytes=10**6, trusted=True, seconds=0.5)
    assert time.monotonic() - start < 20  # the server would go on for fifty


def test_ask_says_unreachable_when_the_answer_is_cut_or_nobody_listens(server: Server) -> None:
    with pytest.raises(PlaceUnreachable):
        outside.ask(url(server, "cut"), most_bytes=100, trusted=True)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(PlaceUnreachable):
            outside.ask(f"http://127.0.0.1:{closed.getsockname()[1]}/", most_bytes=10, trusted=True)


@pytest.mark.parametrize("status", [429, 503])
def test_ask_says_how_long_to_wait_when_the_server_is_busy(server: Server, status: int) -> None:
    with pytest.raises(PlaceBusy) as busy:
        outside.ask(url(server, str(status)), most_bytes=10, trusted=True)
    assert busy.value.wait_seconds == 7
