"""GET and HEAD /ipfs/<cid>[/path]: the content store over HTTP, for anyone.

Whatever is in the store is public by design: pictures and documents go there in order to be found by their address.
Answers files, folders, one block (`?format=raw`) or a tree (`?format=car`), so that a client can check every byte
itself. Fetches nothing from elsewhere: what is not here is a 404. A malformed address is told from its text, before
the disk is touched.

Nothing that it serves can run a script. Pages and drawings that could (HTML, SVG) are handed down to be saved, unless
settings.GATEWAY_ORIGIN names a host of the gateway's own: there they are shown in a sandbox, and that host answers
nothing else.

Reference: https://specs.ipfs.tech/http-gateways/trustless-gateway/ and path-gateway/
"""

import html
import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)  # fmt: skip
from django.urls import path as route
from django.views.decorators.csrf import csrf_exempt

from minting.errors import BlockMissing, CorruptBlock, MalformedCid, NotAFile, NotInFolder
from minting.ipfs import car, pins
from minting.ipfs import cid as cids
from minting.ipfs import store as stores
from minting.ipfs.store import BlockStore

SHOWN: Final = {"image/png", "image/jpeg", "image/webp", "application/json"}  # nothing that can run a script
SANDBOXED: Final = {"text/html", "image/svg+xml", "text/css", "text/plain", "font/woff2", "application/pdf"}
BY_ENDING: Final = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "json": "application/json",
    "html": "text/html", "svg": "image/svg+xml", "css": "text/css", "txt": "text/plain", "woff2": "font/woff2",
    "pdf": "application/pdf",
}  # fmt: skip
_TYPES: Final = {
    "raw": "application/vnd.ipld.raw",
    "car": "application/vnd.ipld.car; version=1; order=dfs; dups=n",
}
_SCOPES: Final = {"all", "entity", "block"}
_EVERY_ANSWER: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Range, X-Ipfs-Path, X-Ipfs-Roots",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept",
}
_SANDBOX: Final = (
    "sandbox; default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "base-uri 'none'; form-action 'none'"
)
_FOR_EVER: Final = "public, max-age=29030400, immutable"
_A_WEEK: Final = "public, max-age=604800, stale-while-revalidate=2678400"  # how a listing looks may change
_RANGE: Final = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)


@csrf_exempt  # nothing but reading happens here, and another method shall hear that rather than of a token
def gateway(request: HttpRequest, cid: str, path: str = "") -> HttpResponseBase:
    """The bytes that `cid`, or the path below it, names. Statuses: 200, 206, 301, 304, 400 to 422, 500."""
    if request.method not in ("GET", "HEAD"):
        refusal = _problem(405, "method_not_allowed", "Use GET or HEAD", "Content is only read here.")
        refusal["Allow"] = "GET, HEAD"
        return refusal
    try:
        cid = cids.parse(cid)
        return _answer(request, cid, path, _format(request))
    except (MalformedCid, NotAFile) as error:
        return _problem(422, error.code, error.title, f"{error} {error.next_step}")
    except _BadQuestion as error:
        return _problem(400, "unknown_format", "This format is not known", str(error))
    except (BlockMissing, NotInFolder) as error:
        status = 412 if "only-if-cached" in request.headers.get("Cache-Control", "") else 404
        return _problem(status, error.code, error.title, f"{error} {error.next_step}")
    except CorruptBlock as error:
        return _problem(500, error.code, error.title, f"{error} {error.next_step}")


urlpatterns = [
    route("ipfs/<str:cid>", gateway, name="ipfs"),
    route("ipfs/<str:cid>/<path:path>", gateway, name="ipfs-path"),
    route("ipfs/<str:cid>/", gateway, {"path": "/"}, name="ipfs-folder"),
]


