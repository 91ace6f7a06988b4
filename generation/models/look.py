"""What a picture looks like, computed once from its bytes: its colours, and a vector for likeness.

Vectors are those of the PostgreSQL extension pgvector, in half precision (https://github.com/pgvector/pgvector).
"""

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.indexes import PostgresIndex
from django.db import models

from generation.models.image import Image

LIKENESS_NUMBERS = 118


class HalfVectorField(models.Field):  # type: ignore[type-arg]
    """A vector of 16-bit floats; in Python a list."""

    def __init__(self, *args: Any, numbers: int, **more: Any) -> None:
        self.numbers = numbers
        super().__init__(*args, **more)

    def deconstruct(self) -> Any:
        name, path, args, more = super().deconstruct()
        return name, path, args, more | {"numbers": self.numbers}

    def db_type(self, connection: Any) -> str:
        return f"halfvec({self.numbers})"

    def get_prep_value(self, value: Sequence[float] | None) -> str | None:
        return None if value is None else "[" + ",".join(f"{number:.6g}" for number in value) + "]"

    def from_db_value(self, value: str | None, *_: Any) -> list[float] | None:
        return None if value is None else [float(number) for number in value[1:-1].split(",")]


class HnswIndex(PostgresIndex):
    """pgvector's graph of neighbours (Malkov & Yashunin 2016, arXiv:1603.09320)."""

    suffix = "hnsw"


class Look(models.Model):
    """One a picture, there once generation/curation/looks.py has looked at it; empty where its file was gone.

    `palette` has its main colours as "#rrggbb", the largest first. `twin_of` is the first picture of its owner's that
    looks the same, for all but the first of such a group.
    """

    image = models.OneToOneField(Image, primary_key=True, on_delete=models.CASCADE, related_name="look")
    owner_id = models.UUIDField()
    palette = models.JSONField(default=list)
    likeness = HalfVectorField(null=True, numbers=LIKENESS_NUMBERS)
    twin_of = models.ForeignKey(Image, null=True, on_delete=models.CASCADE, related_name="twins")

    class Meta:
        indexes = [
            HnswIndex(fields=["likeness"], opclasses=["halfvec_l2_ops"], name="look_likeness"),
            models.Index(
                fields=["owner_id", "twin_of"], condition=models.Q(twin_of__isnull=False), name="look_twins"
            ),
        ]

    def __str__(self) -> str:
        return " ".join(self.palette)


class Tint(models.Model):
    """How much of a picture has one of the eleven basic colours, in per cent; rows for those that count."""

    COLOURS = (
        "black", "grey", "white", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown",
    )  # fmt: skip

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="tints")
    owner_id = models.UUIDField()
    colour = models.CharField(max_length=8)
    share = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image", "colour"], name="tint_once")]
        indexes = [models.Index(fields=["owner_id", "colour", "-share", "-image"], name="tint_most")]

    def __str__(self) -> str:
        return f"{self.share} % {self.colour}"
