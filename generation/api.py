"""The only door into the generation engine: ask for pictures, follow them, bring one back that a hand has changed.

Everything is asked with a request id of the caller's; asking twice with the same id and the same words gives the
same rows, with other words RequestIdReused. Work is written down in the transaction of the wish; a message to the
workers follows the commit, and the sweeper sends what that missed. Owners are opaque ids.
"""

import uuid
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from generation import (
    asking,
    capacity,
    collecting,
    curation,
    forgetting,
    jobs,
    nudges,
    pictures,
    previews,
    recipe,
    repainting,
    reworking,
    speeds,
)
from generation.asking import Outlook
from generation.composition import panels
from generation.composition.windows import NO_MARGINS, Margins
from generation.errors import (
    CannotDo,
    GenerationError,
    InputRefused,
    LimitExceeded,
    NoSuchPicture,
    QuotaReached,
    RequestIdReused,
)
from generation.inputs import SEED_BITS, clean_request_id, clean_words
from generation.models import Credential, Image, Job, Parentage, Repaint, Workbench
from generation.pictures import UploadRefused
from generation.pipelines import registry
from generation.pipelines.base import IMAGE_TO_IMAGE, INPAINT, VARIATION, ModelCard
from generation.prompts import presets as presets_of
from generation.prompts import wildcards
from generation.prompts.presets import Preset
from generation.provenance import certificate, credentials, reading
from generation.provenance import lineage as lineages
from generation.provenance.certificate import CannotSign
from generation.provenance.claims import Words as CredentialWords
from generation.provenance.lineage import Reject, Step
from generation.provenance.reading import Findings
from generation.provenance.recall import Recalled, recall
from generation.wishes import PICTURES_PER_PROMPT, PICTURES_PER_WISH, Reading

__all__ = [
    "PICTURES_PER_PROMPT", "PICTURES_PER_WISH", "SEED_BITS", "WAYS", "CannotDo", "CannotSign", "CredentialWords",
    "Findings", "GenerationError", "InputRefused", "LimitExceeded", "Margins", "ModelCard", "NoSuchPicture",
    "Outlook", "Preset", "QuotaReached", "Reading", "Recalled", "Reject", "RequestIdReused", "Step", "UploadRefused",
    "ask", "cancel", "clean_request_id", "clean_words", "collect", "compose", "counts", "credential_of",
    "credentials_authority", "curation", "derivative", "enlarging_ways", "examine", "forget", "held", "issue",
    "lineage", "looks_like", "manifest_path", "model_card", "paint_again", "painted_again", "painters",
    "picture_path", "pictures_of", "preset_library", "preview", "preview_path", "recall", "rejects", "retry",
    "rework", "seconds_each", "seconds_left", "signed_derivative", "signed_path", "sweep",
    "upload", "upscale", "vary",
    "ways", "wildcard_lists", "would_forget",
]  # fmt: skip


def ask(
    owner_id: uuid.UUID, request_id: str, text: str, *, seeds: Sequence[int] = (), negative_text: str = "",
    count: int = 1, presets: Sequence[str] = (), english: str = "", priority: int = 0,
) -> list[Job]:  # fmt: skip
    """One job per seed (or `count` random seeds) for each prompt that the wildcards in `text` stand for.

    InputRefused for words that are not taken, LimitExceeded for what does not fit, QuotaReached for too much at once;
    then nothing is queued. Korean is translated here (about three seconds the first time in a process); `english` is
    that translation, corrected by hand. `presets` are slugs of style presets.
    """
    wish = asking.wish(text, negative_text, presets, english, seeds, count)
    return asking.ask(owner_id, clean_request_id(request_id), wish, priority)


def preview(
    owner_id: uuid.UUID, text: str, *, seeds: Sequence[int] = (), negative_text: str = "", count: int = 1,
    presets: Sequence[str] = (), english: str = "",
) -> Outlook:  # fmt: skip
    """What `ask` would queue with the same words: readings, pictures, seconds. Writes nothing; refuses as it does."""
    return asking.outlook(owner_id, asking.wish(text, negative_text, presets, english, seeds, count))


WAYS = (IMAGE_TO_IMAGE, VARIATION, INPAINT, recipe.OUTPAINT, recipe.UPSCALE)
"""The ways to work a picture over, as `rework`, `vary` and `upscale` do it and recipes name it."""


def ways() -> tuple[str, ...]:
    """Those of WAYS that the model of this site, or plain arithmetic, can do."""
    can = model_card().operations
    needed = {recipe.OUTPAINT: INPAINT, VARIATION: IMAGE_TO_IMAGE}
    return tuple(way for way in WAYS if way == recipe.UPSCALE or needed.get(way, way) in can)


