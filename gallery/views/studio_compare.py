"""Two to four pictures side by side: zoomed and moved together, and what tells their recipes apart."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gallery import comparison, library
from gallery.views.page import artists, person, private
from gallery.views.studio_library import picked_ids

LEAST, MOST = 2, 4


@require_safe
@artists
def compare(request: HttpRequest) -> HttpResponse:
    """The pictures that the address names, in its order; a sentence where they are not two to four."""
    images = library.picked(person(request), picked_ids(request.GET.getlist("image"))[: 10 * MOST])
    if not LEAST <= len(images) <= MOST:
        problem = {"problem": _("Pick two to four pictures of yours to compare.")}
        return private(render(request, "studio/compare.html", problem, status=422))
    context = {"images": images, "lines": comparison.lines(images)}
    return private(render(request, "studio/compare.html", context))
