"""What an artist signed, is offered no more, and still binds on the chain: only their own `cancel` ends it there.

As far as the indexer has read: what was cancelled by nonce or recalled is not among it. Asks no node.
"""

from dataclasses import dataclass

from django.utils import timezone

from minting.chains import NotDeployed, configured
from minting.contract import calls
from minting.models import Cancellation, Recall, Terms, Voucher


@dataclass(frozen=True)
class Binding:
    """A withdrawn signature over a work of the shared contract: a voucher, or an auction that nobody has bid in."""

    hash: str
    chain_id: int
    contract: str
    signer: str
    price_wei: int
    nonce: int
    round: int

    @property
    def cancellation(self) -> dict[str, str]:
        """{to, data, value, chainId} for the signer's own wallet; harmless twice. Ends all terms of that nonce."""
        return {
            "to": self.contract, "data": calls.cancel(self.nonce), "value": "0x0", "chainId": hex(self.chain_id),
        }  # fmt: skip


def of(token_id: int) -> list[Binding]:
    """Newest first. Whether the token exists already, which ends them all, is for the caller to look at."""
    try:
        chain = configured()
    except NotDeployed:
        return []
    withdrawn = {"chain_id": chain.chain_id, "token_id": token_id, "withdrawn_at__isnull": False}
    vouchers = Voucher.objects.filter(**withdrawn, contract=chain.market, valid_until__gt=timezone.now())
    found = [
        Binding(
            row.voucher_hash, row.chain_id, row.contract, row.signer, row.price_wei,
            int(row.payload["nonce"]), int(row.payload.get("round", 0)),
        )
        for row in vouchers.order_by("-pk") if "nonce" in row.payload
    ]  # fmt: skip
    auctions = Terms.objects.filter(
        **withdrawn, kind=Terms.Kind.AUCTION, collection=chain.token, valid_until__gt=timezone.now()
    )
    found += [
        Binding(
            row.hash, row.chain_id, row.contract, row.signer, row.price_wei,
            int(row.payload["terms"]["nonce"]), int(row.payload["terms"]["round"]),
        )
        for row in auctions.order_by("-pk")
    ]  # fmt: skip
    if not found:
        return []
    here = Cancellation.objects.filter(chain_id=chain.chain_id, nonce__in=[one.nonce for one in found])
    ended = {(contract, who, int(nonce)) for contract, who, nonce in here.values_list("contract", "account", "nonce")}
    recalls = Recall.objects.filter(chain_id=chain.chain_id, contract=chain.token, token_id=token_id)
    now_round = recalls.order_by("-round").values_list("round", flat=True).first() or 0
    return [one for one in found if (one.contract, one.signer, one.nonce) not in ended and one.round >= now_round]
