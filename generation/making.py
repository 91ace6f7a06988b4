"""Making the pictures of claimed jobs: paint, work over or compose; enlarge; keep; finish each by itself.

Jobs that share a forward pass are painted in one call. What goes wrong for one of them is found by painting each
alone, so that it fails alone; no memory for the batch makes the batch smaller, from then on, and costs no attempt.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from django import db
from PIL import Image as Pillow

from generation import enlarge, jobs, leases, pictures, previews, recipe, repainting, rework, speeds
from generation.composition import panels
from generation.errors import CannotDo, GenerationError, OutOfMemory, PaintCancelled
from generation.models import Image, Job, Parentage
from generation.pipelines import devices, registry
from generation.pipelines.base import Enlarging, Look, PaintRequest, Pipeline

log = logging.getLogger(__name__)

Made = tuple[Pillow.Image, list[tuple[Image, str]]]
"""A picture, and its parents with what they are to it."""

FIRST_LOOK_BY_STEP = 2
LOOK_EVERY_SECONDS, LOOK_SHARE = 0.5, 0.02
"""Between two previews, at least; and what share of the time of painting they may take after the first."""

_fits: dict[str, int] = {}
"""Pictures to a pass, by batch key, where memory gave less than the device's most. Kept while the process lives."""


class Interrupted(GenerationError):
    """Something that nobody foresaw; tried again, and shown by its kind when it stays."""

    retryable = True
    code = "unexpected"


class ModelChanged(GenerationError):
    """The weights under this name are other weights now."""

    code = "model_changed"
    next_step = "Ask again: a new job takes the model as it is now."


def most_beside(job: Job) -> int:
    """How many pictures may be painted in one pass with this job's, itself included."""
    if not job.batch_key:
        return 1
    try:
        most = devices.batch_pictures(registry.card(job.recipe["model"]).kind, devices.choose())
    except GenerationError:
        return 1  # it will fail, with the reason, by itself
    return min(most, _fits.get(job.batch_key, most))


def make(claimed: Sequence[Job], worker: str) -> None:
    """Make these jobs' pictures, or fail them with the reason. All share a batch key, or there is one."""
    with leases.Lease(claimed, worker) as lease:
        _paint_all(claimed, worker, lease) if claimed[0].operation == Job.Operation.PAINT else _each(
            claimed, worker, lease, lambda job: _made(job, lease)
        )
    for job in claimed:
        previews.drop(job.pk)


def _paint_all(claimed: Sequence[Job], worker: str, lease: leases.Lease) -> None:
    wanted = [job for job in claimed if lease.holds(job.pk)]
    if len(wanted) < 2:
        _each(wanted, worker, lease, lambda job: _made(job, lease))
        return
    began = time.monotonic()
    try:
        painted = _painted(wanted, lease)
    except PaintCancelled:
        return
    except (OutOfMemory, MemoryError):
        half = (len(wanted) + 1) // 2
        _fits[wanted[0].batch_key] = half
        log.warning("No memory for %d pictures at once; %d from now on", len(wanted), half)
        _paint_all(wanted[:half], worker, lease)
        _paint_all(wanted[half:], worker, lease)
        return
    except Exception:
        log.info("A batch of %d failed; each is painted alone", len(wanted), exc_info=True)
        for job in wanted:
            _paint_all([job], worker, lease)
        return
    each = (time.monotonic() - began) / len(wanted)
    ready = dict(zip((job.pk for job in wanted), painted, strict=True))
    _each(wanted, worker, lease, lambda job: (_finished(job, ready[job.pk]), []), each)


def _each(
    claimed: Sequence[Job], worker: str, lease: leases.Lease, make_one: Callable[[Job], Made], before: float = 0.0
) -> None:
    """Finish these jobs one by one; what goes wrong for one is its own. `before` counts to the time each took."""
    for job in claimed:
        if not lease.holds(job.pk):
            continue
        began = time.monotonic()
        try:
            if job.operation == Job.Operation.REPAINT:
                _repaint(job, worker, lease)
            else:
                picture, parents = make_one(job)
                stored = pictures.put_png(picture, recipe.words_inside(job.recipe))
                _finish(job, worker, stored, parents)
            speeds.measured(speeds.kind(job.pool, job.recipe), before + time.monotonic() - began)
        except (PaintCancelled, jobs.StaleTransition):
            log.info("Job %s was cancelled or given to another worker", job.pk)
        except GenerationError as error:
            _fail(job, worker, error)
        except MemoryError:
            _fail(job, worker, OutOfMemory("There was not enough memory to make this picture."))
        except Exception as error:
            log.exception("Job %s", job.pk)
            _fail(job, worker, Interrupted(f"The picture could not be made ({type(error).__name__})."))


def _made(job: Job, lease: leases.Lease) -> Made:
    if job.operation == Job.Operation.PAINT:
        return _finished(job, _painted([job], lease)[0]), []
    return _compose(job) if job.operation == Job.Operation.COMPOSE else _rework(job, lease)


def _repaint(job: Job, worker: str, lease: leases.Lease) -> None:
    """The recipe once more, and how it compares; the picture itself is not kept."""
    image, then = repainting.as_then(job)
    again, _ = _made(then, lease)
    jobs.succeed(job.pk, worker, repainting.compared(job, image, again))


