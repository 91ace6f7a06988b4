"""From logs to rows that pages can read: tokens and transfers here, the salerooms' rows in money.py and rooms.py.

Every row points to its log and dies with it. Runs inside the transaction that writes the block; the order of logs
within a sale does not matter, because sales are written first. Asks nobody: the CID of a token's metadata, which no
event carries, is handed in.
"""

from collections.abc import Iterable, Mapping

from django.db.models import QuerySet
from eth_utils.address import to_checksum_address

from minting.chains import Chain
from minting.indexer import money, rooms
from minting.models import Log, Recall, Reveal, Series, Token, Transfer
from minting.units import TOKEN_NUMBER_BITS

ZERO = "0x" + "0" * 40
Work = tuple[str, int]  # contract, token id


def block(chain: Chain, logs: Iterable[Log], metadata_cids: Mapping[Work, str]) -> None:
    """Write what the logs of one block say, `metadata_cids` for the tokens that were minted in it."""
    ordered = sorted(logs, key=lambda log: log.log_index)
    credits = {(log.transaction_hash, log.log_index): log for log in ordered if log.event == "Credited"}
    for log in ordered:
        match log.event:
            case "Transfer":
                _transfer(chain, log, metadata_cids)
            case "Recalled":
                Recall.objects.create(
                    log=log,
                    chain_id=chain.chain_id,
                    contract=log.address,
                    token_id=int(log.args["tokenId"]),
                    round=int(log.args["round"]),
                )
            case "SeriesCreated":
                _series(chain, log)
            case "Revealed":
                series = Series.objects.get(chain_id=chain.chain_id, contract=log.address)
                Reveal.objects.create(log=log, series=series, folder=log.args["folder"])
            case "Sold":
                money.sold(chain, log)
            case "Credited" | "Withdrawn":
                money.credit(log)
            case _:
                before = credits.get((log.transaction_hash, log.log_index - 1))
                rooms.write(chain, log, credited=before is not None)
    for log in ordered:
        if log.event in {"Donated", "Paid"}:
            money.part(chain, log)


def owners(chain: Chain, works: Iterable[Work]) -> None:
    """Set the owner of each token that is left to the last transfer that is left."""
    for contract, token_id in works:
        last = (
            Transfer.objects.filter(chain_id=chain.chain_id, contract=contract, token_id=token_id)
            .order_by("-log__block__number", "-log__log_index")
            .first()
        )
        if last:
            _token(chain, contract, token_id).update(owner=last.to_address)


def _token(chain: Chain, contract: str, token_id: int) -> QuerySet[Token]:
    return Token.objects.filter(chain_id=chain.chain_id, contract=contract, token_id=token_id)


def _transfer(chain: Chain, log: Log, metadata_cids: Mapping[Work, str]) -> None:
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
        _token(chain, log.address, token_id).update(owner=to)
        return
    Token.objects.create(
        log=log,
        chain_id=chain.chain_id,
        contract=log.address,
        token_id=token_id,
        artist=to_checksum_address((token_id >> TOKEN_NUMBER_BITS).to_bytes(20, "big")),
        owner=to,
        metadata_cid=metadata_cids[log.address, token_id],
    )


def _series(chain: Chain, log: Log) -> None:
    Series.objects.create(
        log=log,
        chain_id=chain.chain_id,
        contract=log.args["series"],
        artist=log.args["owner"],
        max_supply=int(log.args["maxSupply"]),
        batched=int(log.args["batched"]),
        folder=log.args["folder"],
        commitment=log.args["commitment"],
    )
