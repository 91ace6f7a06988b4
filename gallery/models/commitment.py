"""Words of a prompt that their artist keeps: published is a digest, here are the words' row and the salt."""

from django.db import models

from gallery.models.work import Work
from generation.models import Prompt


class Commitment(models.Model):
    """`digest` is SHA-256 of the 32 bytes of `salt` and the prompt's text in UTF-8; the metadata names it.

    Written once, when the work is submitted. Opening shows salt and words to everybody, and cannot be undone.
    """

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="commitments")
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="+")
    salt = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["work", "prompt"], name="commitment_once_per_prompt")]
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.digest
