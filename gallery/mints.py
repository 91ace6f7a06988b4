"""The site's own transactions as pages and programs read them, and the three things that may be done to one.

The engine knows how a transaction stands (minting.api.Passage); here it gets its work, its steps, its words and its
JSON. Why something cannot be done is always said.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from gallery import catalogue, chain_words, rights, works
from gallery.errors import NotReady
from gallery.models import User, Work
from minting import api as minting
from minting import units

Verb = Literal["hasten", "cancel", "again"]
VERBS: dict[str, Callable[[minting.Transaction], minting.Transaction]] = {
    "hasten": minting.speed_up, "cancel": minting.cancel, "again": minting.wish_again,
}  # fmt: skip
STEPS = ("wanted", "signed", "broadcast", "mined", "final")


@dataclass(frozen=True)
class Step:
    """One of the five steps: `at` when it was reached; `is_here` where the passage stands now."""

    name: str
    at: datetime | None
    is_here: bool


@dataclass(frozen=True)
class Shown:
    """A passage beside the work that it mints, with what this person may do to it."""

    passage: minting.Passage
    work: Work | None
    verbs: tuple[str, ...]
    confirmations_needed: int

    @property
    def steps(self) -> list[Step]:
        """Where a passage that ended otherwise left the way, the steps it had come to stay."""
        row, status = self.passage.carrier, self.passage.status
        final_at = row.final_at if status == "final" else None
        at = (self.passage.row.created_at, row.signed_at, row.broadcast_at, row.mined_at, final_at)
        return [Step(name, when, name == status) for name, when in zip(STEPS, at, strict=True)]

    @property
    def is_to_be_cancelled(self) -> bool:
        return self.passage.is_open and self.passage.carrier.cancel_asked_at is not None

    @property
    def is_hastened(self) -> bool:
        return self.passage.may_be_hastened and self.passage.carrier.hurry_asked_at is not None


def of_work(work: Work, user: rights.Someone) -> list[Shown]:
    """The admission of the artist's wallet until it is final, then the mint, if this site mints it."""
    admission = minting.admission_of(work.artist_address)
    found = [admission] if admission is not None and admission.status != "final" else []
    mint = minting.mint_of(works.token_id(work))
    return [_shown(one, work, user) for one in (*found, mint) if one is not None]


def under_way(user: User) -> list[Shown]:
    """Every open transaction of the site and those that ended badly of late, each with its work."""
    found = minting.passages_under_way()
    ids = [token_id for one in found for token_id in one.token_ids[:1]]
    chosen = Q(number__in=[units.number_of(token_id) for token_id in ids])
    of = {works.token_id(work): work for work in Work.objects.filter(chosen)} if ids else {}
    return [_shown(one, of.get(next(iter(one.token_ids), -1)), user) for one in found]


def _shown(passage: minting.Passage, work: Work | None, user: rights.Someone) -> Shown:
    verbs = tuple(verb for verb in VERBS if _is_open_to(passage, verb) and rights.may(user, verb, passage))
    return Shown(passage, work, verbs, settings.CHAIN_CONFIRMATIONS)


def _is_open_to(passage: minting.Passage, verb: str) -> bool:
    return {
        "hasten": passage.may_be_hastened and passage.carrier.hurry_asked_at is None,
        "cancel": passage.may_be_cancelled and passage.carrier.cancel_asked_at is None,
        "again": passage.may_be_wished_again,
    }[verb]


def act(user: User, verb: str, passage: minting.Passage) -> None:
    """Take one of VERBS; NotReady says why not. The caller has asked rights whether the person may see it."""
    if not rights.may(user, verb, passage):
        raise NotReady(str(chain_words.TOO_LATE["costs_gas" if passage.is_open else passage.status]), next_step="")
    try:
        with transaction.atomic():
            if verb == "again":
                works.hold_for_mint(units.number_of(token_id) for token_id in passage.token_ids)
            VERBS[verb](passage.row)
    except minting.StaleTransition as error:
        now = minting.passage(passage.row.pk) or passage
        why = "together" if now.row.batch_id and now.is_open and verb == "cancel" else now.status
        raise NotReady(str(chain_words.TOO_LATE.get(why, chain_words.TOO_LATE["moved_on"])), next_step="") from error


def document(shown: Iterable[Shown]) -> dict[str, Any]:
    """What programs read. Wei and token ids as decimal strings, for JSON numbers end at 2^53 for many readers."""
    chain = catalogue.chain()
    return {
        "chain_id": settings.CHAIN_ID,
        "head": catalogue.head(),
        "confirmations_needed": settings.CHAIN_CONFIRMATIONS,
        "transactions": [_entry(one, chain.explorer if chain else "") for one in shown],
    }


def _entry(shown: Shown, explorer: str) -> dict[str, Any]:
    passage, row = shown.passage, shown.passage.carrier
    code, text = passage.reason
    return {
        "id": passage.row.pk,
        "purpose": passage.purpose,
        "work": f"{settings.SITE_URL}/works/{shown.work.id}/" if shown.work else None,
        "token_ids": [str(token_id) for token_id in passage.token_ids],
        "status": passage.status,
        "in_a_batch_of": passage.travellers if passage.travellers > 1 else None,
        "hash": row.hash or None,
        "explorer": f"{explorer}/tx/{row.hash}" if explorer and row.hash else None,
        "earlier_hashes": list(passage.earlier),
        "sender": row.sender or None,
        "nonce": row.nonce,
        "fee_offered_at_most_wei": _digits(passage.fee_offered_wei),
        "fee_paid_wei": _digits(passage.fee_paid_wei),
        "block_number": row.block_number,
        "confirmations": passage.confirmations,
        "waited_seconds": int(passage.waited.total_seconds()),
        "is_hastened": shown.is_hastened,
        "is_to_be_cancelled": shown.is_to_be_cancelled,
        "reason": {"code": code, "detail": text} if code else None,
        **{f"{step.name}_at": step.at.isoformat() if step.at else None for step in shown.steps},
        "allowed": list(shown.verbs),
    }


def _digits(wei: int | None) -> str | None:
    return None if wei is None else str(wei)
