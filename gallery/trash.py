"""Which pictures must stay because of works, and the trash with that in mind; the engine knows no works.

The picture of a work that is not withdrawn does not go into the trash. One that went there before it became a draft
comes out again (works.draft), and the bytes of every work's picture, withdrawn ones included, are never deleted.
"""

import uuid
from collections.abc import Sequence

from gallery.errors import GalleryError
from gallery.models import User, Work
from generation import api as generation


class PictureOfAWork(GalleryError):
    """A work that is not withdrawn rests on one of these pictures. Nothing was moved."""

    code = "picture_of_a_work"
    title = "This picture is a work"
    next_step = "Withdraw the work first, or leave the picture where it is."


def drop(user: User, image_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Into the trash, all of them or none; the ids of those that were not in it."""
    if Work.objects.filter(master__in=image_ids).exclude(status=Work.Status.WITHDRAWN).exists():
        raise PictureOfAWork("A work rests on one of these pictures.")
    return generation.curation.drop(user.pk, image_ids)


def empty() -> int:
    """Delete what has lain in the trash for 30 days and nothing rests on; returns how many pictures that were."""
    return generation.curation.empty(_held)


def _held(image_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    return set(Work.objects.filter(master__in=image_ids).values_list("master", flat=True))
