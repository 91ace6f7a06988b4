"""Reading a prompt before it is painted: translation, combinations, pictures, time. Nothing is queued here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gallery import words
from gallery.views.page import artists, is_fragment, person, private
from gallery.views.studio import page_with
from gallery.views.studio_forms import PromptForm
from generation import api as generation


@require_POST
@artists
def reading(request: HttpRequest) -> HttpResponse:
    """How the prompt is read: a fragment for htmx, the whole studio with it for a browser without scripts."""
    form = PromptForm(request.POST)
    outlook, status = None, 200
    if form.is_valid():
        try:
            outlook = generation.preview(person(request).pk, form.prompt(), **form.wish())
        except generation.GenerationError as error:
            form.add_error("text", " ".join(words.problem(error)))
    if outlook is None:
        status = 422
    if is_fragment(request):
        # htmx leaves a page as it is for 422; the problem has to be seen.
        return private(render(request, "studio/_reading.html", {"form": form, "outlook": outlook}))
    return page_with(request, form, status=status, outlook=outlook)
