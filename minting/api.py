"""The only door into the minting engine: keep bytes and vouchers, mint, sell, and read what the chain says.

Bytes and words come in, pins, tokens and facts about money come out; it knows no artwork. Wishes are rows; a message
to a worker follows the commit, and the sweeper sends what that missed. Money is integers of wei. Whatever talks to
the chain's node says so in its docstring.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from minting import auctions, binding, chains, ledger, listings, nudges, offers, units
from minting.chains import Chain, NotDeployed
from minting.contract import calls, reader, vouchers
from minting.contract.errors import NodeUnreachable, SignatureInvalid, VoucherInvalid, WrongChain
from minting.errors import BlockMissing, MintingError, StaleTransition
from minting.indexer import reading
from minting.ipfs import car, pins, places, tree, visits
from minting.ipfs import cid as cids
from minting.ipfs import store as stores
from minting.ledger import promised
from minting.metadata import series
from minting.metadata.build import Attribute, WorkFacts
from minting.metadata.build import build as build_metadata
from minting.metadata.contract import ContractFacts, build_contract
from minting.models import (
    Auction,
    Block,
    Credit,
    Donation,
    Log,
    Offer,
    Pin,
    Sale,
    Series,
    Token,
    Transaction,
    Voucher,
)
from minting.transactions import outbox, passages, watch, wishes
from minting.transactions.passages import Passage

__all__ = [
    "Attribute", "BlockMissing", "Chain", "ContractFacts", "MintingError", "NotDeployed", "Passage",
    "SignatureInvalid", "StaleTransition", "Transaction", "VoucherInvalid", "WorkFacts", "WrongChain",
    "address_of_folder", "admission_of", "admit_artist", "archive", "are_kept", "auctions", "binding",
    "build_contract", "build_metadata", "cancel", "chain", "counts", "held_by_account", "held_by_contract",
    "indexer_state", "is_provisional", "is_signed_by", "keep", "keep_folder", "keep_path", "keep_series",
    "keep_voucher", "listings", "mint_of", "node_answers", "offers", "passage", "passages_under_way", "pins_of",
    "places_well", "promised", "promised_by_beneficiary", "purchase", "read", "refuse_wrong_chain", "release",
    "sale_of", "signers_state", "speed_up", "store_answers", "sweep", "token", "verifier_path", "voucher_typed_data",
    "want_mint", "wish_again", "withdraw_voucher",
]  # fmt: skip


def chain() -> Chain:
    """The configured chain with its contracts; NotDeployed before `manage.py deploy_contracts`."""
    return chains.configured()


# --- Bytes ---


def keep(data: bytes | Path, name: str, mime: str) -> str:
    """Put bytes into the store here and wish them pinned at every place; their CIDv1. Harmless when repeated."""
    with transaction.atomic():
        cid = pins.keep(data, name[:200], mime)
        for pk in pins.of(cid).exclude(status=Pin.Status.PINNED).values_list("pk", flat=True):
            transaction.on_commit(partial(nudges.send, Pin, pk))
    return cid


def keep_folder(entries: Mapping[str, str], name: str) -> str:
    """Keep a folder of what is kept already, CIDs by path, such as a series' documents as "<n>.json"; its CID."""
    with transaction.atomic():
        cid = pins.keep_folder(entries, name[:200])
        for pk in pins.of(cid).exclude(status=Pin.Status.PINNED).values_list("pk", flat=True):
            transaction.on_commit(partial(nudges.send, Pin, pk))
    return cid


def keep_series(documents: Mapping[int, bytes], name: str) -> str:
    """Keep the documents of a series (build_metadata) and their folder; its CID, for `ipfs://<CID>/<number>.json`.

    MetadataInvalid for a wrong document or a gap in the numbers; nothing is kept then. Harmless when repeated.
    """
    series.check(documents)
    with transaction.atomic():
        entries = {
            f"{number}.json": keep(data, f"{name[:180]} {number}", "application/json")
            for number, data in sorted(documents.items())
        }
        return keep_folder(entries, name)


