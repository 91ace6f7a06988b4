"""Bytes of pictures, for those who may see them; everybody else gets the same 404 as for no picture at all."""

import uuid

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
    image = _readable(request, image_id)
    known = _known(request, image, f"{image.sha256}-{width_px}")
    if known:
        return known
    try:
        file = generation.derivative(image, width_px).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return _cached(FileResponse(file, content_type="image/webp"), image, f"{image.sha256}-{width_px}")


@require_safe
def original(request: HttpRequest, image_id: uuid.UUID) -> HttpResponseBase:
    """The bytes themselves, whose SHA-256 is on the page of the work; `?download` saves them as a file."""
    image = _readable(request, image_id)
    known = _known(request, image, image.sha256)
    if known:
        return known
    try:
        file = generation.picture_path(image).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    name = f"ninefold-{image.sha256[:12]}.{image.mime.removeprefix('image/')}"
    response = FileResponse(file, content_type=image.mime, as_attachment="download" in request.GET, filename=name)
    return _cached(response, image, image.sha256)


def _readable(request: HttpRequest, image_id: uuid.UUID) -> Image:
    image = catalogue.image(image_id)
    rights.require(person(request), "read", image)
    return image


def _known(request: HttpRequest, image: Image, tag: str) -> HttpResponseBase | None:
    if request.headers.get("If-None-Match") == f'"{tag}"':
        return _cached(HttpResponse(status=304), image, tag)
    return None


def _cached(response: HttpResponseBase, image: Image, tag: str) -> HttpResponseBase:
    published = Work.objects.filter(master=image, status=Work.Status.PUBLISHED).exists()
    kept = f"public, max-age={YEAR_SECONDS}, immutable" if published else "private, max-age=3600"
    response.headers["Cache-Control"] = kept
    response.headers["ETag"] = f'"{tag}"'
    response.headers["Last-Modified"] = http_date(image.created_at.timestamp())
    return response
