"""One HTTP exchange with a server that is not ours, bounded in bytes, in time and in where it may lead.

The whole exchange has one deadline, kept by a watchdog that closes the connection, so that a server which sends a
byte now and then cannot hold a worker. Redirects are followed only where asked, three at most, without our token, and
only to public addresses: the address is looked up here, judged, and connected to as judged, so a name that changes
its mind meanwhile gains nothing. A server that the operator has configured as a place may itself live anywhere.

Refuses other schemes than http and https, and plain http after https. Nothing a visitor types is fetched by Ninefold.
"""

import http.client
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from minting.errors import BlockedDestination, PlaceBusy, PlaceUnreachable, WrongCid

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 20.0
BYTES_PER_SECOND: Final = 1024**2  # the slowest line that an upload, or a reading back, is planned for
REDIRECTS_MAX: Final = 3
_PIECE: Final = 65536
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def seconds_for(size_bytes: int) -> float:
    """The most that one upload, or one reading back, of so many bytes may take."""
    return ANSWER_SECONDS + size_bytes / BYTES_PER_SECOND


def ask(
    url: str, *, most_bytes: int, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b"",
    seconds: float = ANSWER_SECONDS, follow: bool = False, trusted: bool = False,
) -> Answer:  # fmt: skip
    """The answer, whatever its status; PlaceUnreachable, PlaceBusy (429, 503), BlockedDestination or WrongCid (size).

    `trusted` is for an address out of the settings alone: it may be private. Where a redirect leads never is trusted.
    """
    end = time.monotonic() + seconds
    sent = dict(headers or {})
    for _ in range(REDIRECTS_MAX + 1):
        answer = _once(url, method, sent, body, most_bytes, end, trusted)
        if answer.status in (429, 503):
            raise PlaceBusy(f"{_host(url)} asks us to wait.", wait_seconds=_retry_after(answer))
        if not (follow and answer.status in (301, 302, 303, 307, 308) and "location" in answer.headers):
            return answer
        to = urljoin(url, answer.headers["location"])
        if urlsplit(url).scheme == "https" and urlsplit(to).scheme != "https":
            raise BlockedDestination(f"{_host(url)} leads from https to something else.")
        url, trusted = to, trusted and _origin(to) == _origin(url)
        if not trusted:
            sent = {name: value for name, value in sent.items() if name.lower() != "authorization"}
    raise PlaceUnreachable(f"{_host(url)} leads in a circle.")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet: also looked at inside IPv6 that carries IPv4."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            ip = inner
    return ip.is_global and not ip.is_multicast


def _once(
    url: str, method: str, headers: Mapping[str, str], body: bytes, most_bytes: int, end: float, trusted: bool
) -> Answer:
    connection, path = _connection(url, end, trusted)
    try:
        with _watched(connection, end):
            connection.request(method, path, body or None, {"User-Agent": "Ninefold", **headers})
            response = connection.getresponse()
            received = b""
            if method != "HEAD":
                for piece in _pieces(response):
                    received += piece
                    if len(received) > most_bytes:
                        raise WrongCid(f"{_host(url)} sends more than the {most_bytes:,} bytes that are wanted.")
            if time.monotonic() >= end:  # the watchdog's end looks like a server's
                raise PlaceUnreachable(f"{_host(url)} takes too long.")
            if response.length:  # it closed before it had sent what it announced
                raise PlaceUnreachable(f"{_host(url)} broke off in the middle of its answer.")
    except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
        why = "takes too long" if time.monotonic() >= end else f"gave no usable answer ({type(error).__name__})"
        raise PlaceUnreachable(f"{_host(url)} {why}.") from error
    finally:
        connection.close()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, received)


def _connection(url: str, end: float, trusted: bool) -> tuple[http.client.HTTPConnection, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.username is not None:
        raise BlockedDestination("Only http and https addresses without a password are asked.")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(host, port, timeout=min(CONNECT_SECONDS, max(0.1, end - time.monotonic())))

    def connect(address: tuple[str, int], timeout: float, _: Any = None) -> socket.socket:
        return _connect(address[0], address[1], timeout, trusted)

    connection._create_connection = connect  # type: ignore[attr-defined]
    path = parts.path or "/"
    return connection, f"{path}?{parts.query}" if parts.query else path


def _connect(host: str, port: int, timeout: float, trusted: bool) -> socket.socket:
    """Connected to an address that was judged; the name is not asked again in between."""
    last: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not trusted and not is_public(str(address[0])):
            raise BlockedDestination(f"{host} is at an address that is not of the open internet.")
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(timeout)
            sock.connect(address)
            return sock
        except OSError as error:
            sock.close()
            last = error
    raise last or OSError(f"{host} has no address")


@contextmanager
def _watched(connection: http.client.HTTPConnection, end: float) -> Iterator[None]:
    """Shuts the connection down at the deadline, whatever it is doing then."""

    def shut() -> None:
        sock = connection.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    connection.connect()
    connection.sock.settimeout(max(0.1, end - time.monotonic()))
    timer = threading.Timer(max(0.0, end - time.monotonic()), shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _pieces(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while piece := response.read1(_PIECE):
        yield piece


def _retry_after(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "")
    return min(float(text), 3600.0) if text.isdecimal() else 30.0


def _origin(url: str) -> tuple[str, str]:
    return urlsplit(url).scheme, urlsplit(url).netloc


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The address"
