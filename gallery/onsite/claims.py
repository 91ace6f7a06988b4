"""From the slip of paper to the token: codes given out once, and what their first wallet may send.

    no code --issue--> waiting --present, by the first wallet--> bound --its transaction is mined--> handed over

`issue` again makes the earlier code worthless, as long as nobody used it. `present` may be repeated by the wallet
that came first and is refused to any other, with the same answer as for a code that was never given out. Nothing here
sends a transaction: the buyer's own wallet does, and is the recipient.
"""

from dataclasses import dataclass
from typing import ClassVar

from django.db import transaction
from django.utils import timezone

from gallery import sales, works
from gallery.errors import GalleryError, NotReady, NotYetKept, StaleTransition
from gallery.models import OnSiteEntry, OnSiteSale, User, Work
from gallery.onsite import book, codes, handover
from minting import api as minting


class ClaimRefused(GalleryError):
    """Never given out, replaced, void, or used by another wallet: nobody is told which."""

    code: ClassVar[str] = "claim_refused"
    status: ClassVar[int] = 403
    title = "This code opens nothing"
    next_step = "Ask where you bought the work; they can give you a new slip if yours was never used."

    def __init__(self) -> None:
        super().__init__("This code cannot be used, or not by this wallet.")


class Overtaken(GalleryError):
    """A purchase that was on its way, an earlier signature that was not cancelled, or a stranger who copied the
    buyer's transaction while it waited to be mined, was faster."""

    code: ClassVar[str] = "claim_overtaken"
    title = "The chain was faster"
    next_step = "Ask where you bought it: they owe you its price."


@dataclass(frozen=True)
class Claim:
    """A work that is claimed: `purchase` is what the wallet sends, None once the token has its `owner`."""

    work: Work
    purchase: dict[str, str] | None
    owner: str = ""


def issue(sale: OnSiteSale, by: User) -> str:
    """A new code for the slip, shown this once; an earlier one opens nothing from now on."""
    code, secret = codes.new()
    salt, stored = codes.salted(secret)
    with transaction.atomic():
        unused = OnSiteSale.objects.filter(pk=sale.pk, voided_at=None, claimed_by="")
        if unused.update(claim_salt=salt, claim_sha256=stored, claim_issued_at=timezone.now()) != 1:
            raise StaleTransition("The code was used already, or the sale is void.")
        book.write(sale, OnSiteEntry.What.CODE_ISSUED, by)
    return code


def present(code: str, wallet: str) -> Claim:
    """What `wallet` (EIP-55) may send to have the work of this code. Mistyped, ClaimRefused, and what is not ready.

    The code is bound to the wallet only when there is something to send. Looks at every open sale, whatever is found
    on the way: one hash a sale, and no hint of how near a guess came.
    """
    found = _sale_of(codes.read(code))
    if found is None or found.claimed_by not in ("", wallet):
        raise ClaimRefused
    work = found.work
    token = minting.token(works.token_id(work))
    if token is not None:
        if not found.reached_buyer(minting.sale_of(works.token_id(work))):
            raise Overtaken("The token of this work went to another wallet.")
        return Claim(work, None, token.owner)
    if found.handover is None or handover.is_wanted(found):
        raise NotReady(
            "The artist has not signed the handover of this work yet.",
            next_step="Come back in a few days. Your code stays good.",
        )
    if not sales.is_kept(work):
        raise NotYetKept("Picture and metadata are not yet proven to lie in as many places as this site asks for.")
    _bind(found, wallet)
    return Claim(work, minting.purchase(found.handover, wallet))


def _sale_of(secret: bytes) -> OnSiteSale | None:
    match = None
    rows = OnSiteSale.objects.filter(voided_at=None, claim_sha256__isnull=False)
    for pk, salt, stored in rows.values_list("pk", "claim_salt", "claim_sha256").iterator(chunk_size=2000):
        match = pk if codes.is_of(secret, bytes(salt or b""), bytes(stored or b"")) else match
    if match is None:
        return None
    return OnSiteSale.objects.select_related("work", "handover").filter(pk=match).first()


def _bind(sale: OnSiteSale, wallet: str) -> None:
    """waiting -> bound, to the first wallet; a repeat by the same one changes nothing."""
    with transaction.atomic():
        same = OnSiteSale.objects.filter(pk=sale.pk, voided_at=None, claim_sha256=sale.claim_sha256)
        if same.filter(claimed_by="").update(claimed_by=wallet, claimed_at=timezone.now()) == 1:
            book.write(sale, OnSiteEntry.What.CODE_USED, None, wallet)
        elif not same.filter(claimed_by=wallet).exists():
            raise ClaimRefused
