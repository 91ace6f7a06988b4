"""Works that exist, offered by their owner at a price: what the owner signs, and the purchase for the buyer's wallet.

A listing ends when the work moves or is recalled; its round says so. Asks the chain's node before anything is signed
or bought: for the round, and whether the owner has let the market move the work. Reference: docs/contracts.md.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from minting import auctions
from minting.chains import configured
from minting.contract import calls, kinds, reader, terms
from minting.contract.artifacts import MARKET, TOKEN
from minting.contract.errors import SignatureInvalid
from minting.errors import MintingError
from minting.models import Recall, Terms, Token
from minting.units import ETHER_CURRENCY

CLOCKS_DIFFER_BY = dt.timedelta(days=1)  # the newest block of a quiet chain may be hours old


class ListingEnded(MintingError):
    """The work has moved or was recalled since its owner signed."""

    code = "listing_ended"
    title = "This listing has ended"
    next_step = "Load the page again. Nothing was taken from your wallet."


def open_for(token_ids: Iterable[int]) -> dict[int, Terms]:
    """Listings that hold, as far as the rows tell, by token id: by the present owner, not recalled, in their time."""
    ids, chain = list(token_ids), auctions.here()
    if chain is None or not ids:
        return {}
    here = {"chain_id": chain.chain_id, "token_id__in": ids}
    signed = Terms.objects.filter(
        **here, kind=Terms.Kind.LISTING, contract=chain.market, collection=chain.token, withdrawn_at=None,
        valid_until__gt=timezone.now(),
    )  # fmt: skip
    found = {row.token_id: row for row in signed}
    if not found:
        return {}
    owners = dict(Token.objects.filter(**here, contract=chain.token).values_list("token_id", "owner"))
    recalls = Recall.objects.filter(**here, contract=chain.token).order_by("round").values_list("token_id", "round")
    rounds = dict(recalls)
    return {
        token_id: row
        for token_id, row in found.items()
        if owners.get(token_id) == row.signer and rounds.get(token_id, 0) <= int(row.payload["round"])
    }


def request(
    token_id: int, *, owner: str, price_wei: int, beneficiary: str | None, donation_bps: int, fee_receiver: str,
    fee_bps: int, life: dt.timedelta,
) -> dict[str, Any]:  # fmt: skip
    """{"typed_data"} for the owner's wallet, or {"call"}: the approval that has to be mined first. Asks the node."""
    chain = configured()
    w3 = reader.connect(chain)
    if not reader.call(w3, TOKEN, chain.token, "isApprovedForAll", owner, chain.market):
        return {"call": {**auctions.approval(chain.market), "from": owner}}
    now = timezone.now()
    payload = terms.listing(
        collection=chain.token, token_id=token_id, seller=owner, price_wei=price_wei,
        beneficiary=beneficiary or ETHER_CURRENCY, donation_bps=donation_bps if beneficiary else 0,
        fee_receiver=fee_receiver or ETHER_CURRENCY, fee_bps=fee_bps if fee_receiver else 0,
        round_number=int(reader.call(w3, TOKEN, chain.token, "roundOf", token_id)),
        valid_from=now - CLOCKS_DIFFER_BY, valid_until=max(now, auctions.clock(chain)) + life,
    )  # fmt: skip
    terms.check(kinds.LISTING, payload, chain)
    return {"typed_data": kinds.LISTING.typed_data(chain, payload)}


def keep(message: dict[str, Any], signature: str) -> Terms:
    """Store what an owner signed. Asks the node only for the signature of a contract wallet."""
    chain = configured()
    try:
        return terms.keep(Terms.Kind.LISTING, chain, message, signature)
    except SignatureInvalid:
        return terms.keep(Terms.Kind.LISTING, chain, message, signature, reader.connect(chain))


def buy(signed: Terms, recipient: str) -> dict[str, str]:
    """The purchase for `recipient`. Asks the node for the round; ListingEnded when it is over."""
    chain = configured()
    if int(reader.call(reader.connect(chain), TOKEN, signed.collection, "roundOf", signed.token_id)) != int(
        signed.payload["round"]
    ):
        withdraw(signed)
        raise ListingEnded("The work has moved or was recalled since its owner signed.")
    signature = bytes.fromhex(signed.signature.removeprefix("0x"))
    data = calls.encode_call(MARKET, "buyListed", kinds.LISTING.values(signed.payload), signature, recipient)
    return auctions.call(signed.chain_id, signed.contract, data, int(signed.price_wei))


def recall(signed: Terms) -> dict[str, str]:
    """The call by which the owner ends everything that is open for a work."""
    data = calls.encode_call(TOKEN, "recall", signed.token_id)
    return {**auctions.call(signed.chain_id, signed.collection, data), "from": signed.signer}


def withdraw(signed: Terms) -> None:
    """No longer show it."""
    Terms.objects.filter(pk=signed.pk, withdrawn_at=None).update(withdrawn_at=timezone.now())