def keep_path(path: Path, name: str) -> str:
    """Keep a folder of this machine's disk with all that is in it, and wish it pinned at every place; its CID."""
    with transaction.atomic():
        cid = pins.keep_tree(stores.here().put_tree(path), name[:200])
        for pk in pins.of(cid).exclude(status=Pin.Status.PINNED).values_list("pk", flat=True):
            transaction.on_commit(partial(nudges.send, Pin, pk))
    return cid


def release(cids_of_all: Sequence[str]) -> None:
    """No longer ask that these be kept here; other places keep their copies until somebody removes them there."""
    pins.release(cids_of_all)


def address_of_folder(path: Path) -> str:
    """The CID that a folder of this machine's disk has on IPFS; reads it once and keeps nothing."""
    return tree.of_path(path)


def are_kept(cids_of_all: Sequence[str]) -> bool:
    """Whether as many places as are needed have proven to hold each: two where there are two, or as set."""
    return bool(cids_of_all) and all(pins.is_kept(cid) for cid in cids_of_all)


def read(cid: str) -> Iterator[bytes]:
    """The bytes of a file in the store here, block by block, each hashed again; BlockMissing, CorruptBlock."""
    return stores.here().read(cid)


def archive(roots: Sequence[str]) -> Iterator[bytes]:
    """One CARv1 of these trees, at most 190, from the store here; BlockMissing before its first byte."""
    store = stores.here()
    for root in roots:
        if not store.is_complete(root):
            raise BlockMissing(f"Parts of {root} are not in the content store.")
    return car.stream_trees(store, roots)


def pins_of(cid: str) -> "QuerySet[Pin]":
    """One row per place that is configured: where, in what state, when last proven."""
    return pins.of(cid).filter(place__in=places.names())


# --- Vouchers and sales ---


def voucher_typed_data(
    *, token_id: int, metadata_cid: str, price_wei: int, beneficiary: str | None, donation_bps: int,
    shares: Sequence[tuple[str, int]], royalty_receiver: str, royalty_bps: int, valid_from: datetime,
    valid_until: datetime, nonce: int,
) -> dict[str, Any]:  # fmt: skip
    """EIP-712 JSON for eth_signTypedData_v4. VoucherInvalid, by its named child, for terms the market refuses."""
    payload = vouchers.payload(
        collection=chain().token, token_id=token_id, uri_digest=cids.digest32(metadata_cid), price_wei=price_wei,
        beneficiary=beneficiary or vouchers.ZERO, donation_bps=donation_bps, shares=shares,
        royalty_receiver=royalty_receiver, royalty_bps=royalty_bps, valid_from=valid_from, valid_until=valid_until,
        nonce=nonce, round_number=auctions.round_of_unminted(chain(), token_id),
    )  # fmt: skip
    vouchers.check(payload, chain())
    return vouchers.typed_data(chain(), payload)


def keep_voucher(message: dict[str, Any], signature: str) -> Voucher:
    """Store an artist's signed voucher; SignatureInvalid or VoucherInvalid.

    A wallet with a key is checked here alone; only for another signature is the node asked, for contract wallets.
    """
    current = chain()
    try:
        return vouchers.keep(current, message, signature)
    except SignatureInvalid:
        return vouchers.keep(current, message, signature, reader.connect(current))


def withdraw_voucher(voucher: Voucher) -> None:
    """No longer offer it here. Only the artist's `cancel` on the chain makes the signature itself worthless."""
    Voucher.objects.filter(pk=voucher.pk, withdrawn_at=None).update(withdrawn_at=timezone.now())


def purchase(voucher: Voucher, recipient: str) -> dict[str, str]:
    """{to, data, value, chainId} that buys the voucher's work for `recipient`, for the buyer's own wallet."""
    return {
        "to": voucher.contract,
        "data": calls.buy(voucher.payload, voucher.signature, recipient),
        "value": hex(voucher.price_wei),
        "chainId": hex(voucher.chain_id),
    }


def is_signed_by(address: str, text: str, signature: str) -> bool:
    """Whether `address` signed `text` (personal_sign). Asks the node for contract wallets (ERC-1271), if it can."""
    if vouchers.is_signed_by(None, address, text, signature):
        return True
    try:
        return vouchers.is_signed_by(reader.connect(chains.network()), address, text, signature)
    except MintingError:
        return False


