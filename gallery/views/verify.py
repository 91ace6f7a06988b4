"""Drop any picture, and see whether it says where it comes from, what it says, and who signed that."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gallery import recognition, words
from gallery.views.page import private
from generation import api as generation


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The form, and below it what was found; the picture is read in memory and not kept. Refuses by 413, 415, 422."""
    if request.method != "POST":
        return render(request, "gallery/verify.html")
    file = request.FILES.get("file")
    if file is None:
        return _refused(request, _("Choose a picture first."), 422)
    data = file.read(settings.UPLOAD_MAX_BYTES + 1)
    try:
        found = generation.examine(data)
    except generation.UploadRefused as error:
        return _refused(request, " ".join(words.problem(error)), error.status)
    known = recognition.recognise(found, data)
    context = {"found": found, "known": known, "name": str(file.name)[:120]}
    return private(render(request, "gallery/verify.html", context))


@require_safe
def authority(request: HttpRequest) -> HttpResponse:
    """The certificate of the authority above this site's signatures, in PEM."""
    return HttpResponse(generation.credentials_authority(), content_type="application/x-pem-file")


def _refused(request: HttpRequest, problem: str, status: int) -> HttpResponse:
    return private(render(request, "gallery/verify.html", {"problem": problem}, status=status))
