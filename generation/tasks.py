"""What the gpu queue's workers do: claim one job, make its picture, finish it.

A message may come twice, late or for a job that is over: the claim decides, and everything else is a quiet return.
"""

import json
import logging
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task
from celery.signals import worker_init
from django import db
from django.conf import settings
from PIL import Image as Pillow

from generation import enlarge, jobs, pictures, recipe, rework
from generation.composition import panels
from generation.errors import GenerationError, OutOfMemory, PaintCancelled
from generation.models import Image, Job, Parentage
from generation.pipelines import registry
from generation.pipelines.base import PaintRequest

log = logging.getLogger(__name__)


class Interrupted(GenerationError):
    """Something that nobody foresaw; tried again, and shown by its kind when it stays."""

    retryable = True
    code = "unexpected"


@worker_init.connect
def before_children(**_: object) -> None:
    """In the parent of the gpu worker: a child that is killed is followed by one that need not import torch anew."""
    if settings.ROLE == "gpu":
        registry.import_libraries(settings.MODEL)


@shared_task(name="generation.make")
def make(job_id: str) -> None:
    """Make the picture of one job, whatever its operation. May be called any number of times."""
    worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    try:
        job = jobs.claim(uuid.UUID(job_id), worker)
    except jobs.StaleTransition:
        log.info("Job %s is taken or over", job_id)
        return
    try:
        with _kept_alive(job, worker):
            picture, parents = _made(job, worker)
            stored = pictures.put_png(picture, {"ninefold.recipe": json.dumps(job.recipe, ensure_ascii=False)})
        _finish(job, worker, stored, parents)
    except (PaintCancelled, jobs.StaleTransition):
        log.info("Job %s was cancelled or given to another worker", job_id)
    except GenerationError as error:
        _fail(job, worker, error)
    except MemoryError:
        _fail(job, worker, OutOfMemory("There was not enough memory to make this picture."))
    except Exception as error:
        log.exception("Job %s", job_id)
        _fail(job, worker, Interrupted(f"The picture could not be made ({type(error).__name__})."))


Made = tuple[Pillow.Image, list[tuple[Image, str]]]
"""A picture, and its parents with what they are to it."""


def _made(job: Job, worker: str) -> Made:
    if job.operation == Job.Operation.COMPOSE:
        return _compose(job)
    return _rework(job, worker) if job.operation == Job.Operation.REWORK else _paint(job, worker)


def _paint(job: Job, worker: str) -> Made:
    asked = recipe.PaintRecipe(**job.recipe)
    picture = _painter(job, worker, asked)(asked.request())
    return enlarge.enlarge(picture, asked.output_px, asked.enlarge), []


def _rework(job: Job, worker: str) -> Made:
    parent = Image.objects.get(owner_id=job.owner_id, pk=job.inputs[0])
    with Pillow.open(pictures.path(parent.sha256, parent.mime)) as source:
        if job.recipe["operation"] == recipe.UPSCALE:
            picture = rework.upscale(source, job.recipe["output_px"], job.recipe["enlarge"])
        else:
            asked = recipe.ReworkRecipe(**job.recipe)
            picture = rework.work_over(asked, source, _mask(asked), _painter(job, worker, asked))
    return picture, [(parent, Parentage.Kind.REWORK)]


def _mask(asked: recipe.ReworkRecipe) -> Pillow.Image | None:
    if not asked.mask_sha256:
        return None
    with Pillow.open(pictures.path(asked.mask_sha256)) as mask:
        return mask.convert("L")


def _painter(job: Job, worker: str, asked: recipe.PaintRecipe) -> rework.Paint:
    """Paints one request of this job with its model; its steps are told over all the job's windows."""
    pipeline = registry.load(asked.model)
    if pipeline.card.sha256 != asked.model_sha256:
        raise ModelChanged(f"The model {asked.model} is not the one this job was asked of.")

    windows = asked.windows if isinstance(asked, recipe.ReworkRecipe) else 1
    done = 0

    def on_step(step: int, steps_total: int) -> None:
        try:
            jobs.beat(job.pk, worker, done * steps_total + step, windows * steps_total)
        except jobs.StaleTransition:
            raise PaintCancelled from None

    def paint(request: PaintRequest) -> Pillow.Image:
        nonlocal done
        [picture] = pipeline.paint([request], on_step)
        done += 1
        return picture

    return paint


class ModelChanged(GenerationError):
    """The weights under this name are other weights now."""

    code = "model_changed"
    next_step = "Ask again: a new job takes the model as it is now."


def _compose(job: Job) -> tuple[Pillow.Image, list[tuple[Image, str]]]:
    rows = {str(image.pk): image for image in Image.objects.filter(owner_id=job.owner_id, pk__in=job.inputs)}
    chosen = [rows[pk] for pk in job.inputs]
    opened = [Pillow.open(pictures.path(image.sha256, image.mime)) for image in chosen]
    try:
        picture = panels.compose(opened, job.recipe["columns"])
    finally:
        for panel in opened:
            panel.close()
    return picture, [(image, Parentage.Kind.PANEL) for image in chosen]


def _finish(job: Job, worker: str, stored: pictures.Stored, parents: list[tuple[Image, str]]) -> None:
    image = Image(
        owner_id=job.owner_id, request_id=f"job:{job.pk}", job=job, sha256=stored.sha256, mime=stored.mime,
        width_px=stored.width_px, height_px=stored.height_px, size_bytes=stored.size_bytes,
        made_by=Image.MadeBy.MACHINE,
    )  # fmt: skip
    with db.transaction.atomic():
        jobs.succeed(job.pk, worker, image)
        Parentage.objects.bulk_create(
            Parentage(child=image, parent=parent, kind=kind, position=place)
            for place, (parent, kind) in enumerate(parents)
        )
    for width_px in pictures.WIDTHS_PX:
        pictures.derivative(stored.sha256, stored.mime, width_px)


def _fail(job: Job, worker: str, error: GenerationError) -> None:
    try:
        jobs.fail(job.pk, worker, error)
    except jobs.StaleTransition:
        log.info("Job %s was cancelled or given to another worker while it failed", job.pk)


@contextmanager
def _kept_alive(job: Job, worker: str) -> Iterator[None]:
    """Prolong the lease from a thread while the model loads or a long step runs; ends with the work."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(settings.JOB_LEASE_SECONDS / 3):
            try:
                jobs.prolong(job.pk, worker)
            except jobs.StaleTransition:
                return
            except db.Error:
                log.warning("No beat for job %s: the database is away", job.pk)
            finally:
                db.connections.close_all()

    thread = threading.Thread(target=beat, name=f"beat-{job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
