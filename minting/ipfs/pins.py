"""Pins: which bytes shall be kept where, and the work of getting and keeping them there.

    wanted -> uploaded -> pinned      wanted and due: put, read back in whole, compare
      ^          |          |
      |          v          v         every day: some blocks, chosen by chance, read back and compared;
      +---------lost <------+         every month all of them. What a place no longer has is put there again

One function per edge, each one conditional UPDATE that must hit one row. Input and output happen between two edges,
never inside a transaction. A worker takes a row by moving `due_at` ahead by a lease that is longer than the work may
take; if it dies, the row falls due again and the next worker repeats the step, which is harmless. A failure is
written into the row and tried again, later and later, for as long as the row exists: whoever needs the pin waits.
"""

import contextlib
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from minting.errors import BlockMissing, CorruptBlock, MintingError, StaleTransition, WrongCid
from minting.ipfs import outside, proof, visits
from minting.ipfs import places as known_places
from minting.ipfs import store as stores
from minting.models.pin import Pin

CHECK_HOURS: Final = 24
WHOLE_DAYS: Final = 30
BACKOFF_SECONDS: Final = 2
BACKOFF_SECONDS_MAX: Final = 900
NUDGE_SECONDS: Final = 30
FOLDER_MIME: Final = "inode/directory"

_S = Pin.Status
log = logging.getLogger(__name__)


def places() -> list[str]:
    """The places that every pin shall be at: "store", and "kubo" where IPFS_API names a node."""
    return known_places.names()


def keep(data: bytes | Path, name: str, mime: str) -> str:
    """Keep these bytes, or the file at this path; its CID.

    The blocks are on this machine before the rows are written, so that a worker needs nothing but a row. The rows are
    written in the caller's transaction, if there is one. Harmless when repeated: the first name and mime stay.
    """
    store = stores.here()
    cid = store.put_bytes(data) if isinstance(data, bytes) else store.put_file(data)
    _wish(cid, store.size(cid), name, mime)
    return cid


def keep_folder(entries: Mapping[str, str], name: str) -> str:
    """Keep a folder of what is in the store: CIDs by path; its CID. As `keep` otherwise."""
    return keep_tree(stores.here().put_folder(entries), name)


def keep_tree(cid: str, name: str) -> str:
    """Keep a tree whose blocks are in the store, such as one that came as an archive; BlockMissing unless all are."""
    store = stores.here()
    if store.missing(cid, hash_leaves=False):
        raise BlockMissing(f"Parts of {cid} are not in the content store.")
    is_folder = store.is_folder(cid)
    size = store.tree_bytes(cid) if is_folder else store.size(cid)
    _wish(cid, size, name, FOLDER_MIME if is_folder else "")
    return cid


