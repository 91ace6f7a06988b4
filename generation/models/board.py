"""Boards: collections of pictures that an artist makes, names and fills."""

import uuid

from django.db import models

from generation.models.image import Image


class Board(models.Model):
    """A named collection of its owner's pictures; a picture may be on many."""

    TITLE_MAX = 80

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner_id = models.UUIDField()
    title = models.CharField(max_length=TITLE_MAX)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner_id", "title"], name="board_one_per_title")]
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class Placement(models.Model):
    """A picture on a board. `created_at` is the picture's, so that an index serves the board in their order."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="placements")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="placements")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["board", "image"], name="placement_once")]
        indexes = [models.Index(fields=["board", "-created_at", "-image"], name="placement_newest")]

    def __str__(self) -> str:
        return f"{self.image_id} on {self.board_id}"
