"""An exhibition: works hung in order, with an essay, wall texts and times."""

from django.db import models

from gallery.models.people import User
from gallery.models.work import Work


class Exhibition(models.Model):
    """Open to visitors from `opens_at`; sale may open later, at `sale_opens_at`."""

    slug = models.SlugField(unique=True, allow_unicode=True)
    curator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="exhibitions")
    title = models.CharField(max_length=160)
    title_ko = models.CharField(max_length=160, blank=True)
    essay = models.TextField(blank=True)
    essay_ko = models.TextField(blank=True)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField(null=True, blank=True)
    sale_opens_at = models.DateTimeField()
    works = models.ManyToManyField(Work, through="Hanging", related_name="exhibitions")

    class Meta:
        ordering = ["-opens_at"]

    def __str__(self) -> str:
        return self.title


class Hanging(models.Model):
    """A work's place in an exhibition, with its wall text."""

    exhibition = models.ForeignKey(Exhibition, on_delete=models.CASCADE, related_name="hangings")
    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="hangings")
    position = models.PositiveSmallIntegerField()
    wall_text = models.TextField(blank=True)
    wall_text_ko = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["exhibition", "work"], name="hanging_once_per_work"),
            models.UniqueConstraint(fields=["exhibition", "position"], name="hanging_one_per_position"),
        ]
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.position}. {self.work}"