# --- Wishes to the chain ---


def want_mint(token_id: int, metadata_cid: str, royalty_receiver: str, royalty_bps: int) -> Transaction:
    """Wish a token minted to the artist whom its id names; the same token twice is one wish.

    A wish that was cancelled is wished again. InAuction where an auction of the work waits for its first bid.
    """
    with transaction.atomic():
        auctions.hold(chain(), token_id)
        auctions.refuse_in_auction(token_id)
        row = wishes.want_mint(token_id, cids.digest32(metadata_cid), royalty_receiver, royalty_bps)
        if row.status == Transaction.Status.CANCELLED:
            row = outbox.wish_again(row)
        transaction.on_commit(partial(nudges.send, Transaction, row.pk))
    return row


def admit_artist(address: str) -> Transaction:
    """Wish an artist's wallet admitted to the token contract; twice is one wish."""
    with transaction.atomic():
        row = wishes.want_admit(address)
        transaction.on_commit(partial(nudges.send, Transaction, row.pk))
    return row


def speed_up(row: Transaction) -> Transaction:
    """Try what waits now; sign what is on its way again at higher fees. StaleTransition when neither is left.

    A mint that travels in a batch takes the batch with it.
    """
    return _nudged(outbox.hurry, row.batch or row)


def cancel(row: Transaction) -> Transaction:
    """Take a wish back: at once while it waits, else by an empty transaction in its place, if that is mined first.

    StaleTransition once it is in a block, or travels with others: then an operator may cancel the batch.
    """
    return _nudged(outbox.cancel, row)


def wish_again(row: Transaction) -> Transaction:
    """Try once more what the contract refused or somebody cancelled; StaleTransition for anything else."""
    return _nudged(outbox.wish_again, row)


def mint_of(token_id: int) -> Passage | None:
    """How the site's own mint of a token stands; None when it was never wished (a sale mints without it)."""
    return passages.of_token(token_id)


def admission_of(artist_address: str) -> Passage | None:
    """How the admission of an artist's wallet to the contract stands."""
    return passages.of_artist(artist_address)


def passage(pk: int) -> Passage | None:
    """How any wish stands, by its row's number."""
    return passages.of_row(pk)


def passages_under_way() -> list[Passage]:
    """Everything that is open, the longest waiting first, then what ended badly within a week; a hundred at most."""
    return passages.under_way()


def _nudged(verb: Callable[[Transaction], Transaction], row: Transaction) -> Transaction:
    with transaction.atomic():
        row = verb(row)
        if row.status in Transaction.OPEN:
            transaction.on_commit(partial(nudges.send, Transaction, row.pk))
    return row


def sweep() -> int:
    """Wish bytes at places named since they were kept, and send what is due and unheard; how many moved.

    Has the signers' balances looked at, where nobody has for a while.
    """
    nudges.send_watch()
    return pins.spread() + nudges.resend()


# --- What the chain says ---


def token(token_id: int, collection: str | None = None) -> Token | None:
    """The token on the canonical chain, as far as the indexer has read it; of the shared contract unless named."""
    rows = Token.objects.filter(**_work(token_id, collection, "contract"))
    return rows.select_related("log__block").first()


def sale_of(token_id: int, collection: str | None = None) -> Sale | None:
    """The first sale of a token, wherever it was sold; of the shared contract unless a series is named."""
    rows = Sale.objects.filter(**_work(token_id, collection, "collection"), contract__in=_sellers())
    return rows.select_related("log__block", "donation").order_by("log__block__number", "log__log_index").first()


def _work(token_id: int, collection: str | None, member: str) -> dict[str, Any]:
    try:
        return {"chain_id": settings.CHAIN_ID, member: collection or chain().token, "token_id": token_id}
    except NotDeployed:
        return {"chain_id": settings.CHAIN_ID, member: "", "token_id": token_id}


def _sellers() -> tuple[str, ...]:
    """Market, auctions and offers; none before they are deployed."""
    try:
        return chain().sellers
    except NotDeployed:
        return ()


