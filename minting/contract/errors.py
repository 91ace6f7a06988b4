"""What can go wrong at the contracts, for a worker (`retryable`) and for a person (`next_step`).

The contract speaks in custom errors: four bytes and arguments. `explain` turns them into a sentence. References:
Solidity ABI, "Errors"; minting/solidity/src.
"""

from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from minting.contract import artifacts
from minting.errors import MintingError

_REVERT = bytes.fromhex("08c379a0")  # Error(string)
_PANIC = bytes.fromhex("4e487b71")  # Panic(uint256)


class NodeUnreachable(MintingError):
    """The chain node did not answer in time. What it was asked may have happened all the same."""

    retryable = True
    code = "node_unreachable"
    title = "The chain does not answer"
    next_step = "Nothing: it is tried again by itself. If it goes on, look at the node that RPC_URL names."


class NodesDisagree(MintingError):
    """Several nodes are asked, and too few of them say the same. One may be behind, or lie."""

    retryable = True
    code = "nodes_disagree"
    title = "The chain's nodes contradict each other"
    next_step = "Nothing: it is asked again. If it goes on, find the node that is wrong and take it out of RPC_URL."


class WrongChain(MintingError):
    """The node is of another chain than the settings: nothing is signed, read or sent."""

    code = "wrong_chain"
    title = "The node belongs to another chain"
    next_step = "Set CHAIN_ID and RPC_URL to the same chain."


class VoucherInvalid(MintingError):
    """Terms that the contract would refuse, or that a person cannot have meant; the message names the member."""

    code = "voucher_invalid"
    title = "These terms of sale are not valid"
    next_step = "Correct what is named and sign again."


class BadSharesInVoucher(VoucherInvalid):
    code = "bad_shares"
    title = "The shares do not add up"
    next_step = "Let donation and shares be exactly 100 % together, with each account once."


class BadAddressInVoucher(VoucherInvalid):
    code = "bad_address"
    title = "An address is not one"
    next_step = "Use a full address of 40 hexadecimal digits, other than zero and other than our own contracts."


class BadPriceInVoucher(VoucherInvalid):
    code = "bad_price"
    title = "The price is not one"
    next_step = "Ask for a whole number of wei below 2^128."


class BadValidityInVoucher(VoucherInvalid):
    code = "bad_validity"
    title = "The dates of the offer are not valid"
    next_step = "Let the offer end after it begins, and in the future."


class BadRoyaltyInVoucher(VoucherInvalid):
    code = "bad_royalty"
    title = "The royalty is too high"
    next_step = "Ask for at most 50 %."


class SignatureInvalid(MintingError):
    """A signature that is not the account's, or that the contract would refuse for its form."""

    code = "signature_invalid"
    title = "The signature is not the artist's"
    next_step = "Sign again with the wallet whose address is on the work."


class WalletNotDeployed(MintingError):
    """An ERC-6492 signature of a contract wallet that is not on this chain yet; not checked here."""

    code = "wallet_not_deployed"
    title = "This wallet is not on this chain yet"
    next_step = "Make one transaction with it on this chain, then sign again."


class ContractRefused(MintingError):
    """The contract reverted. `name` is its custom error, or Error, Panic or Unknown; `args` its arguments."""

    code = "contract_refused"
    title = "The contract refused"

    def __init__(self, name: str, arguments: tuple[Any, ...], detail: str, next_step: str) -> None:
        super().__init__(detail, next_step=next_step)
        self.name, self.arguments = name, arguments


