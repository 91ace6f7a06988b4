"""A picture: bytes in the picture store under their SHA-256, and where they came from."""

import uuid

from django.db import models
from django.db.models import Q

from generation.models.job import Job


class Image(models.Model):
    """Written once by a worker or an upload, never changed. The bytes are named by `sha256`.

    `made_by` is the class of one step: the machine alone, a person working on a machine's picture, or a person.
    """

    class MadeBy(models.TextChoices):
        MACHINE = "machine"
        HUMAN_WITH_MACHINE = "human_with_machine"
        HUMAN = "human"

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
    notices = models.JSONField(default=list)  # what was done to an upload, for people: "location_removed", …
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "request_id"], name="image_once_per_request"),
            models.CheckConstraint(
                condition=Q(made_by__in=["machine", "human_with_machine", "human"]),
                name="image_made_by_is_known",
            ),
        ]
        indexes = [models.Index(fields=["owner_id", "-created_at"], name="image_of_owner")]

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
