"""From logs to rows that pages can read: tokens, transfers, sales, payments, donations, credits.

Every row points to its log and dies with it. Runs inside the transaction that writes the block; the order of logs
within a sale does not matter, because sales are written first. Asks nobody: the CID of a token's metadata, which no
event carries, is handed in.
"""

from collections.abc import Iterable, Mapping

from django.db.models import QuerySet
from eth_utils.address import to_checksum_address

from minting.chains import Chain
from minting.models import Credit, Donation, Log, Payment, Sale, Token, Transfer
from minting.units import TOKEN_NUMBER_BITS

ZERO = "0x" + "0" * 40


def block(chain: Chain, logs: Iterable[Log], metadata_cids: Mapping[int, str]) -> None:
    """Write what the logs of one block say, `metadata_cids` by token id for those that were minted in it."""
    ordered = sorted(logs, key=lambda log: log.log_index)
    for log in ordered:
        match log.event:
            case "Transfer":
                _transfer(chain, log, metadata_cids)
            case "Sold":
                _sold(chain, log)
            case "Credited" | "Withdrawn":
                Credit.objects.create(
                    log=log,
                    account=log.args["account"],
                    amount_wei=int(log.args["amount"]),
                    paid_out=log.event == "Withdrawn",
                )
    for log in ordered:
        if log.event in {"Donated", "Paid"}:
            _part(chain, log)


def owners(chain: Chain, token_ids: Iterable[int]) -> None:
    """Set the owner of each token that is left to the last transfer that is left."""
    for token_id in token_ids:
        last = (
            Transfer.objects.filter(chain_id=chain.chain_id, contract=chain.token, token_id=token_id)
            .order_by("-log__block__number", "-log__log_index")
            .first()
        )
        if last:
            _token(chain, token_id).update(owner=last.to_address)


def _token(chain: Chain, token_id: int) -> QuerySet[Token]:
    return Token.objects.filter(chain_id=chain.chain_id, contract=chain.token, token_id=token_id)


def _transfer(chain: Chain, log: Log, metadata_cids: Mapping[int, str]) -> None:
    token_id, to = int(log.args["tokenId"]), log.args["to"]
    Transfer.objects.create(
        log=log,
        chain_id=chain.chain_id,
        contract=log.address,
        token_id=token_id,
        from_address=log.args["from"],
        to_address=to,
    )
    if log.args["from"] != ZERO:
        _token(chain, token_id).update(owner=to)
        return
    Token.objects.create(
        log=log,
        chain_id=chain.chain_id,
        contract=log.address,
        token_id=token_id,
        artist=to_checksum_address((token_id >> TOKEN_NUMBER_BITS).to_bytes(20, "big")),
        owner=to,
        metadata_cid=metadata_cids[token_id],
    )


def _sold(chain: Chain, log: Log) -> None:
    Sale.objects.create(
        log=log,
        chain_id=chain.chain_id,
        contract=log.address,
        sale_id=int(log.args["saleId"]),
        token_id=int(log.args["tokenId"]),
        buyer=log.args["buyer"],
        recipient=log.args["recipient"],
        price_wei=int(log.args["price"]),
        voucher_hash=log.args["voucherHash"],
    )


def _part(chain: Chain, log: Log) -> None:
    sale = Sale.objects.get(chain_id=chain.chain_id, contract=log.address, sale_id=int(log.args["saleId"]))
    amount_wei = int(log.args["amount"])
    if log.event == "Paid":
        Payment.objects.create(log=log, sale=sale, account=log.args["account"], amount_wei=amount_wei)
        return
    Donation.objects.create(
        log=log,
        sale=sale,
        token_id=int(log.args["tokenId"]),
        beneficiary=log.args["beneficiary"],
        amount_wei=amount_wei,
    )
