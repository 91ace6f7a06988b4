"""What can be taken away from here, for those who may have it."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from gallery import catalogue, prompts, rights
from gallery.keepsakes import bundle
from gallery.views.page import person
from minting import api as minting


@require_safe
def opened_words(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """What the artist kept and has opened, as `verify.py prompt` reads it."""
    work = catalogue.work(work_id)
    rights.require(person(request), "read", work)
    return JsonResponse(prompts.opened(work), safe=False, json_dumps_params={"ensure_ascii": False, "indent": 1})


@require_safe
def bundle_of(request: HttpRequest, work_id: uuid.UUID) -> HttpResponseBase:
    """The ZIP of a work, sent while it is written; 404 before its first byte where the store lacks a part of it."""
    work = catalogue.work(work_id)
    rights.require(person(request), "take_home", work)
    try:
        body = bundle.stream(work)
    except minting.BlockMissing as error:
        raise Http404 from error
    response = StreamingHttpResponse(body, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{bundle.folder(work)}.zip"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
