"""Painting a picture again from its recipe, and saying how the two compare and why they may differ."""

import uuid
from functools import lru_cache
from importlib import metadata
from typing import Any

from django.db import transaction
from PIL import Image as Pillow

from generation import asking, capacity, comparison, pictures, quotas, recipe
from generation.errors import GenerationError, InputRefused, ModelMissing, RequestIdReused
from generation.models import Image, Job, Repaint
from generation.pipelines import devices, registry

LIBRARIES = ("torch", "diffusers", "transformers", "Pillow", "numpy")


class PictureLost(GenerationError):
    """The stored bytes are not where they should be."""

    code = "picture_lost"
    next_step = "Tell the operator of this site."


def ask(owner_id: uuid.UUID, request_id: str, image: Image) -> Job:
    """A job that runs the recipe of this picture again; InputRefused for one that no machine made here."""
    made = image.job
    if made is None:
        raise InputRefused("not_made_here", "This picture was brought here; there is no recipe to run again.")
    pool = made.pool
    if made.recipe.get("model"):
        card = registry.card(made.recipe["model"])  # ModelMissing, before anything is queued
        pool = capacity.pool_of(card.name)
        capacity.require(card, pool)
    with transaction.atomic():
        if not Job.objects.filter(owner_id=owner_id, request_id=request_id).exists():
            quotas.take(owner_id, 1)
        job = asking.job(
            owner_id, request_id, Job.Operation.REPAINT, made.prompt, made.recipe, made.steps_total, [str(image.pk)],
            pool=pool,
        )  # fmt: skip
    if job.inputs != [str(image.pk)] or job.operation != Job.Operation.REPAINT:
        raise RequestIdReused
    return job


def as_then(job: Job) -> tuple[Image, Job]:
    """(the stored picture, its job as this one runs it): with the model's weights as they are now, whichever."""
    image = Image.objects.select_related("job").get(owner_id=job.owner_id, pk=job.inputs[0])
    assert image.job is not None
    document = dict(image.job.recipe)
    if document.get("model"):
        document["model_sha256"] = registry.card(document["model"]).sha256
    then = Job(
        pk=job.pk, owner_id=job.owner_id, operation=image.job.operation, recipe=document, inputs=image.job.inputs,
        pool=job.pool, prompt_id=job.prompt_id,
    )  # fmt: skip
    return image, then


def compared(job: Job, image: Image, again: Pillow.Image) -> Repaint:
    """The row, not yet saved."""
    assert image.job is not None
    try:
        with Pillow.open(pictures.path(image.sha256, image.mime)) as stored:
            found = comparison.compare(stored, again)
    except FileNotFoundError as error:
        raise PictureLost("The stored picture is not in the picture store.") from error
    same_bytes = pictures.png_sha256(again, recipe.words_inside(image.job.recipe)) == image.sha256
    now = made_with(job.recipe)
    reasons = _reasons(image.made_with, now) if found.verdict != comparison.IDENTICAL else []
    return Repaint(job=job, image=image, same_bytes=same_bytes, reasons=reasons, made_with=now, **vars(found))


def made_with(document: dict[str, Any]) -> dict[str, str]:
    """What beside the recipe decides a picture's last bits, as it is in this process."""
    made = dict(_libraries())
    if document.get("model"):
        device = devices.choose()
        made |= {"device": devices.describe(device), "processor": devices.processor(device)}
        try:
            made["model_sha256"] = registry.card(document["model"]).sha256
        except ModelMissing:
            made["model_sha256"] = ""
    return made


@lru_cache(maxsize=1)
def _libraries() -> tuple[tuple[str, str], ...]:
    return tuple((name.lower(), metadata.version(name)) for name in LIBRARIES)


def _reasons(then: dict[str, str], now: dict[str, str]) -> list[dict[str, str]]:
    """What is not as it was; one that says so where it was not written down."""
    if not then:
        return [{"what": "unrecorded", "then": "", "now": ""}]
    return [
        {"what": what, "then": then.get(what, ""), "now": now.get(what, "")}
        for what in sorted(then.keys() | now.keys())
        if then.get(what) != now.get(what)
    ]
