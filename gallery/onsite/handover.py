"""The artist's word that lets the buyer's wallet have the token: a voucher at price zero, without donation.

What was paid was paid at the counter, and the donation is in the book; so nothing is divided on the chain. The
voucher is signed in the artist's own wallet and hangs on the sale, never on the work: no page offers it, and only who
presents the claim code is given it (claims.py). It binds no recipient, because the market's voucher has none: see the
runbook.
"""

import secrets
from typing import Any

from django.db import transaction
from django.utils import timezone

from gallery import works
from gallery.errors import NotReady, StaleTransition
from gallery.models import OnSiteEntry, OnSiteSale, User, Work
from gallery.onsite import book
from minting import api as minting
from minting import units


def is_wanted(sale: OnSiteSale) -> bool:
    """Whether the artist still has to sign: not yet, or what they signed has lapsed."""
    return sale.handover is None or sale.handover.valid_until <= timezone.now()


def voucher_request(work: Work) -> dict[str, Any]:
    """EIP-712 typed data for the artist's wallet: this work to whoever bought it, for nothing more."""
    sale = work.onsite_sale
    if sale is None or not is_wanted(sale):
        raise NotReady("There is nothing to hand over.")
    now = timezone.now()
    return minting.voucher_typed_data(
        token_id=works.token_id(work), metadata_cid=work.metadata_cid, price_wei=0, beneficiary=None, donation_bps=0,
        shares=[(work.artist_address, units.BPS_WHOLE)], royalty_receiver=work.artist_address,
        royalty_bps=work.royalty_bps, valid_from=now - works.CLOCKS_DIFFER_BY,
        valid_until=now + works.VOUCHER_LIFE, nonce=secrets.randbits(64),
    )  # fmt: skip


def sign(work: Work, by: User, message: dict[str, Any] | None, signature: str | None) -> None:
    """Keep the artist's signature with the sale; refused over other terms than these, and once the sale is void."""
    sale = work.onsite_sale
    if not message or not signature or sale is None:
        raise NotReady("The artist's signature is missing.", next_step="Sign the voucher in your wallet.")
    works.same_terms(voucher_request(work)["message"], message)
    with transaction.atomic():
        voucher = minting.keep_voucher(message, signature)
        open_sale = OnSiteSale.objects.filter(pk=sale.pk, voided_at=None, handover=sale.handover_id)
        if open_sale.update(handover=voucher) != 1:
            raise StaleTransition("The sale was changed elsewhere meanwhile.")
        book.write(sale, OnSiteEntry.What.HANDOVER_SIGNED, by, voucher.voucher_hash)
    sale.handover = voucher


def still_binding(work: Work) -> list["minting.binding.Binding"]:
    """Signatures that are offered no more and that the chain would still take: only the artist can end them there."""
    if minting.token(works.token_id(work)) is not None:
        return []
    return minting.binding.of(works.token_id(work))


def cancellation(work: Work, signed_hash: str) -> dict[str, str]:
    """{to, data, value, chainId}: `cancel` of that signature's nonce, for the artist's own wallet. Harmless twice."""
    for binding in still_binding(work):
        if binding.hash == signed_hash:
            return binding.cancellation
    raise NotReady("There is nothing to cancel.", next_step="Load the page again and look at how things stand.")
