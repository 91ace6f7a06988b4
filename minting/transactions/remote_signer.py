"""A signer in another process or on another machine, which holds the key: JSON-RPC over HTTP as Web3Signer speaks it.

The transaction goes out with `eth_signTransaction` and comes back signed. What comes back is believed in nothing: it
must be, field by field, what was asked, signed by the account that was asked (SignerDeviates). One request, bounded
in time and size, no redirects; it sends nothing to the chain, so a lost answer is a signature that nobody uses.
Reference: Web3Signer, JSON-RPC methods; EIP-1559; EIP-2718.
"""

import json
import time
from typing import Any

import requests
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from minting.errors import MintingError

CONNECT_SECONDS = 2
ANSWER_SECONDS = 5
ANSWER_BYTES_MAX = 1024**2


class SignerUnreachable(MintingError):
    """The signer did not answer in time, or refuses. Nothing was signed that we know of; no nonce is lost."""

    retryable = True
    code = "signer_unreachable"
    title = "The signer does not answer"
    next_step = "It is tried again by itself. If it goes on, look at the signer that MINTER_SIGNER_URL names."


class SignerDeviates(MintingError):
    """The signer gave back something else than it was asked to sign. It is not used."""

    code = "signer_deviates"
    title = "The signer signed something else"
    next_step = "Stop the chain worker and look at the signer: it is set up for another key or chain, or not yours."


class RemoteSigner:
    """One account of the signer at `url`."""

    def __init__(self, url: str, address: str) -> None:
        self._url, self.address = url, address

    def __repr__(self) -> str:
        return f"<RemoteSigner {self.address}>"

    def sign(self, fields: dict[str, Any]) -> tuple[bytes, str]:
        """(bytes to send, transaction hash); SignerUnreachable or SignerDeviates."""
        asked = {
            name: hex(value) if isinstance(value, int) else value for name, value in fields.items() if name != "type"
        }
        answer = self._ask("eth_signTransaction", [{"from": self.address, **asked}])
        raw = answer.get("raw") if isinstance(answer, dict) else answer  # Web3Signer, and nodes with accounts
        try:
            signed = bytes.fromhex(str(raw).removeprefix("0x"))
            found, sender = _read(signed)
        except Exception as error:  # whatever bytes a stranger sends, they are no transaction
            raise SignerDeviates(
                f"The signer's answer is no EIP-1559 transaction ({type(error).__name__})."
            ) from error
        wrong = sorted(name for name, value in _plain(fields).items() if found.get(name) != value)
        if wrong or sender != self.address:
            raise SignerDeviates(
                f"Asked {self.address}; got one of {sender} with another {', '.join(wrong) or 'key'}."
            )
        return signed, "0x" + keccak(signed).hex()

    def _ask(self, method: str, parameters: list[Any]) -> Any:
        until = time.monotonic() + ANSWER_SECONDS
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        try:
            with requests.post(
                self._url, json=body, timeout=(CONNECT_SECONDS, ANSWER_SECONDS), allow_redirects=False, stream=True
            ) as response:
                read = b""
                for piece in response.iter_content(16_384):
                    read += piece
                    if len(read) > ANSWER_BYTES_MAX or time.monotonic() > until:
                        raise SignerUnreachable("The signer's answer is too long or takes too long.")
            answer = json.loads(read)
        except (requests.RequestException, ValueError) as error:
            raise SignerUnreachable(f"The signer does not answer ({type(error).__name__}).") from error
        if not isinstance(answer, dict) or "result" not in answer:
            said = answer.get("error") if isinstance(answer, dict) else answer
            raise SignerUnreachable(f"The signer refuses: {str(said)[:200]}")
        return answer["result"]


def _read(signed: bytes) -> tuple[dict[str, Any], str]:
    """(fields, sender) of a signed transaction of type 2; raises for anything else."""
    if signed[:1] != b"\x02":
        raise ValueError("not of type 2")
    found = TypedTransaction.from_bytes(HexBytes(signed)).as_dict()
    if found.get("accessList"):
        raise ValueError("with an access list")
    return _plain(found), str(Account.recover_transaction(signed))


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Numbers as int, bytes and addresses as lower hex: one form for what is asked and what comes back."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        text = value.hex() if isinstance(value, bytes) else value
        found[name] = text.lower().removeprefix("0x") if isinstance(text, str) else text
    return {"to": "", **{name: value for name, value in found.items() if name not in {"v", "r", "s", "accessList"}}}