_NOTHING = "Nothing needs to be done."
_SIGN_AGAIN = "Ask the artist to sign the work's terms again."
_RELOAD = "Load the page again and buy at the price that it shows."
_SENTENCES: dict[str, tuple[str, str]] = {
    "AlreadyMinted": ("This work has its token already; there cannot be a second one.", _NOTHING),
    "ArtistNotAdmitted": ("{0} is not admitted as an artist on this chain.", "Ask a curator to admit the artist."),
    "EmptyDigest": ("The work has no metadata yet.", "Wait until its description is stored, then try again."),
    "RoyaltyTooHigh": ("A royalty of {0} basis points is above the most that is allowed.", _SIGN_AGAIN),
    "WrongPrice": ("{0} wei were sent and {1} wei are asked.", _RELOAD),
    "PriceTooHigh": ("The price is above what the contract can divide.", _SIGN_AGAIN),
    "NotYetValid": ("The sale has not begun yet.", "Come back when it opens."),
    "Expired": ("The offer has ended.", _SIGN_AGAIN),
    "Cancelled": ("The artist has withdrawn this offer.", "Load the page again."),
    "BadSignature": ("The terms are not signed by the work's artist.", _SIGN_AGAIN),
    "BadShares": ("The shares of the price do not add up.", _SIGN_AGAIN),
    "ZeroAddress": ("An address is empty.", "Name the account that shall receive the work."),
    "DeadEnd": ("{0} is a contract of Ninefold: what arrives there could never leave.", "Name another account."),
    "NotEnoughGas": ("The gas limit is too low to pay everybody.", "Let the wallet choose the gas limit."),
    "NothingToWithdraw": ("Nothing is held for this account.", _NOTHING),
    "WithdrawalFailed": ("The account refused the money; it stays held for it.", "Let the account accept ether."),
    "OfferOutdated": ("The work was sold, moved or recalled since this offer was signed.", _RELOAD),
    "NotYours": ("This work is not yours to recall.", "Use the wallet that owns it, or its artist's."),
    "UnknownCollection": ("{0} is no collection of this market.", _SIGN_AGAIN),
    "CurrencyNotListed": ("Sales in the currency {0} are not open.", _SIGN_AGAIN),
    "CurrencyTakesFee": ("The currency {0} keeps part of what is sent.", _SIGN_AGAIN),
    "NotOnTheList": ("{0} is not on the list of this phase.", "Wait for the phase that is open to all."),
    "OverTheCap": ("This would be {0} works, and {1} is the most for one wallet.", "Ask for fewer."),
    "SoldOut": ("The last work of this drop is gone.", _NOTHING),
    "NothingWanted": ("No work was asked for.", "Ask for at least one."),
    "DonationBelowArtists": (
        "The artist asks that {1} basis points of every later sale go to {0}, and the listing gives less.",
        "Ask the owner to sign the listing again.",
    ),
    "NonceUsed": ("A sale on these terms has begun or ended.", _RELOAD),
    "NotTheArtist": ("{0} is not the artist of this work.", _SIGN_AGAIN),
    "BadTerms": ("These terms cannot be auctioned.", _SIGN_AGAIN),
    "BidTooLow": ("{0} was bid and {1} is the least.", "Load the page again and bid at least what it shows."),
    "Ended": ("The auction has ended.", _NOTHING),
    "StillOpen": ("The auction is not over yet.", "Come back after its end."),
    "NothingToSettle": ("There is nothing to settle in this auction.", _NOTHING),
    "NoSuchOffer": ("This offer was accepted, taken back or never made.", "Load the page again."),
    "NothingOffered": ("An offer must be above zero.", "Offer more."),
    "NotTheBidder": ("Until it expires, only its bidder may take an offer back.", "Wait until it has expired."),
    "OtherThanOffered": ("The offer was for another work, metadata or currency.", _SIGN_AGAIN),
    "DonationBelowOffered": (
        "The bidder asks that {1} basis points go to {0}, and the terms give less.",
        "Sign terms that give at least as much to that charity.",
    ),
    "NonceIsZero": ("These terms cannot be cancelled by their number.", "Recall the work itself."),
    "NotOfThisSeries": ("This work is not one that this series mints in this way.", _SIGN_AGAIN),
    "NotMarket": ("The series does not let {0} sell.", "Ask the artist to let the market in."),
    "EnforcedPause": ("Sales are paused.", "Come back later."),
    "AccessControlUnauthorizedAccount": (
        "{0} has no right to do this on the contract.",
        "Run `manage.py deploy_contracts` again: it gives the missing rights.",
    ),
    "ERC721NonexistentToken": ("This token does not exist.", "Wait until it is minted."),
}


def explain(data: bytes | str) -> ContractRefused:
    """What a revert says. `data` is what the node gave back: selector and arguments, or nothing."""
    raw = bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else bytes(data)
    selector, rest = raw[:4], raw[4:]
    operator = "Tell the operator of this site."
    try:
        if selector == _REVERT:
            (reason,) = decode(["string"], rest)
            return ContractRefused("Error", (reason,), f"The contract says: {reason}", operator)
        if selector == _PANIC:
            (number,) = decode(["uint256"], rest)
            return ContractRefused("Panic", (number,), f"The contract broke off (panic {number}).", operator)
        entry = artifacts.refusals().get(selector)
        if entry:
            kinds = artifacts.types(entry["inputs"])
            values = tuple(
                to_checksum_address(value) if kind == "address" else value
                for kind, value in zip(kinds, decode(kinds, rest), strict=True)
            )
            sentence, step = _SENTENCES.get(
                entry["name"], (f"The contract refused: {entry['name']}{values or ''}.", operator)
            )
            return ContractRefused(entry["name"], values, sentence.format(*values), step)
    except DecodingError:
        pass
    shown = f" (0x{raw[:36].hex()})" if raw else ""
    return ContractRefused("Unknown", (), f"The contract refused without a reason that is known{shown}.", operator)
