"""Working a picture over in the studio: by words, a part of it, beyond its edges, others like it, larger.

One page a way; each posts a plain form, so that it works without scripts: a mask may also come as a file.
"""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from gallery import catalogue, rights, words
from gallery.forms import AskForm
from gallery.views.page import artists, person, private
from generation import api as generation
from generation.models import Image

WAYS = {
    "image-to-image": (_("In other words"), _("The whole picture is painted anew over itself, by your words.")),
    "inpaint": (_("A part of it"), _("Mark a part; it is painted anew by your words, and the rest stays as it is.")),
    "outpaint": (
        _("Beyond its edges"),
        _("The picture goes on where you let it grow; what is there stays as it is."),
    ),
    "variation": (_("Others like it"), _("Other pictures of the same words and of this picture's forms.")),
    "upscale": (
        _("Larger"),
        _("More pixels by plain arithmetic, which invents nothing, or by a network that makes edges sharper."),
    ),
}
SIDES = ("left", "top", "right", "bottom")
LARGER_PX = (2048, 3072, 4096, 6144, 8192)
STEP_PX = 8


class ReworkForm(AskForm):
    """AskForm with what each way asks beside or instead of words."""

    strength = forms.IntegerField(
        label=_("How much may change, in per cent"), min_value=5, max_value=100, initial=60,
        widget=forms.NumberInput({"type": "range", "step": 5}),
    )  # fmt: skip
    mask = forms.FileField(
        label=_("Or a mask as a file"), widget=forms.FileInput({"accept": "image/png"}),
        help_text=_("A PNG of the picture's size; what is white is painted anew."),
    )  # fmt: skip
    left = forms.IntegerField(label=_("To the left, in pixels"))
    top = forms.IntegerField(label=_("Upwards, in pixels"))
    right = forms.IntegerField(label=_("To the right, in pixels"))
    bottom = forms.IntegerField(label=_("Downwards, in pixels"))
    output_px = forms.TypedChoiceField(label=_("Longer side, in pixels"), coerce=int)

    by = forms.ChoiceField(label=_("By which way"), required=False)

    asks = {
        "image-to-image": ("text", "negative_text", "strength", "count", "seed"),
        "inpaint": ("mask", "text", "negative_text", "count", "seed"),
        "outpaint": (*SIDES, "text", "negative_text", "count", "seed"),
        "variation": ("strength", "count", "seed"),
        "upscale": ("output_px", "by"),
    }

    def __init__(self, way: str, image: Image, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name in set(self.fields) - {"request_id", *self.asks[way]}:
            del self.fields[name]
        self.order_fields(self.asks[way])
        for side in SIDES if way == "outpaint" else ():
            most = image.width_px if side in ("left", "right") else image.height_px
            field = self.fields[side]
            assert isinstance(field, forms.IntegerField)
            field.min_value, field.max_value, field.initial = 0, most, most // 4 // STEP_PX * STEP_PX
            field.widget = forms.NumberInput({"type": "range", "step": STEP_PX, "min": 0, "max": most})
        if way == "upscale":
            longer = max(image.width_px, image.height_px)
            ways = generation.enlarging_ways()
            self.fields["by"].choices = [(name, words.ENLARGING[name]) for name in ways]  # type: ignore[attr-defined]
            self.fields["output_px"].choices = [(px, f"{px:,}") for px in LARGER_PX if px > longer]  # type: ignore[attr-defined]

    def jobs(self, way: str, owner_id: uuid.UUID, image: Image) -> None:
        """Ask for what the form says; GenerationError where that cannot be."""
        given = self.cleaned_data
        request_id = given["request_id"]
        if way == "upscale":
            by = given["by"] or generation.enlarging_ways()[0]
            generation.upscale(owner_id, request_id, image.pk, given["output_px"], by)
            return
        more: dict[str, Any] = {"seeds": self.seeds()}
        if "strength" in given:
            more["strength"] = given["strength"] / 100
        if way == "variation":
            generation.vary(owner_id, request_id, image.pk, **more)
            return
        if way == "inpaint":
            more["mask"] = given["mask"].read(settings.UPLOAD_MAX_BYTES + 1)
        if way == "outpaint":
            more["margins"] = generation.Margins(*(given[side] for side in SIDES))
        more["negative_text"] = given["negative_text"]
        generation.rework(owner_id, request_id, image.pk, way, given["text"], **more)


@artists
def over(request: HttpRequest, image_id: uuid.UUID, way: str) -> HttpResponse:
    """The page of one way; posted, it becomes jobs."""
    image = catalogue.image(image_id)
    user = person(request)
    rights.require(user, "retouch", image)
    if way not in generation.ways():
        raise Http404
    status = 200
    if request.method == "POST":
        form = ReworkForm(way, image, request.POST, request.FILES)
        status = 422
        if form.is_valid():
            try:
                form.jobs(way, user.pk, image)
                return redirect("studio")
            except generation.GenerationError as error:
                beside = "mask" if "mask" in form.fields and error.code.startswith(("mask", "not_a", "cut")) else None
                form.add_error(beside, " ".join(words.problem(error)))
                status = int(getattr(error, "status", 422))
    else:
        said = image.job.prompt.text if image.job and image.job.prompt else ""
        form = ReworkForm(way, image, initial={"request_id": uuid.uuid4(), "text": said, "count": 1})
    title, about = WAYS[way]
    context = {"image": image, "form": form, "way": way, "title": title, "about": about, "ways": ways()}
    return private(render(request, "studio/over.html", context, status=status))


def ways() -> list[tuple[str, Any]]:
    """(name, title) of each way that this site's model can go."""
    return [(way, WAYS[way][0]) for way in WAYS if way in generation.ways()]
