"""A prompt as its author typed it, and the English that the model was given."""

import uuid

from django.db import models


class Prompt(models.Model):
    """What was asked for. Never edited: another wording is another row.

    `text` is the original, `text_en` what the model reads; they are equal when no translation was needed, and
    then `translator` is empty. `translated` is what the translator said; `text_en` may differ from it by a hand's
    correction (then `notices` holds "corrected") and by what the style `presets` add. `unknown_words` lists what the
    translator could not translate and left out. `template` is the line with wildcards that this prompt is one of.
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
    translated = models.TextField(blank=True)
    negative_text = models.TextField(blank=True)
    negative_text_en = models.TextField(blank=True)
    template = models.TextField(blank=True)
    presets = models.JSONField(default=list)
    notices = models.JSONField(default=list)  # for people: "corrected", "weights_stripped", "words_left_out"
    wish_sha256 = models.CharField(max_length=64, blank=True)  # of all that was asked under this request id
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "request_id"], name="prompt_once_per_request"),
        ]

    def __str__(self) -> str:
        return self.text[:60]
