"""Drop any picture, and see whether it says where it comes from, what it says, and who signed that."""

import threading

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gallery import limits, recognition, words
from gallery.views.page import private
from generation import api as generation

WAIT_SECONDS = 10
_AT_ONCE = threading.BoundedSemaphore(2)  # in one process: a picture may take hundreds of megabytes while it is read


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The form, and below it what was found; the picture is read in memory and not kept. Refuses by 413, 415, 422."""
    if request.method != "POST":
        return render(request, "gallery/verify.html")
    if limits.is_over("verify", limits.address(request), settings.CHECKS_PER_MINUTE):
        said = _("You have checked many pictures in a short time. Wait a minute, then go on.")
        return _later(_refused(request, said, 429), limits.WINDOW_SECONDS)
    file = request.FILES.get("file")
    if file is None:
        return _refused(request, _("Choose a picture first."), 422)
    data = file.read(settings.UPLOAD_MAX_BYTES + 1)
    if not _AT_ONCE.acquire(timeout=WAIT_SECONDS):
        said = _("Many pictures are being checked just now. Try again in a moment.")
        return _later(_refused(request, said, 503), WAIT_SECONDS)
    try:
        found = generation.examine(data)
        known = recognition.recognise(found, data)
    except generation.UploadRefused as error:
        return _refused(request, " ".join(words.problem(error)), error.status)
    finally:
        _AT_ONCE.release()
    context = {"found": found, "known": known, "name": str(file.name)[:120]}
    return private(render(request, "gallery/verify.html", context))


@require_safe
def authority(request: HttpRequest) -> HttpResponse:
    """The certificate of the authority above this site's signatures, in PEM."""
    return HttpResponse(generation.credentials_authority(), content_type="application/x-pem-file")


def _later(response: HttpResponse, seconds: int) -> HttpResponse:
    response.headers["Retry-After"] = str(seconds)
    return response


def _refused(request: HttpRequest, problem: str, status: int) -> HttpResponse:
    return private(render(request, "gallery/verify.html", {"problem": problem}, status=status))
