"""Painting a picture again from its recipe, in the studio: ask for it, watch it, read how the two compare."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from gallery import catalogue, rights, words
from gallery.views.page import artists, is_fragment, person, private
from generation import api as generation
from generation.models import Image, Job


def panel(image: Image, problem: str = "") -> dict[str, Any]:
    """What `studio/_again.html` shows of a picture that was made here."""
    found, job = generation.painted_again(image) if image.job else (None, None)
    return {
        "image": image,
        "again": found,
        "again_job": job,
        "again_is_open": job is not None and job.status in Job.OPEN,
        "again_problem": problem,
        "request_id": uuid.uuid4(),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@artists
def again(request: HttpRequest, image_id: uuid.UUID) -> HttpResponse:
    """Posted, it runs the recipe once more; the fragment asks for itself while that is under way."""
    image = catalogue.image(image_id)
    user = person(request)
    rights.require(user, "retouch", image)
    problem, status = "", 200
    if request.method == "POST":
        try:
            generation.paint_again(user.pk, request.POST.get("request_id", ""), image.pk)
        except generation.GenerationError as error:
            problem, status = " ".join(words.problem(error)), int(getattr(error, "status", 422))
    if is_fragment(request):
        return private(render(request, "studio/_again.html", panel(image, problem)))
    if problem:
        return private(render(request, "studio/again.html", panel(image, problem), status=status))
    return redirect("studio-picture", image_id=image.pk)
