"""Writing wishes down as prompts and jobs: once per request id, within quotas, and only what some worker can make."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from generation import capacity, nudges, quotas, recipe, speeds, wishes
from generation.errors import InputRefused, RequestIdReused
from generation.inputs import SEED_BITS, clean_words
from generation.models import Job, Prompt
from generation.pipelines import registry
from generation.pipelines.base import ModelCard
from generation.wishes import Reading, Wish


@dataclass(frozen=True)
class Outlook:
    """What asking would queue. `seconds` until the last picture is there, None while nothing was measured yet."""

    readings: tuple[Reading, ...]
    pictures: int
    seconds: float | None
    seconds_each: float | None
    quota_left: int


def wish(
    text: str, negative_text: str, presets: Sequence[str], english: str, seeds: Sequence[int], count: int,
    image_id: str = "", source: recipe.Source | None = None,
) -> Wish:  # fmt: skip
    """The words cleaned and the numbers checked; InputRefused says what is wrong."""
    check_seeds(seeds, count)
    most = Prompt.MAX_CHARACTERS
    return Wish(
        clean_words(text, most, "prompt"), clean_words(negative_text, most, "negative prompt", may_be_empty=True),
        tuple(presets), clean_words(english, most, "translation", may_be_empty=True), tuple(seeds), count, image_id,
        source,
    )  # fmt: skip


def check_seeds(seeds: Sequence[int], count: int) -> None:
    """InputRefused unless these seeds, or so many by chance, may be asked of one prompt."""
    if any(isinstance(s, bool) or not isinstance(s, int) or not 0 <= s < 2**SEED_BITS for s in seeds):
        raise InputRefused("limit", f"A seed is a whole number from 0 to 2^{SEED_BITS} - 1.")
    if not 1 <= (len(seeds) or count) <= wishes.PICTURES_PER_PROMPT:
        raise InputRefused("limit", f"One prompt makes 1 to {wishes.PICTURES_PER_PROMPT} pictures.")


def outlook(owner_id: uuid.UUID, asked: Wish) -> Outlook:
    """Readings, pictures and time of a wish; refuses what `ask` would refuse, but for quotas, and writes nothing."""
    card = registry.card(settings.MODEL)
    readings = _understood(wishes.read(asked, card))
    pictures = wishes.pictures(asked)
    made = _recipe(card, asked, readings[0], 0)
    pool = capacity.pool_of(card.name)
    capacity.require(card, pool)
    each = speeds.seconds(speeds.kind(pool, made.document()))
    ahead = speeds.seconds_ahead(pool, owner_id)
    total = None if each is None or ahead is None else ahead + each * max(1.0, pictures / capacity.workers(pool))
    return Outlook(tuple(readings), pictures, total, each, quotas.left(owner_id))


def ask(owner_id: uuid.UUID, request_id: str, asked: Wish, priority: int = 0) -> list[Job]:
    """The jobs of this wish, made now or when it was first asked; RequestIdReused for another wish."""
    before = _made_before(owner_id, request_id, asked)
    if before:
        return before
    card = registry.card(settings.MODEL)
    readings = _understood(wishes.read(asked, card))
    pool = capacity.pool_of(card.name)
    capacity.require(card, pool)
    seeds = list(asked.seeds) or [secrets.randbelow(2**32) for _ in range(asked.count)]
    with transaction.atomic():
        quotas.take(owner_id, len(readings) * len(seeds))
        before = _made_before(owner_id, request_id, asked)  # the quota's lock is held: nobody else is asking
        if before:
            return before
        return [
            one for place, reading in enumerate(readings)
            for one in _ask_one(owner_id, _key(request_id, place), asked, reading, seeds, card, pool, priority)
        ]  # fmt: skip


def _ask_one(
    owner_id: uuid.UUID, request_id: str, asked: Wish, reading: Reading, seeds: list[int], card: ModelCard,
    pool: str, priority: int,
) -> list[Job]:  # fmt: skip
    prompt = Prompt.objects.create(
        owner_id=owner_id, request_id=request_id, text=reading.text, language=reading.language,
        text_en=reading.english, translator=reading.translator, translated=reading.translated,
        unknown_words=list(reading.unknown), negative_text=asked.negative_text,
        negative_text_en=reading.negative_english, template=asked.text if asked.text != reading.text else "",
        presets=list(asked.presets), notices=list(reading.notices), wish_sha256=asked.digest(),
    )  # fmt: skip
    operation = Job.Operation.REWORK if asked.source else Job.Operation.PAINT
    inputs = [asked.image_id] if asked.source else []
    recipes = [_recipe(card, asked, reading, seed) for seed in seeds]
    return [
        job(
            owner_id, f"{request_id}:{place}", operation, prompt, one.document(), one.steps, inputs, pool=pool,
            priority=priority,
        )
        for place, one in enumerate(recipes)
    ]  # fmt: skip


def _recipe(card: ModelCard, asked: Wish, reading: Reading, seed: int) -> recipe.PaintRecipe:
    if asked.source:
        return recipe.to_rework(card, asked.source, reading.english, reading.negative_english, seed)
    return recipe.to_paint(card, reading.english, reading.negative_english, seed, settings.OUTPUT_PX)


def job(
    owner_id: uuid.UUID, request_id: str, operation: str, prompt: Prompt | None, document: dict[str, Any], steps: int,
    inputs: Sequence[str] = (), *, pool: str = capacity.DEFAULT_POOL, priority: int = 0,
) -> Job:  # fmt: skip
    """The row of this request id, made now (and its message sent after the commit) or before."""
    row, is_new = Job.objects.get_or_create(
        owner_id=owner_id, request_id=request_id,
        defaults={
            "operation": operation, "prompt": prompt, "recipe": document, "recipe_sha256": recipe.digest(document),
            "steps_total": steps, "inputs": list(inputs), "pool": pool, "priority": priority,
            "cost": recipe.cost(document),
            "batch_key": recipe.batch_key(document) if operation == Job.Operation.PAINT else "",
        },
    )  # fmt: skip
    if is_new:
        transaction.on_commit(partial(nudges.send, row.pk, pool))
    return row


def _understood(readings: list[Reading]) -> list[Reading]:
    for reading in readings:
        if not reading.english:
            raise InputRefused(
                "untranslated", f"None of these words could be translated: {', '.join(reading.unknown)}.",
                "Use other words, or write the prompt in English.",
            )  # fmt: skip
    return readings


def _made_before(owner_id: uuid.UUID, request_id: str, asked: Wish) -> list[Job]:
    keys = [request_id, *(_key(request_id, place) for place in range(1, wishes.PICTURES_PER_WISH))]
    found = {prompt.request_id: prompt for prompt in Prompt.objects.filter(owner_id=owner_id, request_id__in=keys)}
    if found and any(prompt.wish_sha256 != asked.digest() for prompt in found.values()):
        raise RequestIdReused
    made = [found[key] for key in keys if key in found]
    return [one for prompt in made for one in prompt.jobs.order_by("request_id")]


def _key(request_id: str, place: int) -> str:
    return f"{request_id}#{place}" if place else request_id
