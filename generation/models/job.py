"""One picture to make: painted from a prompt, or composed from pictures that exist."""

import uuid

from django.db import models
from django.db.models import Q

from generation.models.prompt import Prompt


class Job(models.Model):
    """A row that a worker claims by one conditional UPDATE; generation/jobs.py holds every edge.

    `lease_until` is when the claim lapses unless the worker beats; a lapsed running job is queued again, and after
    three attempts it fails for good. `request_id` makes a repeated wish the same row.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Operation(models.TextChoices):
        PAINT = "paint"
        COMPOSE = "compose"
        REWORK = "rework"  # of a picture; recipe["operation"] says how
        REPAINT = "repaint"  # a picture's recipe once more, to compare; gives no picture

    OPEN = (Status.QUEUED, Status.RUNNING)
    URGENT = 10

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner_id = models.UUIDField()
    request_id = models.CharField(max_length=255)
    operation = models.CharField(max_length=16, choices=Operation)
    prompt = models.ForeignKey(Prompt, null=True, on_delete=models.PROTECT, related_name="jobs")
    recipe = models.JSONField()
    recipe_sha256 = models.CharField(max_length=64)
    inputs = models.JSONField(default=list)  # ids of the pictures it is made from, in order
    pool = models.CharField(max_length=40, default="gpu")  # the Celery queue whose workers can make it
    priority = models.SmallIntegerField(default=0)  # within its owner's jobs; from URGENT on before everybody's
    cost = models.PositiveIntegerField(default=1)  # millions of pixels times steps, as fairness counts them
    batch_key = models.CharField(max_length=64, blank=True)  # equal where jobs may be painted in one forward pass
    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    nudged_at = models.DateTimeField(null=True)
    step = models.PositiveIntegerField(default=0)
    steps_total = models.PositiveIntegerField(default=0)
    preview_step = models.PositiveIntegerField(default=0)  # the step that the latest small preview shows; 0 for none
    error_code = models.CharField(max_length=40, blank=True)
    error_text = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "request_id"], name="job_once_per_request"),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running", "succeeded", "failed", "cancelled"]),
                name="job_status_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_until__isnull=False), name="job_running_has_lease"
            ),
        ]
        indexes = [
            models.Index(
                fields=["status", "created_at"],
                condition=Q(status__in=["queued", "running"]),
                name="job_open",
            ),
            models.Index(fields=["owner_id", "-created_at"], name="job_of_owner"),
            models.Index(
                fields=["pool", "owner_id", "-priority", "created_at"],
                condition=Q(status="queued"),
                name="job_queued",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.id} {self.status}"
