"""The only door into the generation engine: ask for pictures, follow them, bring one back that a hand has changed.

Everything is asked with a request id of the caller's; asking twice with the same id and the same words gives the
same rows, with other words RequestIdReused. Work is written down in the transaction of the wish; a message to the
workers follows the commit, and the sweeper sends what that missed. Owners are opaque ids.
"""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Avg, F
from django.utils import timezone

from generation import jobs, nudges, pictures, recipe
from generation.composition import panels
from generation.errors import GenerationError
from generation.models import Image, Job, Parentage, Prompt
from generation.pictures import UploadRefused
from generation.pipelines import registry
from generation.pipelines.base import ModelCard
from generation.prompts import language, translate

__all__ = [
    "GenerationError", "InputRefused", "ModelCard", "NoSuchPicture", "RequestIdReused", "Step", "UploadRefused",
    "ask", "cancel", "compose", "counts", "derivative", "lineage", "model_card", "picture_path", "retry", "sweep",
    "time_left_seconds", "upload",
]  # fmt: skip

SEED_BITS = 63
PICTURES_PER_REQUEST = 9
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class InputRefused(GenerationError):
    """Words or numbers that are not taken. `code` names the reason; nothing was changed."""

    title = "This was not taken"
    status = 422

    def __init__(self, code: str, detail: str, next_step: str = "") -> None:
        super().__init__(detail, next_step=next_step)
        self.code = code  # type: ignore[misc]


class RequestIdReused(InputRefused):
    """The same request id came with other words."""

    def __init__(self) -> None:
        super().__init__("request_id_reused", "This request was made before with other words.", "Ask anew.")


class NoSuchPicture(GenerationError):
    """No picture or job of this owner has this id."""

    code = "not_found"
    title = "Not found"
    status = 404


@dataclass(frozen=True)
class Step:
    """One step on the way to a picture, for the provenance page."""

    image: Image
    kind: str  # "paint", "compose", "retouch" or "upload"
    made_by: str
    prompt: Prompt | None
    recipe: dict[str, Any]
    parents: tuple[Image, ...]


def ask(
    owner_id: uuid.UUID, request_id: str, text: str, *, seeds: Sequence[int] = (), negative_text: str = "",
    count: int = 1,
) -> list[Job]:  # fmt: skip
    """One job per seed (or `count` random seeds) for this prompt. InputRefused for words that are not taken.

    Korean is translated here and both are recorded (about three seconds the first time in a process).
    """
    words = clean_words(text, Prompt.MAX_CHARACTERS, "prompt")
    negative = clean_words(negative_text, Prompt.MAX_CHARACTERS, "negative prompt", may_be_empty=True)
    request_id = clean_request_id(request_id)
    if not 1 <= (len(seeds) or count) <= PICTURES_PER_REQUEST:
        raise InputRefused("limit", f"One request makes 1 to {PICTURES_PER_REQUEST} pictures.")
    if any(isinstance(s, bool) or not isinstance(s, int) or not 0 <= s < 2**SEED_BITS for s in seeds):
        raise InputRefused("limit", f"A seed is a whole number from 0 to 2^{SEED_BITS} - 1.")
    before = Prompt.objects.filter(owner_id=owner_id, request_id=request_id).first()
    if before is not None:
        return _same_request(before, words, negative, seeds, count)
    translation, negative_translation = translate.to_english(words), translate.to_english(negative)
    if not translation.english:
        raise InputRefused(
            "untranslated", f"None of these words could be translated: {', '.join(translation.unknown)}.",
            "Use other words, or write the prompt in English.",
        )  # fmt: skip
    card = registry.card(settings.MODEL)
    recipes = [
        recipe.to_paint(card, translation.english, negative_translation.english, seed, settings.OUTPUT_PX)
        for seed in list(seeds) or [secrets.randbelow(2**32) for _ in range(count)]
    ]
    with transaction.atomic():
        prompt, is_new = Prompt.objects.get_or_create(
            owner_id=owner_id, request_id=request_id,
            defaults={
                "text": words, "language": language.detect(words), "text_en": translation.english,
                "translator": translation.translator, "unknown_words": list(translation.unknown),
                "negative_text": negative,
            },
        )  # fmt: skip
        if not is_new:
            return _same_request(prompt, words, negative, seeds, count)
        return [
            _job(owner_id, f"{request_id}:{place}", Job.Operation.PAINT, prompt, one.document(), one.steps)
            for place, one in enumerate(recipes)
        ]


