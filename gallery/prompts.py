"""The words of a work's prompts, for whoever may read them: open ones as they are, kept ones as their commitment.

An artist who keeps the words publishes SHA-256(salt ‖ words) in the metadata and can open it later: whoever was told
salt and words computes the digest and finds it in the document that the token names. The recipe's own digest is left
out then, since it has no salt and short words could be guessed from it.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from gallery.errors import StaleTransition
from gallery.models import Commitment, Work
from generation import api as generation
from generation.models import Prompt

SALT_BYTES = 32


@dataclass(frozen=True)
class Told:
    """`prompt` is None while the words are kept; `commitment` is None where they never were."""

    prompt: Prompt | None
    commitment: Commitment | None


def told(work: Work, stages: Sequence[Any]) -> list[Told]:
    """What may be read of each prompt on the way to a work, in order; one query where words are kept."""
    prompts = [stage.step.prompt for stage in stages if stage.step.prompt]
    if not work.hides_prompts:
        return [Told(prompt, None) for prompt in prompts]
    kept = {row.prompt_id: row for row in work.commitments.all()}
    return [_told(prompt, kept.get(prompt.pk)) for prompt in prompts]


def _told(prompt: Prompt, commitment: Commitment | None) -> Told:
    return Told(prompt if commitment and commitment.opened_at else None, commitment)


def sealed(work: Work, steps: Sequence["generation.Step"]) -> set[Any]:
    """The prompts of a work whose words nobody else may read."""
    if not work.hides_prompts:
        return set()
    opened_ids = {row.prompt_id for row in work.commitments.all() if row.opened_at}
    return {step.prompt.pk for step in steps if step.prompt} - opened_ids


def commit(work: Work, steps: Sequence["generation.Step"]) -> dict[Any, str]:
    """The digest of each prompt of a work whose words are kept; the same ones when it is submitted again."""
    found = {}
    for prompt in {step.prompt.pk: step.prompt for step in steps if step.prompt}.values():
        salt = secrets.token_bytes(SALT_BYTES)
        row, _ = Commitment.objects.get_or_create(
            work=work, prompt=prompt, defaults={"salt": salt.hex(), "digest": digest(salt, prompt.text)}
        )
        found[prompt.pk] = row.digest
    return found


def digest(salt: bytes, text: str) -> str:
    """What is published of words that are kept."""
    return hashlib.sha256(salt + text.encode()).hexdigest()


def open_words(commitment: Commitment) -> None:
    """Tell everybody; for good. StaleTransition before the work is submitted or when they are open already."""
    rows = Commitment.objects.filter(pk=commitment.pk, opened_at=None, work__status__in=_FIXED).exclude(salt="")
    if rows.update(opened_at=timezone.now()) != 1:
        raise StaleTransition("These words are open already.")


def seal_for_good(works: Sequence[Work]) -> list[Any]:
    """Whoever kept the words leaves: the salts go, so that nothing can be opened any more; the prompts' ids."""
    rows = Commitment.objects.filter(work__in=works, opened_at=None)
    ids = list(rows.values_list("prompt_id", flat=True))
    rows.update(salt="")
    return ids


def opened(work: Work) -> list[dict[str, str]]:
    """What was opened, as `verify.py` reads it: digest, salt and words."""
    rows = work.commitments.filter(opened_at__isnull=False).select_related("prompt")
    return [{"digest": row.digest, "salt": row.salt, "text": row.prompt.text} for row in rows]


_FIXED = (Work.Status.SUBMITTED, Work.Status.PUBLISHED)
