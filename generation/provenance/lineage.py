"""Every step that led to a picture."""

import uuid
from dataclasses import dataclass
from typing import Any

from generation.models import Image, Prompt


@dataclass(frozen=True)
class Step:
    """One step on the way to a picture, for the provenance page."""

    image: Image
    kind: str  # "paint", "rework", "compose", "retouch" or "upload"
    made_by: str
    prompt: Prompt | None
    recipe: dict[str, Any]
    parents: tuple[Image, ...]


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