def rework(
    owner_id: uuid.UUID, request_id: str, image_id: uuid.UUID, way: str, text: str, *, strength: float | None = None,
    mask: bytes = b"", margins: Margins = NO_MARGINS, seeds: Sequence[int] = (), negative_text: str = "",
    count: int = 1, presets: Sequence[str] = (), english: str = "",
) -> list[Job]:  # fmt: skip
    """Jobs that work a picture of the owner's over by words: `way` is image-to-image, inpaint or outpaint.

    `strength` above 0 to 1 says how much of the picture goes; `mask` is a PNG of its size whose white is painted
    anew; `margins` are the pixels it grows by. Otherwise as `ask`; UploadRefused for a mask that does not fit.
    """
    image = _image(owner_id, image_id)
    of = reworking.source(image, way, strength, mask, margins)
    wish = reworking.wish(image, of, text, negative_text, presets, english, seeds, count)
    return asking.ask(owner_id, clean_request_id(request_id), wish)


def vary(
    owner_id: uuid.UUID, request_id: str, image_id: uuid.UUID, *, strength: float | None = None,
    seeds: Sequence[int] = (), count: int = 1,
) -> list[Job]:  # fmt: skip
    """Jobs for other pictures like this one, by the words that it was painted from, or from itself alone."""
    image = _image(owner_id, image_id)
    of = reworking.source(image, VARIATION, strength)
    return reworking.vary(owner_id, clean_request_id(request_id), image, of, seeds, count)


def upscale(
    owner_id: uuid.UUID, request_id: str, image_id: uuid.UUID, output_px: int, by: str = reworking.PLAIN
) -> Job:
    """A job that makes a picture larger, to `output_px` on its longer side, by one of `enlarging_ways`."""
    return reworking.upscale(owner_id, clean_request_id(request_id), _image(owner_id, image_id), output_px, by)


def enlarging_ways() -> tuple[str, ...]:
    """ "lanczos" always, "learned" where the model UPSCALER is here."""
    return reworking.enlarging_ways()


def compose(owner_id: uuid.UUID, request_id: str, image_ids: Sequence[uuid.UUID], columns: int = 3) -> Job:
    """A job that lays these pictures of the owner's on one canvas, `columns` a row, in the order given."""
    request_id = clean_request_id(request_id)
    rows = {image.pk: image for image in Image.objects.filter(owner_id=owner_id, pk__in=image_ids, emptied_at=None)}
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
        job = asking.job(
            owner_id, request_id, Job.Operation.COMPOSE, None, document, 0, [str(pk) for pk in image_ids]
        )
    if job.inputs != [str(pk) for pk in image_ids] or job.recipe != document:
        raise RequestIdReused
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


def paint_again(owner_id: uuid.UUID, request_id: str, image_id: uuid.UUID) -> Job:
    """A job that runs the recipe of this picture once more and compares; InputRefused, ModelMissing, NoPainter."""
    return repainting.ask(owner_id, clean_request_id(request_id), _image(owner_id, image_id))


def painted_again(image: Image) -> tuple[Repaint | None, Job | None]:
    """(the latest comparison, the job that was asked last if it is not over well), of this picture's recipe."""
    latest = image.repaints.order_by("-created_at").first()
    rows = Job.objects.filter(owner_id=image.owner_id, operation=Job.Operation.REPAINT, inputs=[str(image.pk)])
    last = rows.order_by("-created_at").first()
    return latest, last if last is not None and last.status != Job.Status.SUCCEEDED else None


def cancel(owner_id: uuid.UUID, job_id: uuid.UUID) -> None:
    """Stop this job and no other; harmless when it is over."""
    job = _own_job(owner_id, job_id)
    try:
        jobs.cancel(job.pk)
    except jobs.StaleTransition:
        return
    previews.drop(job.pk)


def retry(owner_id: uuid.UUID, job_id: uuid.UUID) -> Job:
    """Queue a failed or cancelled job again with the same recipe; harmless when it is already queued."""
    job = _own_job(owner_id, job_id)
    try:
        with transaction.atomic():
            jobs.retry(job.pk)
            transaction.on_commit(partial(nudges.send, job.pk, job.pool))
    except jobs.StaleTransition:
        pass
    return Job.objects.get(pk=job.pk)


def sweep() -> int:
    """Bring back the jobs of lost workers and send what no worker has heard of; returns how many."""
    previews.sweep()
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


def seconds_left(mine: Sequence[Job]) -> float | None:
    """Until the last of these open jobs of one owner is done, as measured; None when nothing is known yet."""
    return speeds.seconds_left(mine) if mine else 0.0


