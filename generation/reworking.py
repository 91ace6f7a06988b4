"""Asking for a picture to be worked over: what the mask, the margins and the strength mean, and which model does it.

A wish with words goes the way of every wish (generation/asking.py). A variation takes the words that its picture was
painted from; where the model has a sister that paints variations, it takes none.
"""

import math
import secrets
import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from generation import asking, capacity, pictures, quotas, recipe
from generation.composition.windows import NO_MARGINS, Margins
from generation.errors import InputRefused, ModelMissing, RequestIdReused
from generation.models import Image, Job, Prompt
from generation.pipelines import registry
from generation.pipelines.base import IMAGE_TO_IMAGE, INPAINT, UPSCALE, VARIATION, ModelCard
from generation.recipe import OUTPAINT, OUTPUT_PX_MAX, Source
from generation.wishes import Wish

PLAIN = "lanczos"
STRENGTHS = {IMAGE_TO_IMAGE: 0.6, VARIATION: 0.7, INPAINT: 1.0, OUTPAINT: 1.0}
"""How much of the picture goes, where nobody says."""


def source(
    image: Image, operation: str, strength: float | None = None, mask: bytes = b"", margins: Margins = NO_MARGINS
) -> Source:
    """What is asked of this picture; the mask is kept. InputRefused or UploadRefused for what does not fit it."""
    if operation not in STRENGTHS:
        raise InputRefused("operation", f"There is no way to work a picture over called {operation[:40]}.")
    share = STRENGTHS[operation] if strength is None else strength
    if not (math.isfinite(share) and 0 < share <= 1):
        raise InputRefused("limit", "The strength lies above 0 and is at most 1.")
    size = (image.width_px, image.height_px)
    made: dict[str, Any] = {"strength": share}
    if operation == INPAINT:
        kept, box = pictures.admit_mask(mask, size)
        made |= {"mask_sha256": kept.sha256, "mask_box": box}
    if operation == OUTPAINT:
        _check_margins(margins, size)
        made["margins"] = margins
    return Source(operation, image.sha256, size, **made)


def wish(
    image: Image, of: Source, text: str, negative_text: str, presets: Sequence[str], english: str,
    seeds: Sequence[int], count: int,
) -> Wish:  # fmt: skip
    """The words and the picture as one wish, for `asking.ask` and `asking.outlook`."""
    return asking.wish(text, negative_text, presets, english, seeds, count, str(image.pk), of)


def vary(
    owner_id: uuid.UUID, request_id: str, image: Image, of: Source, seeds: Sequence[int], count: int
) -> list[Job]:  # fmt: skip
    """Other pictures like this one, from its own words or, where the model can, from none."""
    asking.check_seeds(seeds, count)
    prompt = image.job.prompt if image.job else None
    card, english = _varying(prompt)
    pool = capacity.pool_of(card.name)
    capacity.require(card, pool)
    drawn = list(seeds) or [secrets.randbelow(2**32) for _ in range(count)]
    recipes = [recipe.to_rework(card, of, english, "", seed) for seed in drawn]
    with transaction.atomic():
        keys = [f"{request_id}:{place}" for place in range(len(recipes))]
        if not Job.objects.filter(owner_id=owner_id, request_id__in=keys).exists():
            quotas.take(owner_id, len(recipes))
        made = [
            asking.job(
                owner_id, key, Job.Operation.REWORK, prompt, one.document(), one.steps, [str(image.pk)], pool=pool
            )
            for key, one in zip(keys, recipes, strict=True)
        ]
    chosen = {"seed"} if not seeds else set()
    if any(_but(job.recipe, chosen) != _but(one.document(), chosen) for job, one in zip(made, recipes, strict=True)):
        raise RequestIdReused
    return made


def upscale(owner_id: uuid.UUID, request_id: str, image: Image, output_px: int, by: str) -> Job:
    """This picture larger, its longer side `output_px`, by one of `enlarging_ways`."""
    if by not in enlarging_ways():
        raise InputRefused("enlarge", f"There is no way to enlarge a picture called {by[:40]}.")
    size, pool = (image.width_px, image.height_px), capacity.DEFAULT_POOL
    made: recipe.UpscaleRecipe
    if by == recipe.LEARNED:
        card = registry.card(settings.UPSCALER)
        pool = capacity.pool_of(card.name)
        capacity.require(card, pool)
        made = recipe.to_learned_upscale(card, image.sha256, size, output_px)
    else:
        made = recipe.to_upscale(image.sha256, size, output_px)
    document = made.document()
    prompt = image.job.prompt if image.job else None
    with transaction.atomic():
        job = asking.job(owner_id, request_id, Job.Operation.REWORK, prompt, document, 0, [str(image.pk)], pool=pool)
    if job.recipe != document:
        raise RequestIdReused
    return job


def enlarging_ways() -> tuple[str, ...]:
    """Lanczos resampling, and the super-resolution of UPSCALER where that is here."""
    try:
        there = bool(settings.UPSCALER) and UPSCALE in registry.card(settings.UPSCALER).operations
    except ModelMissing:
        there = False
    return (PLAIN, recipe.LEARNED) if there else (PLAIN,)


def _varying(prompt: Prompt | None) -> tuple[ModelCard, str]:
    """The model that varies, and the English words that it is given."""
    card = registry.card(settings.MODEL)
    sister = registry.variation_card(settings.MODEL)
    if sister is not None:
        return sister, ""
    if prompt is not None and prompt.text_en and IMAGE_TO_IMAGE in card.operations:
        return card, prompt.text_en
    return card, ""


def _check_margins(margins: Margins, size: tuple[int, int]) -> None:
    sides = (margins.left_px, margins.top_px, margins.right_px, margins.bottom_px)
    if any(isinstance(px, bool) or not isinstance(px, int) or px < 0 for px in sides) or not any(sides):
        raise InputRefused("margins", "The picture grows by whole pixels, on one side at least.")
    if max(margins.around(size)) > OUTPUT_PX_MAX:
        raise InputRefused("margins", f"A picture is at most {OUTPUT_PX_MAX:,} pixels wide or high.")


def _but(document: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}