def _same_request(
    prompt: Prompt, words: str, negative: str, seeds: Sequence[int], count: int
) -> list[Job]:  # fmt: skip
    made = list(prompt.jobs.order_by("request_id"))
    asked = [job.recipe["seed"] for job in made]
    if (prompt.text, prompt.negative_text) != (words, negative) or (list(seeds) or asked) != asked:
        raise RequestIdReused
    if not seeds and len(made) != count:
        raise RequestIdReused
    return made


def compose(owner_id: uuid.UUID, request_id: str, image_ids: Sequence[uuid.UUID], columns: int = 3) -> Job:
    """A job that lays these pictures of the owner's on one canvas, `columns` a row, in the order given."""
    request_id = clean_request_id(request_id)
    rows = {image.pk: image for image in Image.objects.filter(owner_id=owner_id, pk__in=image_ids)}
    if len(rows) != len(set(image_ids)):
        raise NoSuchPicture("One of these pictures is not in your studio.")
    try:
        panels.grid(len(image_ids), columns)
        sizes = {(image.width_px, image.height_px) for image in rows.values()}
        if len(sizes) > 1:
            raise panels.PanelsDoNotFit("All panels must have the same size.")
    except panels.PanelsDoNotFit as error:
        raise InputRefused("panels", str(error), "Choose pictures of one size that fill every row.") from None
    document = recipe.ComposeRecipe(tuple(rows[pk].sha256 for pk in image_ids), columns).document()
    with transaction.atomic():
        job = _job(owner_id, request_id, Job.Operation.COMPOSE, None, document, 0, [str(pk) for pk in image_ids])
    if job.inputs != [str(pk) for pk in image_ids] or job.recipe != document:
        raise RequestIdReused
    return job


def _job(
    owner_id: uuid.UUID, request_id: str, operation: str, prompt: Prompt | None, document: dict[str, Any], steps: int,
    inputs: Sequence[str] = (),
) -> Job:  # fmt: skip
    job, is_new = Job.objects.get_or_create(
        owner_id=owner_id, request_id=request_id,
        defaults={
            "operation": operation, "prompt": prompt, "recipe": document, "recipe_sha256": recipe.digest(document),
            "steps_total": steps, "inputs": list(inputs),
        },
    )  # fmt: skip
    if is_new:
        transaction.on_commit(partial(nudges.send, job.pk))
    return job


def upload(
    owner_id: uuid.UUID, request_id: str, data: bytes, parent_id: uuid.UUID | None = None, file_name: str = ""
) -> Image:
    """Take a picture from outside; with `parent_id` it is that picture, worked over by hand."""
    request_id = clean_request_id(request_id)
    parent = _image(owner_id, parent_id) if parent_id else None
    stored = pictures.admit(data, file_name)
    with transaction.atomic():
        image, is_new = Image.objects.get_or_create(
            owner_id=owner_id, request_id=f"upload:{request_id}",
            defaults={
                "sha256": stored.sha256, "mime": stored.mime, "width_px": stored.width_px,
                "height_px": stored.height_px, "size_bytes": stored.size_bytes, "notices": list(stored.notices),
                "made_by": Image.MadeBy.HUMAN_WITH_MACHINE if parent else Image.MadeBy.HUMAN,
            },
        )  # fmt: skip
        if is_new and parent:
            Parentage.objects.create(child=image, parent=parent, kind=Parentage.Kind.RETOUCH)
    if image.sha256 != stored.sha256:
        raise RequestIdReused
    return image


def cancel(owner_id: uuid.UUID, job_id: uuid.UUID) -> None:
    """Stop this job and no other; harmless when it is over."""
    job = _own_job(owner_id, job_id)
    try:
        jobs.cancel(job.pk)
    except jobs.StaleTransition:
        return


def retry(owner_id: uuid.UUID, job_id: uuid.UUID) -> Job:
    """Queue a failed or cancelled job again with the same recipe; harmless when it is already queued."""
    job = _own_job(owner_id, job_id)
    try:
        with transaction.atomic():
            jobs.retry(job.pk)
            transaction.on_commit(partial(nudges.send, job.pk))
    except jobs.StaleTransition:
        pass
    return Job.objects.get(pk=job.pk)


