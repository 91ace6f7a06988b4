"""A prompt as its author typed it, and the English that the model was given."""

import uuid

from django.db import models


class Prompt(models.Model):
    """What was asked for. Never edited: another wording is another row.

    `text` is the original, `text_en` what the model reads; they are equal when no translation was needed, and
    then `translator` is empty. `unknown_words` lists what the translator could not translate and left out.
    """

    MAX_CHARACTERS = 2000

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner_id = models.UUIDField()
    request_id = models.CharField(max_length=255)
    text = models.TextField()
    language = models.CharField(max_length=2)
    text_en = models.TextField()
    translator = models.CharField(max_length=80, blank=True)
    unknown_words = models.JSONField(default=list)
    negative_text = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "request_id"], name="prompt_once_per_request"),
        ]

    def __str__(self) -> str:
        return self.text[:60]