def _wish(cid: str, size_bytes: int, name: str, mime: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        Pin.objects.bulk_create(
            [
                Pin(cid=cid, place=place, size_bytes=size_bytes, mime=mime[:64], name=name[:200], due_at=now)
                for place in places()
            ],
            ignore_conflicts=True,
        )


def mime_of(cid: str) -> str:
    """What kind of file it was kept as; empty when nobody said."""
    return of(cid).values_list("mime", flat=True).first() or ""


def roots() -> Iterator[str]:
    """Every CID that shall be kept, wherever."""
    yield from Pin.objects.order_by("cid").values_list("cid", flat=True).distinct().iterator()


def release(cids_of_all: Sequence[str]) -> int:
    """No longer ask that these be kept: what nothing else refers to is collected here a day later.

    Other places are not told; whoever runs them may remove what they hold.
    """
    return Pin.objects.filter(cid__in=cids_of_all).delete()[0]


def look_now(cid: str) -> None:
    """Let the pin worker look at once whether the store still has it, rather than at the next check."""
    Pin.objects.filter(cid=cid, place=known_places.STORE, due_at__gt=timezone.now()).update(due_at=timezone.now())


def of(cid: str) -> QuerySet[Pin]:
    """The rows of one CID."""
    return Pin.objects.filter(cid=cid).order_by("place")


def is_kept(cid: str) -> bool:
    """Whether as many places as are needed have proven that they hold the bytes."""
    return of(cid).filter(place__in=places(), status=_S.PINNED).count() >= known_places.needed()


def due(limit: int = 100) -> list[int]:
    """Ids of rows that want work now: to be put somewhere, or to be checked again. Longest overdue first.

    A row of which a worker was told since it fell due is left out for half a minute.
    """
    now = timezone.now()
    unheard = (
        Q(nudged_at=None) | Q(nudged_at__lt=F("due_at")) | Q(nudged_at__lt=now - timedelta(seconds=NUDGE_SECONDS))
    )
    rows = Pin.objects.filter(unheard, place__in=places(), due_at__lte=now).order_by("due_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def spread(limit: int = 1000) -> int:
    """Write the rows that are missing because a place was set up after the bytes were kept; how many."""
    written = 0
    for place in places():
        here = Pin.objects.filter(place=place).values("cid")
        lacking = Pin.objects.exclude(cid__in=here).order_by("cid", "pk").distinct("cid")[:limit]
        now = timezone.now()
        rows = [
            Pin(cid=pin.cid, place=place, size_bytes=pin.size_bytes, mime=pin.mime, name=pin.name, due_at=now)
            for pin in lacking
        ]
        Pin.objects.bulk_create(rows, ignore_conflicts=True)
        written += len(rows)
    return written


def work(pin_id: int) -> None:
    """Do what the row is due for. A row that is not due, or that another worker has, is left alone without a word.

    May run twice, and at the same time. Talks to the network. Raises nothing that a place did wrong: that is written
    into the row, and into the one of the place.
    """
    pin = Pin.objects.filter(pk=pin_id, place__in=places(), due_at__lte=timezone.now()).first()
    if pin and _has_its_turn(pin):
        _attend(pin)


def check(pin: Pin) -> None:
    """Look now, at all of it, whether the place still has it, and put it back if not. For operators."""
    pin.verified_at = None
    _attend(pin)


def _has_its_turn(pin: Pin) -> bool:
    """Waits for a turn that is near; gives the row back until then when it is not."""
    if pin.place == known_places.STORE:
        return True
    wait = (visits.turn(pin.place) - timezone.now()).total_seconds()
    if wait > visits.BACKOFF_SECONDS:
        _update(pin, [_S(pin.status)], due_at=timezone.now() + timedelta(seconds=wait))
        return False
    time.sleep(max(0.0, wait))
    return True


def _attend(pin: Pin) -> None:
    remote = pin.place != known_places.STORE
    try:
        _take(pin)
        _go_through(pin, known_places.named(pin.place, stores.here()))
        if remote:
            visits.answered(pin.place)
    except StaleTransition:
        return  # another worker was faster; what it does is what we would have done
    except MintingError as error:
        if remote:
            visits.failed(pin.place, error)
        _note_failure(pin, error.code, f"{error} {error.next_step}")
    except OSError as error:
        _note_failure(pin, "disk", f"The content store cannot be read or written: {error}")


def _go_through(pin: Pin, place: known_places.Place) -> None:
    """From wherever the row is to pinned. Each step of input and output is followed by its edge."""
    if pin.status == _S.PINNED:
        whole = pin.verified_at is None or pin.verified_at < timezone.now() - timedelta(days=WHOLE_DAYS)
        if _has(pin, place, whole):
            seen_again(pin, whole)
            return
        log.error("%s no longer has %s (%s): it is put back", pin.place, pin.cid, pin.name)
        lose(pin)
    if pin.status == _S.LOST:
        want_again(pin)
    if pin.status == _S.WANTED:
        place.put(pin.cid, pin.size_bytes)
        mark_uploaded(pin)
    if not _has(pin, place, whole=True):
        lose(pin)
        want_again(pin)
        raise WrongCid(f"{pin.place} took {pin.cid} and does not give these bytes back.")
    mark_pinned(pin)


def _has(pin: Pin, place: known_places.Place, whole: bool) -> bool:
    if not place.claims(pin.cid):
        return False
    if not whole:
        with contextlib.suppress(BlockMissing, CorruptBlock):  # of our own store, which a row of its own looks after
            return proof.sample(place, stores.here(), pin.cid, pin.size_bytes)
    return proof.whole(place, pin.cid, pin.size_bytes)


# --- Edges. Each commits for itself and brings `pin` up to date. ---


def mark_uploaded(pin: Pin) -> None:
    """wanted -> uploaded: the place has said that it has the bytes, under our CID."""
    _edge(pin, [_S.WANTED], status=_S.UPLOADED, due_at=_lease_end(pin))


def mark_pinned(pin: Pin) -> None:
    """uploaded -> pinned: the bytes were read back and hash to the CID."""
    _edge(pin, [_S.UPLOADED], status=_S.PINNED, **_well())


def seen_again(pin: Pin, whole: bool) -> None:
    """pinned -> pinned: the check found all of it, or the sample."""
    well = _well()
    if not whole:
        well["sampled_at"] = well.pop("verified_at")
    _edge(pin, [_S.PINNED], **well)


def lose(pin: Pin) -> None:
    """pinned, or only uploaded, -> lost: the place answers, and does not have the bytes."""
    unproven = {"verified_at": None, "sampled_at": None, "mended_at": timezone.now()}
    _edge(pin, [_S.PINNED, _S.UPLOADED], status=_S.LOST, due_at=_lease_end(pin), **unproven)


def want_again(pin: Pin) -> None:
    """lost -> wanted."""
    _edge(pin, [_S.LOST], status=_S.WANTED, due_at=_lease_end(pin))


def _take(pin: Pin) -> None:
    """Whoever moves `due_at` from where it was has the row until then; the status stays."""
    _edge(pin, [_S(pin.status)], due_at=_lease_end(pin))


def _edge(pin: Pin, old: list[Pin.Status], **new: Any) -> None:
    if not _update(pin, old, **new):
        raise StaleTransition(f"The pin of {pin.cid} at {pin.place} was no longer {' or '.join(old)} and ours.")


def _update(pin: Pin, old: list[Pin.Status], **new: Any) -> bool:
    with transaction.atomic(durable=True):  # an outer transaction would be held open by the network
        hit = Pin.objects.filter(pk=pin.pk, status__in=old, due_at=pin.due_at).update(**new)
    if hit:
        for name, value in new.items():
            setattr(pin, name, value)
    return bool(hit)


def _well() -> dict[str, Any]:
    now = timezone.now()
    return {
        "verified_at": now, "due_at": now + timedelta(hours=CHECK_HOURS),
        "attempts": 0, "error_code": "", "error_text": "",
    }  # fmt: skip


def _note_failure(pin: Pin, code: str, text: str) -> None:
    """Same status, a later `due_at`. A pinned row stays pinned: not to know is not to have lost."""
    seconds = min(BACKOFF_SECONDS * 2 ** min(pin.attempts, 20), BACKOFF_SECONDS_MAX)
    _update(
        pin, [_S(pin.status)], attempts=pin.attempts + 1, error_code=code, error_text=text.strip(),
        due_at=timezone.now() + timedelta(seconds=seconds),
    )  # fmt: skip


def _lease_end(pin: Pin) -> datetime:
    """Longer than one putting, or one reading back, may take; each edge begins a new lease."""
    return timezone.now() + timedelta(seconds=2 * outside.seconds_for(pin.size_bytes))
