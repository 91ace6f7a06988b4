"""What this engine holds of an owner, and how it goes: prompts, jobs, pictures, what was signed of them.

Pictures that something published is made of stay with every step that led to them, and with the words of those steps:
the lineage is part of what was minted. Writes rows alone; the files of what went are dropped by the caller after its
commit, so that a rollback loses nothing.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from generation.models import Credential, Image, Job, Parentage, Prompt
from generation.provenance import lineage

_IN_HAND = (Prompt, Job, Image)


@dataclass(frozen=True)
class Gone:
    """How many rows went, and the digests and manifests whose files nobody may need any more."""

    pictures: int
    jobs: int
    prompts: int
    sha256s: frozenset[str]
    manifests: frozenset[str]


def held(owner_id: uuid.UUID) -> dict[str, list[dict[str, Any]]]:
    """Every row of an owner as plain values, by the name of its table."""
    of = [model for model in apps.get_app_config("generation").get_models() if _has_owner(model)]
    return {
        model._meta.model_name or "": list(model._default_manager.filter(owner_id=owner_id).values()) for model in of
    }


def pictures(owner_id: uuid.UUID) -> Iterator[Image]:
    """An owner's pictures, oldest first."""
    return Image.objects.filter(owner_id=owner_id).order_by("created_at").iterator()


def outlook(owner_id: uuid.UUID, keep: Iterable[Image]) -> tuple[int, int]:
    """(pictures that would go, pictures that would stay) if `forget` were called now."""
    kept = len(_with_lineage(keep))
    return Image.objects.filter(owner_id=owner_id).exclude(pk__in=_with_lineage(keep)).count(), kept


def forget(owner_id: uuid.UUID, keep: Iterable[Image], without_words: Iterable[uuid.UUID] = ()) -> Gone:
    """Everything of an owner but the pictures in `keep` and what led to them. Harmless when repeated."""
    kept = _with_lineage(keep)
    with transaction.atomic():
        now = timezone.now()
        open_jobs = Job.objects.filter(owner_id=owner_id, status__in=Job.OPEN)
        open_jobs.update(status=Job.Status.CANCELLED, lease_until=None, finished_at=now)
        going = Image.objects.filter(owner_id=owner_id).exclude(pk__in=kept)
        signed = Credential.objects.filter(image__in=going)
        sha256s = {*going.values_list("sha256", flat=True), *signed.values_list("sha256", flat=True)}
        manifests = {key.hex for key in signed.values_list("pk", flat=True)}
        signed.delete()
        Parentage.objects.filter(child__in=going).delete()
        pictures, _ = Image.objects.filter(pk__in=list(going.values_list("pk", flat=True))).delete()
        without = Job.objects.filter(owner_id=owner_id, image__isnull=True)
        sha256s |= {str(recipe["mask_sha256"]) for recipe in without.values_list("recipe", flat=True)
                    if recipe.get("mask_sha256")}  # fmt: skip
        jobs, _ = without.delete()
        prompts, _ = Prompt.objects.filter(owner_id=owner_id, jobs__isnull=True).delete()
        Prompt.objects.filter(owner_id=owner_id).update(template="", wish_sha256="")
        _silence(owner_id, list(without_words))
        for model in apps.get_app_config("generation").get_models():
            if _has_owner(model) and model not in _IN_HAND:
                model._default_manager.filter(owner_id=owner_id).delete()
    return Gone(pictures, jobs, prompts, frozenset(sha256s), frozenset(manifests))


def _silence(owner_id: uuid.UUID, prompt_ids: list[uuid.UUID]) -> None:
    Prompt.objects.filter(owner_id=owner_id, pk__in=prompt_ids).update(
        text="", text_en="", translated="", negative_text="", negative_text_en="", unknown_words=[]
    )
    for job in Job.objects.filter(owner_id=owner_id, prompt__in=prompt_ids):
        job.recipe = {**job.recipe, "prompt": "", "negative_prompt": ""}
        job.save(update_fields=["recipe"])


def _with_lineage(keep: Iterable[Image]) -> set[uuid.UUID]:
    return {step.image.pk for image in keep for step in lineage.of(image)}


def _has_owner(model: type[Any]) -> bool:
    return any(field.name == "owner_id" for field in model._meta.get_fields())