def sweep() -> int:
    """Bring back the jobs of lost workers and send what no worker has heard of; returns how many."""
    return jobs.requeue_lapsed() + nudges.resend()


def counts() -> dict[str, int]:
    """Figures for the health page."""
    return {
        "jobs": Job.objects.count(),
        "jobs_open": Job.objects.filter(status__in=Job.OPEN).count(),
        "jobs_failed": Job.objects.filter(status=Job.Status.FAILED).count(),
        "pictures": Image.objects.count(),
    }


def picture_path(image: Image) -> Path:
    """Where the full-size bytes lie on this machine."""
    return pictures.path(image.sha256, image.mime)


def derivative(image: Image, width_px: int) -> Path:
    """A WebP at most `width_px` wide (320, 640 or 1280), made when it is first asked for."""
    return pictures.derivative(image.sha256, image.mime, width_px)


def model_card(name: str = "") -> ModelCard:
    """What is known of a model, by default of the one that paints here; costs no torch."""
    return registry.card(name or settings.MODEL)


def time_left_seconds(job: Job) -> float | None:
    """From the mean of the last hour's jobs of this kind and those ahead; None when nothing is known yet."""
    if job.status not in Job.OPEN:
        return 0.0
    recent = Job.objects.filter(
        operation=job.operation, status=Job.Status.SUCCEEDED, finished_at__gt=timezone.now() - timedelta(hours=1)
    )
    mean: timedelta | None = recent.aggregate(mean=Avg(F("finished_at") - F("started_at")))["mean"]
    if mean is None:
        return None
    done = job.step / job.steps_total if job.steps_total and job.status == Job.Status.RUNNING else 0.0
    ahead = jobs.ahead_of(job) if job.status == Job.Status.QUEUED else 0
    return mean.total_seconds() * (ahead + 1 - done)


def lineage(image: Image) -> list[Step]:
    """Every step that led to this picture, first prompt first; one query per generation of parents."""
    steps: dict[uuid.UUID, Step] = {}
    level = [image.pk]
    while level:
        rows = (
            Image.objects.filter(pk__in=level)
            .select_related("job__prompt")
            .prefetch_related("parentages__parent")
            .order_by("created_at")
        )
        level = []
        for row in rows:
            edges = list(row.parentages.all())
            parents = tuple(edge.parent for edge in edges)
            kind = row.job.operation if row.job else ("retouch" if edges else "upload")
            steps.pop(row.pk, None)
            steps[row.pk] = Step(
                row,
                kind,
                row.made_by,
                row.job.prompt if row.job else None,
                row.job.recipe if row.job else {},
                parents,
            )
            level += [parent.pk for parent in parents if parent.pk not in steps and parent.pk not in level]
    return sorted(steps.values(), key=lambda step: step.image.created_at)


def clean_words(text: str, most: int, what: str, *, may_be_empty: bool = False) -> str:
    """The text without outer white space; InputRefused for empty, too long, or characters that hide others."""
    if "\0" in text or BIDI_CONTROLS & set(text):
        raise InputRefused(
            "forbidden_character", f"The {what} holds a NUL or a character that turns the direction of writing.",
            "Remove it; typing the text anew is the surest way.",
        )  # fmt: skip
    words = text.replace("\r\n", "\n").strip()
    if not may_be_empty and not any(letter.isalnum() for letter in words):
        raise InputRefused("prompt_empty", f"The {what} is empty.", "Write what the picture should show.")
    if len(words) > most:
        raise InputRefused(
            "prompt_too_long", f"The {what} has {len(words):,} characters; at most {most:,} are taken.", "Shorten it."
        )
    return words


def clean_request_id(request_id: str) -> str:
    """The id, if it is 1 to 200 printable characters."""
    if not 1 <= len(request_id) <= 200 or not request_id.isprintable():
        raise InputRefused("request_id", "A request id is 1 to 200 printable characters.")
    return request_id


def _image(owner_id: uuid.UUID, image_id: uuid.UUID) -> Image:
    image = Image.objects.filter(owner_id=owner_id, pk=image_id).first()
    if image is None:
        raise NoSuchPicture("This picture is not in your studio.")
    return image


def _own_job(owner_id: uuid.UUID, job_id: uuid.UUID) -> Job:
    job = Job.objects.filter(owner_id=owner_id, pk=job_id).first()
    if job is None:
        raise NoSuchPicture("This job is not in your studio.")
    return job
