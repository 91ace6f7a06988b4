"""A body of works by one artist."""

from django.db import models

from gallery.models.people import User


class Series(models.Model):
    """Works that belong together, with a statement."""

    slug = models.SlugField(unique=True, allow_unicode=True)
    artist = models.ForeignKey(User, on_delete=models.PROTECT, related_name="series")
    title = models.CharField(max_length=120)
    title_ko = models.CharField(max_length=120, blank=True)
    statement = models.TextField(blank=True)
    statement_ko = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return self.title
