"""The artist's studio: ask for pictures, watch them being painted, pick, compose, retouch."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gallery import catalogue, lineage_graph, rights, words
from gallery.forms import ComposeForm, UploadForm
from gallery.models import Work
from gallery.views import studio_again, studio_rework
from gallery.views.page import artists, is_fragment, person, private
from gallery.views.studio_forms import PromptForm, fresh
from generation import api as generation
from generation.models import STARS_MAX, Look


@artists
def studio(request: HttpRequest) -> HttpResponse:
    """The prompt form and everything under way; a posted prompt becomes jobs."""
    if request.method != "POST":
        return page_with(request, fresh())
    form = PromptForm(request.POST)
    if form.is_valid():
        try:
            generation.ask(person(request).pk, form.cleaned_data["request_id"], form.prompt(), **form.wish())
        except generation.GenerationError as error:
            form.add_error("text", " ".join(words.problem(error)))
        else:
            return redirect("studio")
    return page_with(request, form, status=422)


def page_with(
    request: HttpRequest, form: PromptForm, status: int = 200, problem: str = "",
    outlook: generation.Outlook | None = None, recalled: dict[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    """The studio with this form and all that is under way."""
    user = person(request)
    context = {
        "form": form,
        "outlook": outlook,
        "wildcards": generation.wildcard_lists(),
        "problem": problem,
        "recalled": recalled,
        "request_id": uuid.uuid4(),
        "upload": UploadForm(initial={"request_id": uuid.uuid4()}, auto_id="upload-%s"),
        "pictures": catalogue.pictures(user),
        "works": catalogue.works_in_hand(user),
        **_progress(request),
    }
    return private(render(request, "studio/studio.html", context, status=status))


@require_safe
@artists
def progress(request: HttpRequest) -> HttpResponse:
    """The fragment that asks for itself while anything is open, and brings the pictures that came meanwhile."""
    return private(render(request, "studio/_progress.html", _progress(request)))


def _progress(request: HttpRequest) -> dict[str, Any]:
    user = person(request)
    waiting = catalogue.open_jobs(user)
    still = {job.pk for job in waiting.jobs}
    done = [job_id for job_id in _ids(request.GET.get("open", "")) if job_id not in still]
    new = catalogue.pictures(user, of_jobs=done) if done else []
    said = ngettext("%(count)d picture is ready.", "%(count)d pictures are ready.", len(new)) % {"count": len(new)}
    return {
        "progress": waiting,
        "failed": catalogue.failed_jobs(user),
        "open_ids": ",".join(str(job.pk) for job in waiting.jobs),
        "new": new,
        "new_said": said if new else "",
    }


@require_safe
@artists
def look(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """A small picture of a painting under way; the page names the step behind the address, so that it changes."""
    path = generation.preview_path(catalogue.job(person(request), job_id))
    try:
        if path is None:
            raise Http404
        response = FileResponse(path.open("rb"), content_type="image/webp")
    except FileNotFoundError as error:
        raise Http404 from error
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


@require_POST
@artists
def cancel(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Stops this job and no other."""
    job = catalogue.job(person(request), job_id)
    generation.cancel(job.owner_id, job.pk)
    return progress_after(request)


@require_POST
@artists
def retry(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The same recipe again."""
    job = catalogue.job(person(request), job_id)
    generation.retry(job.owner_id, job.pk)
    return progress_after(request)


def progress_after(request: HttpRequest) -> HttpResponse:
    """The fragment for htmx, the whole page for a browser without scripts."""
    if is_fragment(request):
        return private(render(request, "studio/_progress.html", _progress(request)))
    return redirect("studio")


@require_POST
@artists
def compose(request: HttpRequest) -> HttpResponse:
    """Nine pictures on one canvas, in the order they were picked."""
    form = ComposeForm(request.POST, picked=request.POST.getlist("image"))
    if not form.is_valid():
        said = " ".join(str(said) for errors in form.errors.values() for said in errors)
        return page_with(request, fresh(), status=422, problem=said)
    try:
        generation.compose(person(request).pk, form.cleaned_data["request_id"], form.cleaned_data["image_ids"])
    except generation.GenerationError as error:
        status = int(getattr(error, "status", 422))
        return page_with(request, fresh(), status=status, problem=" ".join(words.problem(error)))
    return redirect("studio")


@artists
def picture(request: HttpRequest, image_id: uuid.UUID) -> HttpResponse:
    """One picture large, how it came about, and what can be done with it; a posted file becomes its child."""
    image = catalogue.image(image_id)
    user = person(request)
    rights.require(user, "curate", image)
    form = UploadForm(initial={"request_id": uuid.uuid4()})
    status = 200
    if request.method == "POST":
        rights.require(user, "retouch", image)
        form = UploadForm(request.POST, request.FILES)
        child, status = _upload(request, form, image.pk)
        if child is not None:
            return redirect("studio-picture", image_id=child)
    work = Work.objects.filter(master=image).first()
    steps, with_rejects = generation.lineage(image), "rejects" in request.GET
    rejects = generation.rejects(image, steps, lineage_graph.REJECTS_SHOWN) if with_rejects else []
    context = {
        "image": image,
        "stages": catalogue.way(image, steps),
        "graph": lineage_graph.draw(image, steps, rejects),
        "with_rejects": with_rejects,
        "form": form,
        "work": work,
        "ways": studio_rework.ways(),
        "boards": generation.curation.boards(user.pk),
        "on_boards": generation.curation.boards_with(user.pk, image.pk),
        "star_choices": range(STARS_MAX + 1),
        "look": Look.objects.filter(pk=image.pk).first(),
        **studio_again.panel(image),
    }
    return private(render(request, "studio/picture.html", context, status=status))


@require_POST
@artists
def upload(request: HttpRequest) -> HttpResponse:
    """A picture that was made elsewhere, without a parent here."""
    form = UploadForm(request.POST, request.FILES)
    image_id, status = _upload(request, form, None)
    if image_id is not None:
        return redirect("studio-picture", image_id=image_id)
    said = " ".join(str(said) for errors in form.errors.values() for said in errors)
    return page_with(request, fresh(), status=status, problem=said)


def _upload(request: HttpRequest, form: UploadForm, parent_id: uuid.UUID | None) -> tuple[uuid.UUID | None, int]:
    """(the picture, 200), or (None, the status that says why not) with the words beside the field."""
    if not form.is_valid():
        return None, 422
    file = form.cleaned_data["file"]
    try:
        image = generation.upload(
            person(request).pk, form.cleaned_data["request_id"], file.read(settings.UPLOAD_MAX_BYTES + 1), parent_id,
            file.name,
        )  # fmt: skip
    except generation.GenerationError as error:
        form.add_error("file", " ".join(words.problem(error)))
        return None, int(getattr(error, "status", 422))
    if "location_removed" in image.notices:
        messages.info(request, _("The file named the place where it was taken. That was removed."))
    return image.pk, 200


def _ids(text: str) -> list[uuid.UUID]:
    found = []
    for word in text.split(",")[: catalogue.JOBS_SHOWN]:
        try:
            found.append(uuid.UUID(word))
        except ValueError:
            continue
    return found
