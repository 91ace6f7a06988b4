"""The book of sales on site: recorded once, voided with a reason, never deleted; one function per edge.

    (a work that is published and free) --record--> stands --void--> voided

`record` takes the work off the chain's sale in the same transaction: its voucher or auction is withdrawn here, and
the work points to its sale. A work that is sold, minted or about to be is refused, in the end by one conditional
UPDATE. Where the chain's word arrives later still, the chain wins, and pages say so. What the artist set for the
donation holds on site too. The signature that the artist gave earlier stays good on the chain until they cancel it
there; nobody here can do that for them.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists
from django.utils import timezone

from gallery import catalogue, works
from gallery.errors import AlreadySold, NotReady, StaleTransition, WordsRefused
from gallery.models import Exhibition, OnSiteEntry, OnSiteSale, User, Work
from gallery.onsite import currencies
from minting import api as minting
from minting import units
from minting.models import Token, Transaction

CLOCKS_DIFFER_BY = timedelta(minutes=5)
RECEIPT_MAX, REASON_MAX = 40, 200


def split(amount_minor: int, donation_bps: int) -> tuple[int, int]:
    """(donation, the rest): they add up to the amount; the donation is floored, the remainder stays with the rest."""
    donation, [rest] = units.split_wei(amount_minor, donation_bps, [units.BPS_WHOLE - donation_bps])
    return donation, rest


def record(
    work: Work, by: User, *, sold_at: datetime, amount_minor: int, currency: str, receipt_number: str,
    exhibition: Exhibition | None = None,
) -> OnSiteSale:  # fmt: skip
    """A sale at the counter; the work leaves the chain's sale with it.

    WordsRefused names the field; AlreadySold or NotReady where the work is not free. Twice is refused.
    """
    receipt_number = " ".join(receipt_number.split())
    _check(sold_at, amount_minor, currency, receipt_number)
    if exhibition is not None and not exhibition.hangings.filter(work=work).exists():
        raise WordsRefused("exhibition", "This work does not hang in that exhibition.")
    with transaction.atomic():
        locked = Work.objects.select_for_update(of=("self",)).select_related("charity", "voucher").get(pk=work.pk)
        _is_free(locked)
        try:
            with transaction.atomic():
                sale = OnSiteSale.objects.create(
                    work=locked, exhibition=exhibition, sold_at=sold_at, amount_minor=amount_minor,
                    currency=currency, receipt_number=receipt_number, recorded_by=by,
                    donation_bps=locked.donation_bps, promised_minor=split(amount_minor, locked.donation_bps)[0],
                    charity=locked.charity, charity_name=locked.charity.name,
                    charity_name_ko=locked.charity.name_ko,
                )  # fmt: skip
        except IntegrityError:
            raise WordsRefused("receipt_number", "Another sale has this receipt number already.") from None
        chain = catalogue.chain()
        tokens = Token.objects.filter(
            chain_id=settings.CHAIN_ID, contract=chain.token if chain else "", token_id=works.token_id(locked)
        )
        free = Work.objects.filter(pk=work.pk, status=Work.Status.PUBLISHED, onsite_sale=None)
        if free.exclude(Exists(tokens)).update(onsite_sale=sale, voucher=None) != 1:
            raise StaleTransition("The work was changed elsewhere meanwhile.")
        if locked.voucher is not None:
            minting.withdraw_voucher(locked.voucher)
        minting.auctions.withdraw(works.token_id(locked))
        write(sale, OnSiteEntry.What.RECORDED, by, f"{receipt_number}: {currencies.shown(amount_minor, currency)}")
    work.onsite_sale, work.voucher = sale, None
    return sale


def void(sale: OnSiteSale, by: User, reason: str) -> None:
    """stands -> voided, with its reason; the work is free again, and its artist may offer it anew.

    Refused once the token was handed over: nobody can take that back. Payments of the donation stay what they are.
    """
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_MAX:
        raise WordsRefused("reason", "Say in at most 200 characters why this sale does not stand.")
    with transaction.atomic():
        work = Work.objects.select_for_update(of=("self",)).get(pk=sale.work_id)
        current = OnSiteSale.objects.select_related("handover").get(pk=sale.pk)
        if current.was_handed_over(minting.sale_of(works.token_id(work))):
            raise StaleTransition("The token was handed over; what is on the chain cannot be taken back.")
        changes = {"voided_at": timezone.now(), "voided_by": by, "void_reason": reason}
        if OnSiteSale.objects.filter(pk=sale.pk, voided_at=None).update(**changes) != 1:
            raise StaleTransition("This sale was voided already.")
        if Work.objects.filter(pk=work.pk, onsite_sale=sale.pk).update(onsite_sale=None) != 1:
            raise StaleTransition("The work was changed elsewhere meanwhile.")
        if current.handover is not None:
            minting.withdraw_voucher(current.handover)
        write(sale, OnSiteEntry.What.VOIDED, by, reason)
    for name, value in changes.items():
        setattr(sale, name, value)


def write(sale: OnSiteSale, what: OnSiteEntry.What, by: User | None, detail: str = "") -> None:
    """A line of the journal; the caller's transaction carries the change that it tells of."""
    OnSiteEntry.objects.create(sale=sale, what=what, by=by, detail=detail[:240])


def _check(sold_at: datetime, amount_minor: int, currency: str, receipt_number: str) -> None:
    if currency not in currencies.MINOR_DIGITS:
        raise WordsRefused("currency", "This currency is not one of those taken here.")
    if not 0 < amount_minor <= currencies.AMOUNT_MINOR_MAX:
        raise WordsRefused("amount", "This is not an amount that a work is sold for.")
    if not receipt_number or len(receipt_number) > RECEIPT_MAX:
        raise WordsRefused("receipt_number", "A receipt number has 1 to 40 characters.")
    if sold_at > timezone.now() + CLOCKS_DIFFER_BY:
        raise WordsRefused("sold_at", "This time has not come yet.")


def _is_free(work: Work) -> None:
    """For the reader's sake, with a name for each reason; what decides is the UPDATE."""
    token_id = works.token_id(work)
    if work.onsite_sale_id is not None:
        raise NotReady("This work was sold on site.", next_step="Look at that sale.")
    if minting.token(token_id) is not None:
        raise AlreadySold("This work is on the chain already.", next_step="Look at its page: it has an owner.")
    if work.status != Work.Status.PUBLISHED:
        raise NotReady("Only a published work is sold on site.", next_step="Ask its artist to publish it.")
    lot = minting.auctions.of(token_id)
    if lot is not None and lot.auction is not None:
        raise NotReady("This work is in an auction that has its first bid.", next_step="The highest bid has it.")
    mint = minting.mint_of(token_id)
    if mint is not None and (mint.is_open or mint.status == Transaction.Status.FINAL):
        raise NotReady("This work is being minted to its artist.", next_step="Its artist can hand the token on.")
