"""What this site holds of a person, given out in full, and taken away.

    held      everything, as plain values
    stream    the same as a ZIP with all of their pictures
    outlook   what would go and what would stay
    forget    takes it away: the account, wallets, prompts, jobs, drafts, pictures

What was minted stays, with the pictures and words that led to it, and so does a signed offer that somebody could
still redeem: they are other people's property and evidence. The person is replaced by a neutral name. Copies on IPFS
and on the chain are out of anybody's reach, and the page says so beforehand.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery import prompts, works
from gallery.errors import NotReady
from gallery.keepsakes import zipped
from gallery.keepsakes.zipped import Entry
from gallery.models import Hanging, Series, Share, SignInMessage, User, Work
from generation import api as generation
from generation.models import Image
from minting import api as minting

NAME, NAME_KO = "Name withdrawn", "이름을 거둔 사람"
TABLES = {
    "person": _("Account"), "wallet": _("Wallets"), "work": _("Works"), "share": _("Shares"), "series": _("Series"),
    "share of own works": _("Shares in your works"), "exhibition": _("Exhibitions"), "prompt": _("Prompts"),
    "job": _("Jobs"), "image": _("Pictures"), "turn": _("Place in the queue"),
    "sign-in message": _("Messages that your wallet signed"), "charityaddress": _("Decisions on charities"),
}  # fmt: skip
_PIECE_BYTES = 1024**2
_SECRETS = {"password"}


@dataclass(frozen=True)
class Outlook:
    """Numbers for the page. `offers` are signed and not sold: cancel them on the chain to make them worthless."""

    pictures_going: int
    pictures_staying: int
    works_going: int
    works_staying: int
    offers: int
    wallets: int


def held(user: User) -> dict[str, Any]:
    """Everything by table, as plain values; what only proves the person to us (the password's hash) is left out."""
    of: dict[str, Any] = {"person": [_plain(User, user)], **generation.held(user.pk)}
    for relation in _relations():
        rows = relation.related_model._default_manager.filter(**{relation.field.name: user})
        of.setdefault(f"{relation.related_model._meta.model_name}", []).extend(rows.values())
    of["share of own works"] = list(Share.objects.filter(work__artist=user).values())
    addresses = list(user.wallets.values_list("address", flat=True))
    of["sign-in message"] = list(SignInMessage.objects.filter(address__in=addresses).values())
    return {name: rows for name, rows in of.items() if rows}


def named(table: str) -> str:
    """A table in words for people."""
    return str(TABLES.get(table, table))


def stream(user: User) -> Iterator[bytes]:
    """A ZIP: data.json, and every picture in full."""
    data = json.dumps(held(user), cls=_Values, ensure_ascii=False, indent=1).encode()
    return zipped.stream(
        "ninefold-personal-data", _pictures(user), lambda _: Entry("data.json", partial(iter, [data]))
    )


def _pictures(user: User) -> Iterator[Entry]:
    for image in generation.pictures_of(user.pk):
        if generation.picture_path(image).is_file():
            yield Entry(f"pictures/{image.pk}.{image.mime.removeprefix('image/')}", partial(_bytes, image))


def _bytes(image: Image) -> Iterator[bytes]:
    with generation.picture_path(image).open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def outlook(user: User) -> Outlook:
    """What `forget` would do now."""
    going, staying = _sorted(user)
    pictures = generation.would_forget(user.pk, [work.master for work in staying])
    offers = sum(1 for w in staying if w.onsite_sale_id is None and minting.token(works.token_id(w)) is None)
    return Outlook(*pictures, len(going), len(staying), offers, user.wallets.count())


def forget(user: User) -> None:
    """Take a person away, in one transaction; NotReady while a mint of theirs is on its way. May be repeated."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if (
            user.is_superuser
            and not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk).exists()
        ):
            raise NotReady("This is the only operator's account.", next_step="Name another operator first.")
        going, staying = _sorted(user)
        _refuse_while_minting([*going, *staying])
        for work in staying:
            is_sold = work.onsite_sale_id is not None or minting.token(works.token_id(work)) is not None
            if not is_sold and work.status != Work.Status.WITHDRAWN:
                works.withdraw(work)
        _delete(going)
        _leave_drafts_of_others(user)
        Series.objects.filter(artist=user, works__isnull=True).delete()
        sealed = prompts.seal_for_good(staying)
        generation.forget(user.pk, [work.master for work in staying], without_words=sealed)
        _become_nobody(user)


def _sorted(user: User) -> tuple[list[Work], list[Work]]:
    """(works that can go, works that stay: minted, sold on site, or offered under a signature)."""
    going: list[Work] = []
    staying: list[Work] = []
    for work in Work.objects.filter(artist=user).select_related("master", "voucher", "artist"):
        stays = (
            work.voucher is not None or work.onsite_sales.exists() or minting.token(works.token_id(work)) is not None
        )
        (staying if stays else going).append(work)
    return going, staying


def _refuse_while_minting(all_works: list[Work]) -> None:
    for work in all_works:
        passage = minting.mint_of(works.token_id(work))
        if passage is not None and passage.is_open:
            raise NotReady(
                "One of your works is being minted just now.",
                next_step="Wait until the mint is final, or take it back, and repeat this.",
            )


def _delete(going: list[Work]) -> None:
    released = {cid for work in going for cid in work.cids}
    numbers = [work.pk for work in going]
    for other in Work.objects.exclude(pk__in=numbers).only("image_cid", "metadata_cid", "further_cids").iterator():
        released.difference_update(other.cids)
    Hanging.objects.filter(work__in=numbers).delete()
    Work.objects.filter(pk__in=numbers).delete()
    minting.release(sorted(released))


def _leave_drafts_of_others(user: User) -> None:
    """A draft that waits for this person's yes need not wait any more; the artist has that share again."""
    for share in Share.objects.filter(user=user, work__status=Work.Status.DRAFT).exclude(work__artist=user):
        Share.objects.filter(work=share.work_id, position=0).update(bps=F("bps") + share.bps)
        share.delete()


def _become_nobody(user: User) -> None:
    addresses = list(user.wallets.values_list("address", flat=True))
    SignInMessage.objects.filter(address__in=addresses).delete()
    for relation in _relations():
        if relation.on_delete is models.CASCADE:
            relation.related_model._default_manager.filter(**{relation.field.name: user}).delete()
    user.groups.clear()
    user.user_permissions.clear()
    user.email, user.name, user.name_ko, user.biography, user.biography_ko = None, NAME, NAME_KO, "", ""
    user.is_artist = user.is_curator = user.is_staff = user.is_superuser = user.is_active = False
    user.last_login, user.forgotten_at = None, user.forgotten_at or timezone.now()
    user.set_unusable_password()
    user.save()
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def _relations() -> list[Any]:
    """Every table that names a person, but for the operators' log, which is nobody's to change."""
    every = User._meta.get_fields(include_hidden=True)
    found = [of for of in every if of.auto_created and (of.one_to_many or of.one_to_one)]
    return [of for of in found if of.related_model is not LogEntry]


def _plain(model: type[User], user: User) -> dict[str, Any]:
    row = model._default_manager.filter(pk=user.pk).values().get()
    return {name: value for name, value in row.items() if name not in _SECRETS}


class _Values(DjangoJSONEncoder):
    def default(self, value: Any) -> Any:
        return value.hex() if isinstance(value, bytes | memoryview) else super().default(value)


def find(words: str) -> User | None:
    """A person by e-mail, wallet or id."""
    found = User.objects.filter(email=words.strip().lower()).first()
    if found is None:
        found = User.objects.filter(wallets__address__iexact=words.strip()).first()
    if found is None:
        try:
            found = User.objects.filter(pk=uuid.UUID(words.strip())).first()
        except ValueError:
            return None
    return found
