"""Moves one row of the outbox as far as it goes now. May run twice, at once, and after any crash.

Between two committed edges stands one conversation with the node; whatever of it is lost is asked again. Refuses to
sign for another chain, above the fee cap, faster than is allowed, without money, and what the node foretells will
revert. A nonce is given out at the last moment, so none of these burns one. Of several signers the one with the
fewest transactions under way signs, and that one alone signs again for the same nonce. References: EIP-1559; docs of
txpool in go-ethereum.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.utils import timezone
from web3 import Web3
from web3.exceptions import ContractLogicError, Web3RPCError

from minting.chains import Chain, network
from minting.contract import reader
from minting.contract.errors import NodeUnreachable, WrongChain
from minting.contract.reader import check_chain, connect, reaching, refusal
from minting.errors import MintingError, StaleTransition
from minting.failpoints import failpoint
from minting.models import Transaction
from minting.transactions import batches, fees, outbox, receipts, signer, watch, wishes
from minting.transactions.signer import Signs
from minting.units import ether

log = logging.getLogger(__name__)
Status = Transaction.Status

POLL_SECONDS = 3
RETRY_SECONDS = 10
MONEY_SECONDS = 20
STUCK_SECONDS = 60
GAS_MARGIN = 5  # a fifth more than the estimate
IN_FLIGHT = (Status.SIGNED, Status.BROADCAST)


class SignerUnfit(MintingError):
    """A signer cannot sign this now: another one may."""

    retryable = True


class SignerHasNoMoney(SignerUnfit):
    code = "signer_has_no_money"
    title = "The account that signs has no money for gas"
    next_step = "Send it some; nothing is lost."


class SignerHasNoRole(SignerUnfit):
    code = "signer_has_no_role"
    title = "The account that signs may not do this on the contract"
    next_step = "Run `manage.py deploy_contracts` in the chain role: it gives the roles to every signer."


class SignersBusy(MintingError):
    """Every signer has as many transactions under way as it may (SIGNER_IN_FLIGHT_MAX)."""

    retryable = True
    code = "signers_busy"
    title = "The accounts that sign have enough under way"
    next_step = "Nothing: it goes when one of them is mined. Where this lasts, add a signer."


class TooFast(MintingError):
    """As much was signed in the last minute as TRANSACTIONS_PER_MINUTE allows."""

    retryable = True
    code = "rate_limited"
    title = "Enough was signed in the last minute"
    next_step = "Nothing: it goes in a moment. Raise TRANSACTIONS_PER_MINUTE where that is too slow."


class SignerGone(MintingError):
    """The account that signed this is not among the signers any more, and it must sign again."""

    retryable = True
    code = "signer_gone"
    title = "The account that signed this is no longer here"
    next_step = "Add its keystore again until nothing of it is under way."


def work(
    transaction_id: int,
    chain: Chain | None = None,
    w3: Web3 | None = None,
    key: Signs | Sequence[Signs] | None = None,
) -> Transaction:
    """The row, moved on until it must wait for the chain, for money or for nothing more.

    `key` is one signer or several; those that are configured, when None. A waiting mint takes others with it, as one
    batch. Raises SignerNotHere outside the chain role, and nothing for what a later visit may mend: that is written
    on the row (error_code, error_text) with the time of the next visit.
    """
    row = Transaction.objects.get(pk=transaction_id)
    chain = chain or network()
    if row.status not in Transaction.OPEN:
        return row
    keys = signer.unlock() if key is None else key if isinstance(key, Sequence) else [key]
    batch = batches.gather(row, settings.MINT_BATCH_MAX)
    if batch is not None:
        work(batch.pk, chain, w3, keys)
        row.refresh_from_db()
        return row
    try:
        w3 = w3 or connect(chain)
        while _step(row, chain, w3, keys):
            pass
    except StaleTransition:
        log.info("Transaction %s: another worker was first.", row.key)
        row.refresh_from_db()
    except MintingError as error:
        return _put_off(row, error)
    except Web3RPCError as error:
        return _put_off(row, NodeUnreachable(f"The node answered: {_said(error)}"))
    return row


def _put_off(row: Transaction, error: MintingError) -> Transaction:
    log.warning("Transaction %s waits: %s", row.key, error)
    try:
        seconds = MONEY_SECONDS if isinstance(error, SignerUnfit) else RETRY_SECONDS
        return outbox.postpone(row, seconds, error.code, str(error))
    except StaleTransition:
        row.refresh_from_db()
        return row


def _step(row: Transaction, chain: Chain, w3: Web3, keys: Sequence[Signs]) -> bool:
    """One edge or one postponement; whether there may be another now."""
    match row.status:
        case Status.WANTED:
            return _sign(row, chain, w3, keys)
        case Status.SIGNED:
            return _send(row, chain, w3, keys)
        case Status.BROADCAST:
            return _look(row, chain, w3, keys)
        case Status.MINED:
            return _settle(row, chain, w3)
    return False


def _sign(row: Transaction, chain: Chain, w3: Web3, keys: Sequence[Signs]) -> bool:
    if row.chain_id != chain.chain_id:
        raise WrongChain(f"The wish is for chain {row.chain_id}; the settings name chain {chain.chain_id}.")
    check_chain(chain, w3)
    _not_too_fast(chain)
    offer = fees.suggest(w3, chain.max_fee_gwei)
    unfit: SignerUnfit | None = None
    for key in _free(chain, keys):
        row.sender = key.address
        try:
            return _sign_with(key, row, w3, offer)
        except SignerUnfit as error:
            log.error("Transaction %s: %s", row.key, error)
            unfit = unfit or error
    raise unfit or SignersBusy(f"Each signer has {settings.SIGNER_IN_FLIGHT_MAX} transactions under way.")


def _not_too_fast(chain: Chain) -> None:
    limit, since = settings.TRANSACTIONS_PER_MINUTE, timezone.now() - timedelta(minutes=1)
    if limit and Transaction.objects.filter(chain_id=chain.chain_id, signed_at__gt=since).count() >= limit:
        raise TooFast(f"{limit} transactions were signed in the last minute.")


def _free(chain: Chain, keys: Sequence[Signs]) -> list[Signs]:
    """Signers that may have one more under way, the least busy first."""
    under_way: dict[str, int] = dict(
        Transaction.objects.filter(chain_id=chain.chain_id, status__in=IN_FLIGHT)
        .values_list("sender")
        .annotate(Count("pk"))
    )
    free = [key for key in keys if under_way.get(key.address, 0) < settings.SIGNER_IN_FLIGHT_MAX]
    return sorted(free, key=lambda key: under_way.get(key.address, 0))


def _sign_with(key: Signs, row: Transaction, w3: Web3, offer: fees.Fees) -> bool:
    balance_wei = watch.look(row.chain_id, w3, key.address)
    if balance_wei == 0:
        raise _no_money(row, balance_wei, None)
    try:
        with reaching():
            estimate = int(w3.eth.estimate_gas(receipts.asked(row)))
    except (ContractLogicError, Web3RPCError) as error:
        return _foretold(row, error, balance_wei)
    gas = estimate + estimate // GAS_MARGIN
    need_wei = gas * offer.max_fee_wei + row.value_wei
    if balance_wei < need_wei:
        raise _no_money(row, balance_wei, need_wei)
    with reaching():
        pending = int(w3.eth.get_transaction_count(Web3.to_checksum_address(key.address), "pending"))
    failpoint("before_sign")
    outbox.sign(row, key, pending_count=pending, gas=gas, fees=offer)
    failpoint("after_sign")
    return True


def _foretold(row: Transaction, error: Exception, balance_wei: int) -> bool:
    """The node says that it would not work. It counts once everything that was wished earlier has happened."""
    refused = refusal(error)
    if refused is None:
        if "insufficient funds" in _said(error).lower():
            raise _no_money(row, balance_wei, None)
        raise error
    if refused.name == "AccessControlUnauthorizedAccount":
        raise SignerHasNoRole(f"{row.sender} lacks a role for it. {SignerHasNoRole.next_step}")
    earlier = Transaction.objects.filter(
        chain_id=row.chain_id, pk__lt=row.pk, status__in=(Status.WANTED, Status.SIGNED, Status.BROADCAST)
    )
    if earlier.exists() and row.purpose != batches.PURPOSE:
        outbox.postpone(row, POLL_SECONDS, refused.code, f"{refused} It is asked again after what was wished before.")
        return False
    log.error("Transaction %s would revert: %s", row.key, refused)
    outbox.reverted(row, str(refused), refused.name)
    return False


def _no_money(row: Transaction, balance_wei: int, need_wei: int | None) -> SignerHasNoMoney:
    need = f" and needs {ether(need_wei)}" if need_wei else ""
    return SignerHasNoMoney(
        f"The minter {row.sender} holds {ether(balance_wei)} ether{need}. Send it some; nothing is lost."
    )


def _holder(row: Transaction, keys: Sequence[Signs]) -> Signs:
    """The signer that gave `row` its nonce: no other can sign for it again."""
    for key in keys:
        if key.address == row.sender:
            return key
    raise SignerGone(f"Nonce {row.nonce} of {row.sender} is open, and its key is not here. {SignerGone.next_step}")


def _send(row: Transaction, chain: Chain, w3: Web3, keys: Sequence[Signs]) -> bool:
    check_chain(chain, w3)
    failpoint("before_broadcast")
    refused = _raw(row, w3)
    failpoint("after_broadcast")
    if refused is None or receipts.is_known(w3, row.hash):
        outbox.broadcast(row)
        return True
    if _nonce_is_used(row, w3):
        if not _adopt_earlier(row, w3):
            _start_over(row, w3)
        return True
    if _is_about_fees(refused):
        return _offer_more(row, chain, w3, keys)
    if "insufficient funds" in refused.lower():
        with reaching():
            balance_wei = int(w3.eth.get_balance(Web3.to_checksum_address(row.sender)))
        raise _no_money(row, balance_wei, None)
    outbox.postpone(row, RETRY_SECONDS, "node_refused", f"The node did not take it: {refused}")
    return False


def _raw(row: Transaction, w3: Web3) -> str | None:
    """Send the stored bytes; what the node has against it, if anything. May be repeated at will."""
    try:
        with reaching():
            w3.eth.send_raw_transaction(bytes(row.signed_bytes or b""))
    except Web3RPCError as error:
        return _said(error)
    return None


def _look(row: Transaction, chain: Chain, w3: Web3, keys: Sequence[Signs]) -> bool:
    """In a block? Else still waiting? Else forgotten, outbid or overtaken."""
    used = _nonce_is_used(row, w3)  # asked before the receipt: a block in between must not look like a theft
    receipt = reader.receipt(w3, row.hash)
    if receipt is None and _adopt_earlier(row, w3):
        return True
    if receipt is not None:
        failpoint("after_mined")
        outbox.mined(row, **_facts(receipt))
        return True
    if used:
        _start_over(row, w3)
        return True
    if row.hurry_asked_at or (row.cancel_asked_at and not row.cancels):
        return _offer_more(row, chain, w3, keys)
    refused = None
    if not receipts.is_known(w3, row.hash):
        log.warning("Transaction %s: the node has forgotten it; the same bytes are sent again.", row.key)
        refused = _raw(row, w3)
        if refused is None:
            outbox.postpone(row, POLL_SECONDS)
            return False
    stuck = row.broadcast_at and timezone.now() - row.broadcast_at > timedelta(seconds=STUCK_SECONDS)
    if stuck or _is_about_fees(refused):
        return _offer_more(row, chain, w3, keys)
    outbox.postpone(row, POLL_SECONDS, *(("node_refused", refused) if refused else ()))
    return False


def _offer_more(row: Transaction, chain: Chain, w3: Web3, keys: Sequence[Signs]) -> bool:
    """Sign again with the same nonce and higher fees, or to cancel it; FeeAboveCap where these pass the cap."""
    paid = fees.Fees(int(row.max_fee_per_gas_wei or 0), int(row.max_priority_fee_per_gas_wei or 0))
    higher = fees.bump(paid, fees.suggest(w3, chain.max_fee_gwei), chain.max_fee_gwei)
    cancels = row.cancel_asked_at is not None
    what = "is to be cancelled" if cancels else "is stuck or hurried"
    log.warning("Transaction %s %s at nonce %s; it is signed again at higher fees.", row.key, what, row.nonce)
    outbox.resign(row, _holder(row, keys), higher, cancels=cancels)
    failpoint("after_sign")
    return True


def _is_about_fees(refused: str | None) -> bool:
    """Whether a node refuses for the fee: each client says it in words of its own."""
    words = (refused or "").lower()
    return "underpriced" in words or "base fee" in words or "fee too low" in words or "feetoolow" in words


def _settle(row: Transaction, chain: Chain, w3: Web3) -> bool:
    """Deep enough? Still in the same block?"""
    receipt = reader.receipt(w3, row.hash)
    if receipt is None:
        log.warning("Transaction %s: its block %s was taken back.", row.key, row.block_number)
        outbox.unmined(row)
        return True
    if receipt["blockHash"].to_0x_hex() != row.block_hash:
        outbox.mined(row, **_facts(receipt))
        return True
    with reaching():
        depth = int(w3.eth.block_number) - int(receipt["blockNumber"])
    if depth < chain.confirmations:
        outbox.postpone(row, POLL_SECONDS)
    elif row.cancels:
        outbox.cancelled(row)
    elif receipt["status"] == 1:
        outbox.final(row)
    else:
        outbox.reverted(row, receipts.reason(w3, row, int(receipt["blockNumber"])))
        log.error("Transaction %s reverted: %s", row.key, row.error_text)
    return False


def _adopt_earlier(row: Transaction, w3: Web3) -> bool:
    """Whether an earlier form of `row`, with lower fees, was mined; then it is the one that counts."""
    for form in outbox.forms(row):
        if reader.receipt(w3, form.hash) is not None:
            outbox.adopt_form(row, form)
            return True
    return False


def _nonce_is_used(row: Transaction, w3: Web3) -> bool:
    with reaching():
        count = int(w3.eth.get_transaction_count(Web3.to_checksum_address(row.sender), "latest"))
    return row.nonce is not None and count > row.nonce


def _start_over(row: Transaction, w3: Web3) -> None:
    """The nonce went to a transaction that is not ours."""
    text = f"Nonce {row.nonce} of {row.sender} was used by a transaction that is not ours: is the key elsewhere too?"
    log.critical("Transaction %s: %s", row.key, text)
    if wishes.already_done(w3, row):
        outbox.replaced(row, f"{text} The wish has come true all the same.")
    elif row.cancel_asked_at:
        outbox.cancelled(row)
    else:
        outbox.start_over(row, text)


def _facts(receipt: Any) -> dict[str, Any]:
    return {
        "block_hash": receipt["blockHash"].to_0x_hex(),
        "block_number": int(receipt["blockNumber"]),
        "gas_used": int(receipt["gasUsed"]),
        "fee_wei": receipts.fee_wei(receipt),
        "contract": receipt.get("contractAddress") or "",
    }


def _said(error: Exception) -> str:
    inner = (getattr(error, "rpc_response", None) or {}).get("error")
    return str(inner.get("message", inner) if isinstance(inner, dict) else error)
