"""Bytes of pictures, for those who may see them; everybody else gets the same 404 as for no picture at all.

Once a work is submitted, what is served is its signed picture and copies of that, which keep the content credentials.
"""

import uuid
from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from gallery import catalogue, rights
from gallery.models import Work
from gallery.views.page import YEAR_SECONDS, person
from generation import api as generation
from generation.models import Image

WIDTHS_PX = (320, 640, 1280)


@require_safe
def derivative(request: HttpRequest, image_id: uuid.UUID, width_px: int) -> HttpResponseBase:
    """A WebP of one of the widths; made when it is first asked for."""
    if width_px not in WIDTHS_PX:
        raise Http404
    image, work = _readable(request, image_id)
    signed = work.credential if work else None
    tag = f"{signed.sha256 if signed else image.sha256}-{width_px}"
    known = _known(request, image, work, tag)
    if known:
        return known
    try:
        path = (
            generation.signed_derivative(signed, str(width_px)) if signed else generation.derivative(image, width_px)
        )
    except FileNotFoundError as error:
        raise Http404 from error
    return _cached(_file(path, "image/webp"), image, work, tag)


@require_safe
def original(request: HttpRequest, image_id: uuid.UUID) -> HttpResponseBase:
    """The bytes themselves, whose SHA-256 is on the page of the work; `?download` saves them as a file."""
    image, work = _readable(request, image_id)
    signed = work.credential if work else None
    sha256 = signed.sha256 if signed else image.sha256
    known = _known(request, image, work, sha256)
    if known:
        return known
    path = generation.signed_path(signed) if signed else generation.picture_path(image)
    name = f"ninefold-{sha256[:12]}.{image.mime.removeprefix('image/')}"
    response = _file(path, image.mime, "download" in request.GET, name)
    if signed:
        response.headers["Link"] = f'</credentials/{signed.pk}.c2pa>; rel="c2pa-manifest"'
    return _cached(response, image, work, sha256)


@require_safe
def share(request: HttpRequest, work_id: uuid.UUID) -> HttpResponseBase:
    """The picture for other sites' previews: JPEG, with all of its content credentials inside."""
    work = catalogue.work(work_id)
    rights.require(person(request), "read", work)
    if work.credential is None:
        raise Http404
    response = _file(generation.signed_derivative(work.credential, "share"), "image/jpeg")
    return _cached(response, work.master, work, f"{work.credential.sha256}-share")


@require_safe
def manifest(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    """The manifest of a picture, or of a smaller copy that names this address.

    Of a published work it is open to every reader of C2PA; before that to whoever may see the picture.
    """
    credential = generation.credential_of(key)
    if credential is None:
        raise Http404
    rights.require(person(request), "read", credential.image)
    response = _file(generation.manifest_path(key), "application/c2pa")
    is_public = Work.objects.filter(master=credential.image, status=Work.Status.PUBLISHED).exists()
    kept = f"public, max-age={YEAR_SECONDS}, immutable" if is_public else "private, no-store"
    response.headers["Cache-Control"] = kept
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _file(path: Path, mime: str, download: bool = False, name: str = "") -> FileResponse:
    try:
        return FileResponse(path.open("rb"), content_type=mime, as_attachment=download, filename=name)
    except FileNotFoundError as error:
        raise Http404 from error


def _readable(request: HttpRequest, image_id: uuid.UUID) -> tuple[Image, Work | None]:
    image = catalogue.image(image_id)
    rights.require(person(request), "read", image)
    return image, Work.objects.filter(master=image).select_related("credential").first()


def _known(request: HttpRequest, image: Image, work: Work | None, tag: str) -> HttpResponseBase | None:
    if request.headers.get("If-None-Match") == f'"{tag}"':
        return _cached(HttpResponse(status=304), image, work, tag)
    return None


def _cached(response: HttpResponseBase, image: Image, work: Work | None, tag: str) -> HttpResponseBase:
    is_published = work is not None and work.status == Work.Status.PUBLISHED
    kept = f"public, max-age={YEAR_SECONDS}, immutable" if is_published else "private, max-age=3600"
    response.headers["Cache-Control"] = kept
    response.headers["ETag"] = f'"{tag}"'
    response.headers["Last-Modified"] = http_date(image.created_at.timestamp())
    return response
