"""A picture as it was signed: its bytes with a manifest of content credentials inside."""

import uuid

from django.db import models

from generation.models.image import Image


class Credential(models.Model):
    """Written once, never changed: signing again would give other bytes, hence another address.

    `claim_sha256` is the digest of what was claimed, so the same claim finds what was signed before. `sha256` names
    the signed bytes in the picture store; the manifest lies beside them as a file of its own, under the row's id.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="credentials")
    claim_sha256 = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    mime = models.CharField(max_length=32)
    size_bytes = models.PositiveBigIntegerField()
    source_type = models.CharField(max_length=120)
    signer_name = models.CharField(max_length=120)
    certificate_sha256 = models.CharField(max_length=64)
    is_trial = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "claim_sha256"], name="credential_once_per_claim"),
        ]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} signed by {self.signer_name}"
