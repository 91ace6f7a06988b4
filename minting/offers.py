"""Offers for single works: which are open, and calls for the wallets of who makes, takes or takes back one.

The money waits in the contract, so an open offer is a fact of the chain; stored here are the terms of its acceptance
alone, for the ledger of promises. Asks the chain's node where a work exists: for its round, and whether its owner has
let the contract move it. Reference: docs/contracts.md, "Auctions and offers".
"""

import datetime as dt
import secrets
from collections.abc import Sequence

from django.utils import timezone

from minting import auctions
from minting.chains import configured
from minting.contract import calls, kinds, reader, terms
from minting.contract.artifacts import OFFERS, TOKEN
from minting.ipfs import cid as cids
from minting.models import Offer, Sale, Terms, Token
from minting.units import ETHER_CURRENCY

TERMS_LIFE = dt.timedelta(days=1)
CLOCKS_DIFFER_BY = dt.timedelta(days=1)  # the newest block of a quiet chain may be hours old


def open_for(token_id: int) -> list[Offer]:
    """Offers in ether for a work of the shared contract that can be taken now, the highest first."""
    chain = auctions.here()
    if chain is None:
        return []
    here = {"chain_id": chain.chain_id, "contract": chain.offers}
    of_work = Offer.objects.filter(**here, collection=chain.token, token_id=token_id, currency=ETHER_CURRENCY)
    now = auctions.clock(chain)
    rows = list(of_work.filter(cancellation=None, expires_at__gt=now).order_by("-amount_wei", "log__block__number"))
    taken = set(
        Sale.objects.filter(**here, sale_id__in=[row.offer_id for row in rows]).values_list("sale_id", flat=True)
    )
    return [row for row in rows if row.offer_id not in taken]


def of_bidder(address: str) -> list[Offer]:
    """Offers whose money a bidder can still have back, expired ones too, newest first."""
    chain = auctions.here()
    if chain is None:
        return []
    here = {"chain_id": chain.chain_id, "contract": chain.offers}
    rows = list(Offer.objects.filter(**here, bidder=address, cancellation=None).order_by("-log__block__number"))
    taken = set(
        Sale.objects.filter(**here, sale_id__in=[row.offer_id for row in rows]).values_list("sale_id", flat=True)
    )
    return [row for row in rows if row.offer_id not in taken]


def make(
    token_id: int, metadata_cid: str, amount_wei: int, expires_at: dt.datetime, beneficiary: str | None,
    donation_bps: int,
) -> dict[str, str]:  # fmt: skip
    """The call that offers ether for a work with exactly this metadata and at least this donation."""
    chain = configured()
    data = calls.encode_call(
        OFFERS, "makeOffer", chain.token, token_id, cids.digest32(metadata_cid), ETHER_CURRENCY, amount_wei,
        int(expires_at.timestamp()), beneficiary or ETHER_CURRENCY, donation_bps if beneficiary else 0,
    )  # fmt: skip
    return auctions.call(chain.chain_id, chain.offers, data, amount_wei)


def cancel(offer: Offer) -> dict[str, str]:
    """The call that gives the money back; until it expires only the bidder may send it (`from`)."""
    made = auctions.call(offer.chain_id, offer.contract, calls.encode_call(OFFERS, "cancelOffer", offer.offer_id))
    return made if offer.expires_at < auctions.clock(configured()) else {**made, "from": offer.bidder}


def accept(
    offer: Offer, *, seller: str, beneficiary: str | None, donation_bps: int, shares: Sequence[tuple[str, int]],
    royalty_receiver: str, royalty_bps: int,
) -> dict[str, str]:  # fmt: skip
    """The call by which the seller (`from`) takes an offer. Asks the node where the work exists.

    With "more" it is the approval that has to come first: ask again once it is mined. Royalty is of a work that is
    not minted; of one that exists it comes out of the first share.
    """
    chain = configured()
    minted = Token.objects.filter(
        chain_id=chain.chain_id, contract=offer.collection, token_id=offer.token_id
    ).exists()
    round_number = 0
    if minted:
        w3 = reader.connect(chain)
        if not reader.call(w3, TOKEN, offer.collection, "isApprovedForAll", seller, offer.contract):
            return {**auctions.approval(offer.contract), "from": seller, "more": "1"}
        round_number = int(reader.call(w3, TOKEN, offer.collection, "roundOf", offer.token_id))
    else:
        round_number = auctions.round_of_unminted(chain, offer.token_id)
    now = timezone.now()
    inner = terms.sale_terms(
        collection=offer.collection, seller=seller, beneficiary=beneficiary or ETHER_CURRENCY,
        donation_bps=donation_bps if beneficiary else 0, shares=shares, start=now - CLOCKS_DIFFER_BY,
        end=max(now, auctions.clock(chain)) + TERMS_LIFE, nonce=secrets.randbits(64), minted=minted,
        round_number=round_number,
        uri_digest=b"" if minted else bytes.fromhex(offer.uri_digest[2:]),
        royalty_receiver=ETHER_CURRENCY if minted else royalty_receiver, royalty_bps=0 if minted else royalty_bps,
    )  # fmt: skip
    payload = terms.acceptance(offer.offer_id, inner)
    terms.check(kinds.ACCEPTANCE, payload, chain)
    terms.store(Terms.Kind.ACCEPTANCE, chain, payload, "", price_wei=offer.amount_wei, token_id=offer.token_id)
    offer_id, values = kinds.ACCEPTANCE.values(payload)
    data = calls.encode_call(OFFERS, "accept", offer_id, values, b"")
    return {**auctions.call(offer.chain_id, offer.contract, data), "from": seller}
