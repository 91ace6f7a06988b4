"""Which work of this site a picture from anywhere is: by its bytes, or by its invisible mark and its looks."""

from dataclasses import dataclass

from django.db.models import Q

from gallery.models import Work
from generation import api as generation


@dataclass(frozen=True)
class Recognised:
    """`how` is "bytes" (the very file, or one it was made from) or "mark" (the mark, and it looks the same)."""

    work: Work
    how: str


def recognise(found: "generation.Findings", data: bytes) -> Recognised | None:
    """A published work, or None. A mark alone is not enough: other sites number their works as well."""
    works = Work.objects.filter(status=Work.Status.PUBLISHED).select_related("artist", "master", "credential")
    same = works.filter(Q(credential__sha256=found.sha256) | Q(master__sha256=found.sha256)).first()
    if same:
        return Recognised(same, "bytes")
    if found.mark is None:
        return None
    marked = works.filter(number=found.mark, invisible_mark=True).first()
    if marked is None or marked.credential is None or not generation.looks_like(marked.credential, data):
        return None
    return Recognised(marked, "mark")
