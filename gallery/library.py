"""What the pages of the studio's library read: a page of pictures, and what is said beside each. Six queries, always.

As catalogue.py: writes nothing and decides no rights; everything here is the reader's own.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gallery.models import User, Work
from generation import api as generation
from generation.models import Board, Image


@dataclass(frozen=True)
class Shelf:
    """A page of pictures with the choices for filtering it; `works` are the pictures that are works."""

    page: generation.curation.Page
    boards: list[Board]
    models: list[str]
    works: set[uuid.UUID]


def shelf(user: User, wanted: generation.curation.Filter, after: str, before: str) -> Shelf:
    """Four queries beside those for the session and its person."""
    page = generation.curation.page(user.pk, wanted, after=after, before=before)
    return Shelf(
        page,
        generation.curation.boards(user.pk),
        generation.curation.models(user.pk),
        works_among(page.images),
    )


def works_among(images: Iterable[Image]) -> set[uuid.UUID]:
    """Which of these pictures are works, in any state."""
    ids = [image.pk for image in images]
    return set(Work.objects.filter(master__in=ids).values_list("master", flat=True)) if ids else set()


def picked(user: User, image_ids: Sequence[uuid.UUID]) -> list[Image]:
    """These pictures in this order; those that are not the reader's own are left out."""
    rows = Image.objects.filter(owner_id=user.pk, pk__in=image_ids, emptied_at__isnull=True)
    found = {image.pk: image for image in rows.select_related("job__prompt").defer("words")}
    return [found[pk] for pk in dict.fromkeys(image_ids) if pk in found]
