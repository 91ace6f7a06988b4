"""Every step that led to a picture."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from generation.models import Image, Parentage, Prompt


@dataclass(frozen=True)
class Step:
    """One step on the way to a picture, for the provenance page."""

    image: Image
    kind: str  # "paint", "rework", "compose", "retouch" or "upload"
    made_by: str
    prompt: Prompt | None
    recipe: dict[str, Any]
    parents: tuple[Image, ...]


@dataclass(frozen=True)
class Reject:
    """A picture that was made on the way and not taken: of a prompt of the way, or from a picture of it."""

    image: Image
    prompt_id: uuid.UUID | None
    parent_id: uuid.UUID | None


def rejects(image: Image, steps: Sequence[Step], most: int) -> list[Reject]:
    """The first `most` of them, those in the trash included; two queries. Children of `image` come after it."""
    taken = {step.image.pk for step in steps}
    prompts = {step.prompt.pk for step in steps if step.prompt}
    rows = Image.objects.filter(owner_id=image.owner_id).exclude(pk__in=taken).select_related("job__prompt")
    rows = rows.defer("words").order_by("created_at")
    of_prompts = rows.filter(job__prompt__in=prompts).exclude(parentages__parent=image)[:most]
    found = {row.pk: Reject(row, row.job.prompt_id if row.job else None, None) for row in of_prompts}
    edges = Parentage.objects.filter(parent__in=taken - {image.pk}).exclude(child__in=taken)
    from_pictures = edges.filter(child__owner_id=image.owner_id).select_related("child__job__prompt")
    for edge in from_pictures.order_by("child__created_at", "position")[:most]:
        if edge.child_id not in found or found[edge.child_id].parent_id is None:
            found[edge.child_id] = Reject(edge.child, None, edge.parent_id)
    return sorted(found.values(), key=lambda reject: reject.image.created_at)[:most]


def of(image: Image) -> list[Step]:
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
