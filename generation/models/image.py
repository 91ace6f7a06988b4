"""A picture: bytes in the picture store under their SHA-256, and where they came from."""

import uuid
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from generation.models.job import Job

STARS_MAX = 5
_NOT_TRASHED = Q(trashed_at__isnull=True)


class Image(models.Model):
    """What a worker or an upload wrote once and nothing changes: the bytes, named by `sha256`, and their origin.

    `made_by` is the class of one step: the machine alone, a person working on a machine's picture, or a person.
    `kind` and `model` repeat what the job says, so that an index can serve a page that is filtered by them.

    What its owner thinks of it may change, by generation/curation alone: `stars`, and `trashed_at` while it lies in
    the trash. `emptied_at` says that its bytes were deleted after that; the row, and with it the lineage, stays.
    """

    class MadeBy(models.TextChoices):
        MACHINE = "machine"
        HUMAN_WITH_MACHINE = "human_with_machine"
        HUMAN = "human"

    class Kind(models.TextChoices):
        PAINT = "paint"
        REWORK = "rework"
        COMPOSE = "compose"
        RETOUCH = "retouch"
        UPLOAD = "upload"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner_id = models.UUIDField()
    request_id = models.CharField(max_length=255)
    job = models.OneToOneField(Job, null=True, on_delete=models.PROTECT, related_name="image")
    sha256 = models.CharField(max_length=64, db_index=True)
    mime = models.CharField(max_length=32)
    width_px = models.PositiveIntegerField()
    height_px = models.PositiveIntegerField()
    size_bytes = models.PositiveBigIntegerField()
    made_by = models.CharField(max_length=24, choices=MadeBy)
    made_with = models.JSONField(
        default=dict
    )  # libraries, device, processor, weights; empty where nobody wrote it down
    notices = models.JSONField(default=list)  # what was done to an upload, for people: "location_removed", …
    created_at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=12, choices=Kind, editable=False)
    model = models.CharField(max_length=200, blank=True, editable=False)
    stars = models.PositiveSmallIntegerField(default=0)
    trashed_at = models.DateTimeField(null=True)
    emptied_at = models.DateTimeField(null=True)
    words = SearchVectorField(null=True)  # of its prompt, in both languages
    looked_at = models.DateTimeField(null=True)  # when words, colours and look were computed

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "request_id"], name="image_once_per_request"),
            models.CheckConstraint(condition=Q(stars__lte=STARS_MAX), name="image_stars_are_few"),
            models.CheckConstraint(
                condition=Q(emptied_at__isnull=True) | Q(trashed_at__isnull=False), name="image_emptied_was_trashed"
            ),
            models.CheckConstraint(
                condition=Q(made_by__in=["machine", "human_with_machine", "human"]),
                name="image_made_by_is_known",
            ),
        ]
        # Each order and filter of the studio's library; the partial ones leave the trash out.
        indexes = [
            models.Index(fields=["owner_id", "-created_at", "-id"], condition=_NOT_TRASHED, name="image_newest"),
            models.Index(
                fields=["owner_id", "-stars", "-created_at", "-id"], condition=_NOT_TRASHED, name="image_best"
            ),
            models.Index(
                fields=["owner_id", "kind", "-created_at", "-id"], condition=_NOT_TRASHED, name="image_by_kind"
            ),
            models.Index(
                fields=["owner_id", "model", "-created_at", "-id"], condition=_NOT_TRASHED, name="image_by_model"
            ),
            models.Index(
                fields=["owner_id", "-trashed_at", "-id"],
                condition=Q(trashed_at__isnull=False, emptied_at__isnull=True),
                name="image_trashed",
            ),
            models.Index(
                fields=["trashed_at"],
                condition=Q(trashed_at__isnull=False, emptied_at__isnull=True),
                name="image_to_empty",
            ),
            models.Index(fields=["created_at"], condition=Q(looked_at__isnull=True), name="image_not_looked_at"),
            GinIndex(fields=["words"], name="image_words"),
        ]

    def save(self, *args: Any, **more: Any) -> None:
        """A new row says its kind and model from its job, or from having been uploaded."""
        if self._state.adding and not self.kind:
            by_hand = self.made_by == self.MadeBy.HUMAN_WITH_MACHINE
            self.kind = self.job.operation if self.job else self.Kind.RETOUCH if by_hand else self.Kind.UPLOAD
            self.model = str(self.job.recipe.get("model", "")) if self.job else ""
        super().save(*args, **more)

    def __str__(self) -> str:
        return f"{self.width_px} x {self.height_px} {self.sha256[:12]}"


class Parentage(models.Model):
    """An edge of the lineage: `child` was made from `parent`: as panel number `position`, by hand, or by a model."""

    class Kind(models.TextChoices):
        PANEL = "panel"
        RETOUCH = "retouch"
        REWORK = "rework"

    child = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="parentages")
    parent = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="descents")
    kind = models.CharField(max_length=16, choices=Kind)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["child", "position"], name="parentage_one_per_position"),
            models.CheckConstraint(
                condition=Q(kind__in=["panel", "retouch", "rework"]), name="parentage_kind_is_known"
            ),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.kind} {self.position}"
