"""GET and HEAD /ipfs/<cid>: the content store over HTTP, for anyone.

Whatever is in the store is public by design: pictures and documents go there in order to be found by their address.
Answers a file, one block (`?format=raw`) or a whole tree (`?format=car`), so that a client can check every byte
itself. Refuses paths below a CID and folders. Fetches nothing from elsewhere: what is not here is a 404. A malformed
address is told from its text, before the disk is touched.

Reference: https://specs.ipfs.tech/http-gateways/trustless-gateway/ and path-gateway/
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.urls import path

from minting.errors import BlockMissing, CorruptBlock, MalformedCid, NotAFile
from minting.ipfs import car, pins
from minting.ipfs import cid as cids
from minting.ipfs import store as stores

SHOWN: Final = {"image/png", "image/jpeg", "image/webp", "application/json"}  # nothing that can run a script
_TYPES: Final = {
    "raw": "application/vnd.ipld.raw",
    "car": "application/vnd.ipld.car; version=1; order=dfs; dups=n",
}
_EVERY_ANSWER: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",
    "Vary": "Accept",
}
_RANGE: Final = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)


def gateway(request: HttpRequest, cid: str) -> HttpResponseBase:
    """The bytes that `cid` names. Statuses: 200, 206, 304, 400, 404, 405, 416, 422."""
    if request.method not in ("GET", "HEAD"):
        refusal = _problem(405, "method_not_allowed", "Use GET or HEAD", "Content is only read here.")
        refusal["Allow"] = "GET, HEAD"
        return refusal
    try:
        cid = cids.parse(cid)
        return _answer(request, cid, _format(request))
    except (MalformedCid, NotAFile) as error:
        return _problem(422, error.code, error.title, f"{error} {error.next_step}")
    except _UnknownFormat as error:
        return _problem(400, "unknown_format", "This format is not known", str(error))
    except BlockMissing as error:
        return _problem(404, error.code, error.title, f"{error} {error.next_step}")
    except CorruptBlock as error:
        return _problem(500, error.code, error.title, f"{error} {error.next_step}")


urlpatterns = [path("ipfs/<str:cid>", gateway, name="ipfs")]


class _UnknownFormat(ValueError):
    pass


def _format(request: HttpRequest) -> str:
    """ "file", "raw" or "car": the query is asked first, then the Accept header."""
    if "format" in request.GET:
        wanted = request.GET["format"]
        if wanted not in _TYPES:
            raise _UnknownFormat("Ask for ?format=raw or ?format=car, or leave it out.")
        return wanted
    accept = request.headers.get("Accept", "")
    return next((name for name in _TYPES if f"application/vnd.ipld.{name}" in accept), "file")


def _answer(request: HttpRequest, cid: str, form: str) -> HttpResponseBase:
    store = stores.here()
    if form == "raw":
        block = store.block(cid)
        return _send(request, cid, form, len(block), iter([block]))
    if not store.has(cid):
        raise BlockMissing(f"{cid} is not in the content store.")
    if form == "car":
        if not store.is_complete(cid):
            raise BlockMissing(f"A part of {cid} is not in the content store.")
        return _send(request, cid, form, None, car.stream(store, cid))
    size = store.size(cid)
    if not store.is_complete(cid):
        raise BlockMissing(f"A part of {cid} is not in the content store.")
    part = _part(request, _etag(cid, form), size)
    if part is None:
        return _send(request, cid, form, size, store.read(cid, 0, size))
    start, stop = part
    if start >= stop:
        refusal = _problem(416, "bad_range", "These bytes are not in the file", f"The file has {size:,} bytes.")
        refusal["Content-Range"] = f"bytes */{size}"
        return refusal
    response = _send(request, cid, form, stop - start, store.read(cid, start, stop))
    if response.status_code == 200:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return response


def _send(
    request: HttpRequest, cid: str, form: str, length: int | None, body: Iterator[bytes]
) -> HttpResponse | StreamingHttpResponse:
    etag = _etag(cid, form)
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    response: HttpResponse | StreamingHttpResponse
    if etag in known or "*" in known:
        response = HttpResponse(status=304)
        del response["Content-Type"]
    else:
        content: Iterable[bytes] = body
        response = HttpResponse() if request.method == "HEAD" else StreamingHttpResponse(content)
        response["Content-Type"], disposition = _type(cid, form)
        if disposition:
            response["Content-Disposition"] = disposition
        if length is not None:
            response["Content-Length"] = str(length)
    if form == "file":
        response["Accept-Ranges"] = "bytes"
    for name, value in _EVERY_ANSWER.items():
        response[name] = value
    response["ETag"] = etag
    response["Cache-Control"] = "public, max-age=29030400, immutable"
    response["X-Ipfs-Path"] = f"/ipfs/{cid}"
    response["X-Ipfs-Roots"] = cid
    return response


def _type(cid: str, form: str) -> tuple[str, str]:
    """(Content-Type, Content-Disposition or nothing)."""
    if form != "file":
        return _TYPES[form], f'attachment; filename="{cid}.{"bin" if form == "raw" else "car"}"'
    mime = pins.of(cid).values_list("mime", flat=True).first()
    if mime in SHOWN:
        return str(mime), ""
    return "application/octet-stream", f'attachment; filename="{cid}"'


def _etag(cid: str, form: str) -> str:
    return f'"{cid}"' if form == "file" else f'"{cid}.{form}"'


def _part(request: HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
    """(start, stop) of the one range asked for, None for the whole file; an empty range when it cannot be had.

    Several ranges at once are answered with the whole file, as RFC 9110 allows.
    """
    header = request.headers.get("Range", "").replace(" ", "")
    if not header.startswith("bytes=") or "," in header or request.headers.get("If-Range", etag) != etag:
        return None
    match = _RANGE.fullmatch(header)
    if not match or match.groups() == ("", ""):
        return 0, 0
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size


def _problem(status: int, code: str, title: str, detail: str) -> JsonResponse:
    """RFC 9457."""
    body = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    response = JsonResponse(body, status=status, content_type="application/problem+json")
    for name, value in _EVERY_ANSWER.items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    return response
