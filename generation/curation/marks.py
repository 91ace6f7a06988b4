"""The owner's own marks on pictures, and the check that pictures are the owner's, which every change here makes."""

import uuid
from collections.abc import Sequence

from django.db.models import QuerySet

from generation.errors import InputRefused, NoSuchPicture
from generation.models import STARS_MAX, Image

AT_ONCE = 500


def own(owner_id: uuid.UUID, image_ids: Sequence[uuid.UUID]) -> QuerySet[Image]:
    """These pictures, every one of them this owner's; NoSuchPicture if any is not, InputRefused for too many."""
    wanted = set(image_ids)
    if len(wanted) > AT_ONCE:
        raise InputRefused("too_many_picked", f"At most {AT_ONCE} pictures are changed at once.", "Pick fewer.")
    rows = Image.objects.filter(owner_id=owner_id, pk__in=wanted, emptied_at__isnull=True)
    if rows.count() != len(wanted):
        raise NoSuchPicture("One of these pictures is not in your studio.")
    return rows


def star(owner_id: uuid.UUID, image_ids: Sequence[uuid.UUID], stars: int) -> None:
    """Give each of these pictures so many stars, 0 to 5; harmless when repeated."""
    if not 0 <= stars <= STARS_MAX:
        raise InputRefused("stars", f"A picture has 0 to {STARS_MAX} stars.")
    own(owner_id, image_ids).update(stars=stars)
