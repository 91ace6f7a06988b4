"""A recipe that was run once more, and how its picture compares with the stored one."""

from django.db import models
from django.db.models import Q

from generation.models.image import Image
from generation.models.job import Job


class Repaint(models.Model):
    """Written once, in the commit that ends its job; the picture itself is not kept.

    `reasons` are what differs between then and now: [{"what": "torch", "then": "2.12.0", "now": "2.13.0"}, ...].
    """

    class Verdict(models.TextChoices):
        IDENTICAL = "identical"
        ALIKE = "alike"
        DIFFERENT = "different"

    job = models.OneToOneField(Job, primary_key=True, on_delete=models.CASCADE, related_name="repaint")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="repaints")
    verdict = models.CharField(max_length=16, choices=Verdict)
    same_bytes = models.BooleanField()
    ssim = models.FloatField()
    psnr_db = models.FloatField(null=True)
    largest_difference = models.PositiveSmallIntegerField()
    share_differing = models.FloatField()
    reasons = models.JSONField(default=list)
    made_with = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["identical", "alike", "different"]), name="repaint_verdict_is_known"
            )
        ]
        indexes = [models.Index(fields=["image", "-created_at"], name="repaint_of_image")]

    def __str__(self) -> str:
        return f"{self.verdict} {self.ssim:.4f}"