def own_origin(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: the host of GATEWAY_ORIGIN answers with content alone: no page, no session, no form lives there."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        if is_own_origin(request) and not request.path.startswith("/ipfs/"):
            return _problem(404, "not_content", "There is only content here", "Ask for /ipfs/ and a content address.")
        return get_response(request)

    return respond


def is_own_origin(request: HttpRequest) -> bool:
    """Whether the request came to the gateway's own host; never, where there is none."""
    host = urlsplit(settings.GATEWAY_ORIGIN).netloc
    return bool(host) and request.get_host() == host


class _BadQuestion(ValueError):
    pass


def _format(request: HttpRequest) -> str:
    """ "file", "raw" or "car": the query is asked first, then the Accept header."""
    if "format" in request.GET:
        wanted = request.GET["format"]
        if wanted not in _TYPES:
            raise _BadQuestion("Ask for ?format=raw or ?format=car, or leave it out.")
        return wanted
    accept = request.headers.get("Accept", "")
    return next((name for name in _TYPES if f"application/vnd.ipld.{name}" in accept), "file")


def _answer(request: HttpRequest, root: str, path: str, form: str) -> HttpResponseBase:
    store = stores.here()
    if form == "raw":
        cid = store.resolve(root, path)
        block = store.block(cid)
        return _send(request, root, path, cid, form, len(block), iter([block]))
    if not store.has(root):
        raise BlockMissing(f"{root} is not in the content store.")
    if form == "car":
        return _car(request, store, root, path)
    cid = store.resolve(root, path)
    if store.is_folder(cid):
        if not path.endswith("/"):
            return _moved(f"{request.path}/")
        page = next((child for name, child, _ in store.entries(cid) if name == "index.html"), None)
        if page is None:
            return _listing(request, store, root, path, cid)
        path, cid = f"{path}index.html", page
    elif path.endswith("/") and path.strip("/"):
        raise NotInFolder("This content address names a file, which has nothing below it.")
    return _file(request, store, root, path, cid)


def _file(request: HttpRequest, store: BlockStore, root: str, path: str, cid: str) -> HttpResponseBase:
    size = store.size(cid)
    if not store.is_complete(cid):
        raise BlockMissing(f"A part of {cid} is not in the content store.")
    part = _part(request, _etag(cid, "file"), size)
    if part is None:
        return _send(request, root, path, cid, "file", size, store.read(cid, 0, size))
    start, stop = part
    if start >= stop:
        refusal = _problem(416, "bad_range", "These bytes are not in the file", f"The file has {size:,} bytes.")
        refusal["Content-Range"] = f"bytes */{size}"
        return refusal
    response = _send(request, root, path, cid, "file", stop - start, store.read(cid, start, stop))
    if response.status_code == 200:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return response


def _car(request: HttpRequest, store: BlockStore, root: str, path: str) -> HttpResponseBase:
    """The blocks on the way to the path, then the tree there: all of it, the entity alone, or its one block."""
    scope = request.GET.get("dag-scope", "all")
    if scope not in _SCOPES:
        raise _BadQuestion("Ask for ?dag-scope=all, entity or block, or leave it out.")
    cid = store.resolve(root, path)
    if scope == "entity":
        scope = "block" if store.is_folder(cid) else "all"
    if scope == "all" and not store.is_complete(cid):
        raise BlockMissing(f"A part of {cid} is not in the content store.")
    body = car.stream(store, root, path, whole=scope == "all")
    return _send(request, root, path, cid, "car" if scope == "all" else "car.block", None, body)


def _listing(request: HttpRequest, store: BlockStore, root: str, path: str, cid: str) -> HttpResponseBase:
    """A folder without a page of its own: names that lead on; the same in every language."""
    rows = "".join(
        f'<li><a href="{html.escape(quote(name))}">{html.escape(name)}</a> <small>{size:,}</small></li>\n'
        for name, _, size in sorted(store.entries(cid))
    )
    title = html.escape(f"/ipfs/{root}{'/' if path.strip('/') else ''}{path.strip('/')}/")
    page = f'<!doctype html>\n<meta charset="utf-8">\n<title>{title}</title>\n<h1>{title}</h1>\n<ul>\n{rows}</ul>\n'
    body = page.encode()
    response = _send(request, root, path, cid, "listing", len(body), iter([body]))
    response["Cache-Control"] = _A_WEEK
    return response


def _moved(to: str) -> HttpResponseBase:
    response = HttpResponseRedirect(quote(to), status=301)
    for name, value in _EVERY_ANSWER.items():
        response[name] = value
    return response


def _send(
    request: HttpRequest, root: str, path: str, cid: str, form: str, length: int | None, body: Iterator[bytes]
) -> HttpResponse | StreamingHttpResponse:
    etag = _etag(cid, form) if form == "file" or not path.strip("/") else _etag(f"{root}.{cid}", form)
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    content_type, disposition, policy = _type(request, cid, path, form)
    response: HttpResponse | StreamingHttpResponse
    if etag in known or "*" in known:
        response = HttpResponse(status=304)
        del response["Content-Type"]
    else:
        response = HttpResponse() if request.method == "HEAD" else StreamingHttpResponse(body)
        response["Content-Type"] = content_type
        if disposition:
            response["Content-Disposition"] = disposition
        if length is not None:
            response["Content-Length"] = str(length)
    if form == "file":
        response["Accept-Ranges"] = "bytes"
    for name, value in _EVERY_ANSWER.items():
        response[name] = value
    if policy:
        response["Content-Security-Policy"] = policy
    response["ETag"] = etag
    response["Cache-Control"] = _FOR_EVER
    below = quote(path.strip("/"))
    response["X-Ipfs-Path"] = f"/ipfs/{root}" + (f"/{below}" if below else "")
    response["X-Ipfs-Roots"] = root if cid == root else f"{root},{cid}"
    return response


def _type(request: HttpRequest, cid: str, path: str, form: str) -> tuple[str, str, str]:
    """(Content-Type, Content-Disposition or nothing, Content-Security-Policy where it is not the usual one)."""
    if form == "listing":
        return "text/html; charset=utf-8", "", ""
    name = path.rstrip("/").rpartition("/")[2]
    if form != "file":
        ending = "bin" if form == "raw" else "car"
        return _TYPES[form.partition(".")[0]], f'attachment; filename="{cid}.{ending}"', ""
    mime = BY_ENDING.get(name.rpartition(".")[2].lower()) if name else pins.mime_of(cid)
    if mime in SHOWN:
        return str(mime), "", ""
    if mime in SANDBOXED and is_own_origin(request):
        return f"{mime}; charset=utf-8" if mime.startswith("text/") else str(mime), "", _SANDBOX
    return "application/octet-stream", f"attachment; filename*=UTF-8''{quote(name or cid, safe='')}", ""


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