def is_provisional(log: Log) -> bool:
    """Whether the block of this event is not deep enough yet to be taken as final."""
    head = (
        Block.objects.filter(chain_id=log.block.chain_id).order_by("-number").values_list("number", flat=True).first()
    )
    return head is None or head - log.block.number < settings.CHAIN_CONFIRMATIONS


def promised_by_beneficiary() -> dict[str, int]:
    """Wei that the signed terms of all sales here give to each address."""
    return ledger.promised_by_beneficiary(chain())


def held_by_account(accounts: Iterable[str]) -> dict[str, int]:
    """Wei that our contracts hold for each account because it refused a payment; anyone can have it paid out."""
    return ledger.held_by_account(chain(), accounts)


def held_by_contract(account: str) -> dict[tuple[str, str], int]:
    """What is held for an account, by (contract, currency); `auctions.withdrawal` prepares its payment."""
    try:
        held = ledger.held_by_contract(chain(), [account])
    except NotDeployed:
        return {}
    return {(contract, currency): amount for (_, contract, currency), amount in held.items()}


def verifier_path() -> Path:
    """The program of one file with which strangers check tokens, bytes and donations without this site."""
    return Path(__file__).with_name("standalone") / "verify.py"


# --- Health ---


def counts() -> dict[str, int | str]:
    """Figures for the health page, of the places and contracts that are configured now.

    Sums are of ether; wei as decimal strings, since JSON numbers end at 2^53 for many readers.
    """
    kept = Pin.objects.filter(place__in=places.names())
    here = {"chain_id": settings.CHAIN_ID, "contract__in": _sellers()}
    sales = Sale.objects.filter(**here)
    in_ether = Donation.objects.filter(sale__in=sales.filter(currency=units.ETHER_CURRENCY))
    donated = in_ether.aggregate(total=Sum("amount_wei"))["total"] or 0
    held = Credit.objects.filter(log__address__in=_sellers(), currency=units.ETHER_CURRENCY)
    credited = sum(-row.amount_wei if row.paid_out else row.amount_wei for row in held)
    return {
        "pins": kept.filter(status=Pin.Status.PINNED).count(),
        "pins_failing": kept.filter(attempts__gt=0).count(),
        "pins_mended_today": kept.filter(mended_at__gt=timezone.now() - timedelta(days=1)).count(),
        "pins_wanted": kept.exclude(status=Pin.Status.PINNED).count(),
        "transactions_open": Transaction.objects.filter(status__in=Transaction.OPEN).count(),
        "tokens": Token.objects.filter(chain_id=settings.CHAIN_ID).count(),
        "series": Series.objects.filter(chain_id=settings.CHAIN_ID).count(),
        "sales": sales.count(),
        "auctions": Auction.objects.filter(**here).count(),
        "offers": Offer.objects.filter(**here).count(),
        "donations": Donation.objects.filter(sale__in=sales).count(),
        "donated_wei": str(int(donated)),
        "donated_ether": units.ether(int(donated)),
        "credits_wei": str(credited),
    }


def node_answers() -> str:
    """What the chain's node says of itself; asks it. Raises when it is away or of another chain."""
    w3 = reader.connect(chains.network(), answer_seconds=2)
    return f"chain {w3.eth.chain_id}, block {w3.eth.block_number}"


def signers_state() -> tuple[str, str]:
    """("funded", "low", "empty" or "unseen", sentence) of the accounts that sign, as the chain process saw them."""
    return watch.state(settings.CHAIN_ID)


def indexer_state() -> tuple[bool, str]:
    """(whether the indexer reads, sentence): how far it is, or what stops it."""
    return reading.state(settings.CHAIN_ID)


def refuse_wrong_chain() -> None:
    """WrongChain when a node that answers is of another chain than CHAIN_ID; nothing when none answers yet."""
    with suppress(NodeUnreachable):
        reader.connect(chains.network())


def places_well() -> dict[str, str]:
    """What is wrong with each place that is not this machine; empty words where nothing is. Asks none of them."""
    return visits.state(places.others())


def store_answers() -> str:
    """That the content store can be written. Raises OSError when it cannot."""
    with tempfile.TemporaryFile(dir=settings.CONTENT_STORE_DIR) as probe:
        probe.write(b"0")
    return "can be written"