def seconds_each(mine: Sequence[Job]) -> dict[uuid.UUID, float]:
    """What is left of each running job, where pictures of its kind were measured."""
    running = [job for job in mine if job.status == Job.Status.RUNNING]
    known = speeds.known(running)
    return {
        job.pk: left
        for job in running
        if (left := speeds.seconds_of_step(job, known.get(speeds.kind(job.pool, job.recipe)))) is not None
    }


def preview_path(job: Job) -> Path | None:
    """Where a small picture of the painting under way lies; None when there is none."""
    path = previews.path(job.pk)
    return path if job.status == Job.Status.RUNNING and job.preview_step and path.is_file() else None


def painters() -> list[Workbench]:
    """The workers that announced themselves within the last minute."""
    return capacity.benches()


def preset_library() -> dict[str, list[Preset]]:
    """The style presets by group, as the studio shows them."""
    return presets_of.by_group()


def wildcard_lists() -> list[str]:
    """The names that may stand between double underscores."""
    return wildcards.names()


def lineage(image: Image) -> list[Step]:
    """Every step that led to this picture, first prompt first; one query per generation of parents."""
    return lineages.of(image)


def rejects(image: Image, steps: Sequence[Step], most: int) -> list[Reject]:
    """What was made on the way to this picture and not taken; two queries."""
    return lineages.rejects(image, steps, most)


# --- Content credentials ---


def issue(image: Image, said: CredentialWords) -> Credential:
    """The picture signed with these words, its whole lineage inside; CannotSign. Signed once for each claim."""
    return credentials.issue(image, said)


def signed_path(credential: Credential) -> Path:
    """Where the signed full-size bytes lie on this machine."""
    return credentials.signed_path(credential)


def signed_derivative(credential: Credential, name: str) -> Path:
    """The smaller copy "320", "640", "1280" (WebP) or "share" (JPEG) of a signed picture, itself signed."""
    return credentials.derivative(credential, name)


def manifest_path(key: uuid.UUID) -> Path:
    """Where the manifest of a credential, or of a smaller copy, lies; it need not be there."""
    return credentials.manifest_path(key)


def credential_of(key: uuid.UUID) -> Credential | None:
    """Whose manifest the address names: a credential's own, or a smaller copy's; None for what is not there."""
    return credentials.of_manifest(key)


def credentials_authority() -> bytes:
    """The certificate (PEM) of the authority above the one that signs here; CannotSign."""
    return certificate.configured().authority_pem


def examine(data: bytes) -> Findings:
    """What a picture from anywhere says of itself, and whether that holds; UploadRefused. Asks no network."""
    return reading.examine(data)


def looks_like(credential: Credential, data: bytes) -> bool:
    """Whether a picture from anywhere shows what the signed one shows."""
    return reading.looks_like(signed_path(credential).read_bytes(), data)


# --- What is held of an owner ---


def held(owner_id: uuid.UUID) -> dict[str, list[dict[str, Any]]]:
    """Every row of an owner as plain values, by the name of its table."""
    return forgetting.held(owner_id)


def pictures_of(owner_id: uuid.UUID) -> Iterator[Image]:
    """An owner's pictures, oldest first."""
    return forgetting.pictures(owner_id)


def would_forget(owner_id: uuid.UUID, keep: Sequence[Image]) -> tuple[int, int]:
    """(pictures that would go, pictures that would stay) if `forget` were called with the same words."""
    return forgetting.outlook(owner_id, keep)


def forget(owner_id: uuid.UUID, keep: Sequence[Image], without_words: Sequence[uuid.UUID] = ()) -> None:
    """Everything of an owner goes but the pictures in `keep` and all that led to them; the files after the commit.

    Prompts in `without_words` stay as rows and lose their words, in the recipes too.
    """
    gone = forgetting.forget(owner_id, keep, without_words)
    transaction.on_commit(partial(collecting.drop, gone.sha256s, gone.manifests))


def collect(grace_seconds: float = collecting.GRACE_SECONDS) -> collecting.Freed:
    """Remove files of the picture store that no row names and that are older than the grace."""
    return collecting.collect(grace_seconds)


def _image(owner_id: uuid.UUID, image_id: uuid.UUID) -> Image:
    image = Image.objects.filter(owner_id=owner_id, pk=image_id, emptied_at__isnull=True).first()
    if image is None:
        raise NoSuchPicture("This picture is not in your studio.")
    return image


def _own_job(owner_id: uuid.UUID, job_id: uuid.UUID) -> Job:
    job = Job.objects.filter(owner_id=owner_id, pk=job_id).first()
    if job is None:
        raise NoSuchPicture("This job is not in your studio.")
    return job
