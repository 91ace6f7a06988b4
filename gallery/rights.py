"""Who may do what: the one place that answers it.

A view asks `may(user, action, thing)` and answers 404 on False, so that nobody learns of another person's drafts.
Refuses by default: an action that is not written here is not allowed to anyone, operators included; operators have
the admin for what they look after.
"""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.utils import timezone

from gallery import works
from gallery.models import Exhibition, Share, User, Work
from generation.models import Image, Job
from minting import api as minting
from minting import units

Someone = User | AnonymousUser


def may(user: Someone, action: str, thing: Any = None) -> bool:
    """Whether `user` may do `action` ("read", "paint", "edit", "buy", "accept", "visit", "take_home", "operate",
    "sell_on_site", and "hasten", "cancel", "again" for what is on its way to the chain) with `thing`.

    Asks the database only for a picture that is not the user's own, for the owner of a token and of a mint.
    """
    if not isinstance(user, AnonymousUser) and not user.is_active:
        return False
    if action == "paint" and thing is None:
        return not isinstance(user, AnonymousUser) and user.is_artist
    if action == "operate" and thing is None:
        return not isinstance(user, AnonymousUser) and user.is_staff
    if isinstance(thing, minting.Passage):
        return _with_passage(user, action, thing)
    if action == "sell_on_site":  # and all that follows from it: code, label, payments of the donation
        return not isinstance(user, AnonymousUser) and user.is_staff
    if isinstance(thing, Work):
        return _with_work(user, action, thing)
    if isinstance(thing, Image):
        return _with_image(user, action, thing)
    if isinstance(thing, Job):
        return action in {"read", "cancel", "retry"} and thing.owner_id == user.pk
    if isinstance(thing, Share):
        return action == "accept" and thing.user_id is not None and thing.user_id == user.pk
    if isinstance(thing, Exhibition):
        return action == "visit" and (thing.opens_at <= timezone.now() or _hangs(user, thing))
    return False


def require(user: Someone, action: str, thing: Any = None) -> None:
    """Http404 unless `may`."""
    if not may(user, action, thing):
        raise Http404


def _with_work(user: Someone, action: str, work: Work) -> bool:
    own = work.artist_id == user.pk
    if action == "read":
        if work.status == Work.Status.PUBLISHED or own:
            return True
        if isinstance(user, AnonymousUser):
            return False
        if work.status == Work.Status.SUBMITTED and (user.is_curator or user.is_staff):
            return True
        return any(share.user_id == user.pk for share in work.shares.all())
    if action == "take_home":
        return _takes_home(user, work)
    if action == "buy":
        return work.status == Work.Status.PUBLISHED
    return action == "edit" and own and not isinstance(user, AnonymousUser) and user.is_artist


def _with_passage(user: Someone, action: str, passage: minting.Passage) -> bool:
    """What costs gas is the operators' to decide; an artist takes back their own mint while nothing is signed."""
    if isinstance(user, AnonymousUser) or action not in {"read", "hasten", "cancel", "again"}:
        return False
    if user.is_staff:
        return True
    if action not in {"read", "cancel"} or passage.purpose != "mint":
        return False
    (token_id,) = passage.token_ids
    mine = Work.objects.filter(number=units.number_of(token_id), artist_id=user.pk)
    return mine.exists() and (action == "read" or passage.status == minting.Transaction.Status.WANTED)


def _takes_home(user: Someone, work: Work) -> bool:
    """Everyone, where the licence lets a published work be passed on; else who made it and who owns its token."""
    if work.status not in (Work.Status.PUBLISHED, Work.Status.SUBMITTED):
        return False
    if work.status == Work.Status.PUBLISHED and work.licence in Work.OPEN_LICENCES:
        return True
    if isinstance(user, AnonymousUser):
        return False
    if work.artist_id == user.pk or any(share.user_id == user.pk for share in work.shares.all()):
        return True
    token = minting.token(works.token_id(work))
    return token is not None and user.wallets.filter(address=token.owner).exists()


def _with_image(user: Someone, action: str, image: Image) -> bool:
    if image.owner_id == user.pk:
        return action in {"read", "curate"} or (
            image.emptied_at is None and action in {"download", "retouch", "publish"}
        )
    if action != "read":
        return False
    work = Work.objects.filter(master=image).prefetch_related("shares").first()
    return work is not None and _with_work(user, "read", work)


def _hangs(user: Someone, exhibition: Exhibition) -> bool:
    return not isinstance(user, AnonymousUser) and (exhibition.curator_id == user.pk or user.is_staff)
