"""A picture of ours dropped on the studio: its recipe comes back into the form, with what would differ today."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery import words
from gallery.views.page import artists, person
from gallery.views.studio import page_with
from gallery.views.studio_forms import GROUPS, PromptForm, fresh
from generation import api as generation

WITHOUT_WORDS = ("compose", "upscale")


@require_POST
@artists
def recall(request: HttpRequest) -> HttpResponse:
    """The studio with the form as the recipe says; the file is read in memory and not kept."""
    file = request.FILES.get("recipe")
    if file is None:
        return _refused(request, _("Choose a picture first."), 422)
    try:
        found = generation.recall(person(request).pk, file.read(settings.UPLOAD_MAX_BYTES + 1))
    except generation.UploadRefused as error:
        return _refused(request, " ".join(words.problem(error)), error.status)
    recalled = {
        "document": found.document,
        "image": found.image,
        "has_words": found.document["operation"] not in WITHOUT_WORDS,
        "is_rework": found.document["operation"] not in (*WITHOUT_WORDS, "text-to-image"),
        "differs": _differs(found.document),
    }
    return page_with(request, _form(found) if recalled["has_words"] else fresh(), recalled=recalled)


def _form(found: generation.Recalled) -> PromptForm:
    document = found.document
    initial: dict[str, Any] = {
        "text": document["prompt"],
        "negative_text": document["negative_prompt"],
        "seed": document["seed"],
    }
    prompt = found.image.job.prompt if found.image and found.image.job else None
    if prompt:
        initial |= {"text": prompt.text, "negative_text": prompt.negative_text}
        groups = {preset.slug: group for group in GROUPS for preset in generation.preset_library()[group]}
        initial |= {groups[slug]: slug for slug in prompt.presets if slug in groups}
        if "corrected" in prompt.notices and not prompt.presets:
            initial["english"] = prompt.text_en
    return PromptForm(initial={**fresh().initial, **initial})


def _differs(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(what, in the recipe, here and now) of what the form does not ask and this site would do otherwise."""
    if "model" not in document:
        return []
    card = generation.model_card()
    now = {
        "model": (_("Model"), card.name),
        "model_sha256": (_("Weights, SHA-256"), card.sha256),
        "steps": (_("Painting steps"), card.default_steps),
        "guidance_scale": (_("Guidance scale"), card.default_guidance_scale),
        "output_px": (_("Size"), settings.OUTPUT_PX),
    }
    return [(label, str(document[name]), str(here)) for name, (label, here) in now.items() if document[name] != here]


def _refused(request: HttpRequest, problem: str, status: int) -> HttpResponse:
    return page_with(request, fresh(), status=status, recalled={"problem": problem})