def _painted(wanted: Sequence[Job], lease: leases.Lease) -> list[Pillow.Image]:
    """As the model paints them, in one call."""
    asked = [recipe.PaintRecipe(**job.recipe) for job in wanted]
    pipeline = _pipeline(asked[0].model, asked[0].model_sha256)
    return pipeline.paint([one.request() for one in asked], lease.stepped, _Previews(wanted, lease))


def _finished(job: Job, painted: Pillow.Image) -> Pillow.Image:
    return enlarge.enlarge(painted, job.recipe["output_px"], job.recipe["enlarge"])


def _rework(job: Job, lease: leases.Lease) -> Made:
    parent = Image.objects.get(owner_id=job.owner_id, pk=job.inputs[0])
    with Pillow.open(pictures.path(parent.sha256, parent.mime)) as source:
        if job.recipe.get("enlarge") == recipe.LEARNED:
            picture = _enlarged(job, source, lease)
        elif job.recipe["operation"] == recipe.UPSCALE:
            picture = rework.upscale(source, job.recipe["output_px"], job.recipe["enlarge"])
        else:
            asked = recipe.ReworkRecipe(**job.recipe)
            picture = rework.work_over(asked, source, _mask(asked), _by_window(job, asked, lease))
    return picture, [(parent, Parentage.Kind.REWORK)]


def _enlarged(job: Job, source: Pillow.Image, lease: leases.Lease) -> Pillow.Image:
    """By the model's own super-resolution, then by Lanczos to the size that was asked for."""
    pipeline = _pipeline(job.recipe["model"], job.recipe["model_sha256"])
    if not isinstance(pipeline, Enlarging):
        raise CannotDo(f"{pipeline.card.title_en} has no super-resolution of its own.")
    large = pipeline.enlarge(source, lease.stepped)
    size = (
        round(job.recipe["output_px"] * min(1.0, source.width / source.height)),
        round(job.recipe["output_px"] * min(1.0, source.height / source.width)),
    )
    return large.resize(size, Pillow.Resampling.LANCZOS)


def _mask(asked: recipe.ReworkRecipe) -> Pillow.Image | None:
    if not asked.mask_sha256:
        return None
    with Pillow.open(pictures.path(asked.mask_sha256)) as mask:
        return mask.convert("L")


def _by_window(job: Job, asked: recipe.ReworkRecipe, lease: leases.Lease) -> rework.Paint:
    """Paints one window of this job; steps are told over all of them."""
    pipeline = _pipeline(asked.model, asked.model_sha256)
    show = _Previews([job], lease)
    done = 0

    def on_step(step: int, steps_total: int) -> None:
        lease.stepped(done * steps_total + step, asked.windows * steps_total)

    def paint(request: PaintRequest) -> Pillow.Image:
        nonlocal done
        [picture] = pipeline.paint([request], on_step, show)
        done += 1
        return picture

    return paint


def _pipeline(model: str, sha256: str) -> Pipeline:
    pipeline = registry.load(model, devices.choose())
    if pipeline.card.sha256 != sha256:
        raise ModelChanged(f"The model {model} is not the one this job was asked of.")
    return pipeline


class _Previews:
    """Keeps a small picture of each job every few steps: the first by the second step, then as time allows."""

    def __init__(self, wanted: Sequence[Job], lease: leases.Lease) -> None:
        self._jobs, self._lease = wanted, lease
        self._next = 0.0

    def __call__(self, step: int, look: Look) -> None:
        began = time.monotonic()
        if began < self._next or step < FIRST_LOOK_BY_STEP:
            return
        kept = [
            previews.put(job.pk, picture)
            for job, picture in zip(self._jobs, look(), strict=True)
            if picture is not None and self._lease.holds(job.pk)
        ]
        if any(kept):
            self._lease.previewed(step)
        ended = time.monotonic()
        self._next = ended + max(LOOK_EVERY_SECONDS, (ended - began) / LOOK_SHARE)


def _compose(job: Job) -> Made:
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
        made_by=Image.MadeBy.MACHINE, made_with=repainting.made_with(job.recipe),
    )  # fmt: skip
    with db.transaction.atomic():
        jobs.succeed(job.pk, worker, image)
        Parentage.objects.bulk_create(
            Parentage(child=image, parent=parent, kind=kind, position=place)
            for place, (parent, kind) in enumerate(parents)
        )
    _meanwhile().submit(_copy_for_pages, stored)


@lru_cache(maxsize=1)
def _meanwhile() -> ThreadPoolExecutor:
    """A thread for what nobody waits for; made in the child, not before the fork."""
    return ThreadPoolExecutor(1, "meanwhile")


def _copy_for_pages(stored: pictures.Stored) -> None:
    """The copy that the studio's lists show, while the next picture is painted; pages make what is missing."""
    try:
        pictures.derivative(stored.sha256, stored.mime, min(pictures.WIDTHS_PX))
    except (GenerationError, OSError) as error:
        log.warning("No small copy of %s yet: %s", stored.sha256[:12], error)


def _fail(job: Job, worker: str, error: GenerationError) -> None:
    try:
        jobs.fail(job.pk, worker, error)
    except jobs.StaleTransition:
        log.info("Job %s was cancelled or given to another worker while it failed", job.pk)
