"""The minters' keys: reached from here, in the chain role, and from nowhere else.

MINTER_KEYSTORE names one encrypted keystore (Web3 Secret Storage, version 3) or several with commas, and
MINTER_PASSWORD_FILE as many files with their passwords. MINTER_SIGNER_URL and MINTER_SIGNER_ADDRESSES name a signer
elsewhere that holds the keys itself (minting/transactions/remote_signer.py). Refuses every other role
(SignerNotHere). A key is never logged, printed or pickled; the account that signs knows its address and nothing else
can be asked of it.
"""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn, Protocol

from django.conf import settings
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import is_address, to_checksum_address

from minting.errors import MintingError
from minting.transactions.remote_signer import RemoteSigner


class SignerNotHere(MintingError):
    """This process may not hold the minter's key, or was not given it."""

    code = "signer_not_here"
    title = "This process cannot sign"
    next_step = (
        "Do it in the process with NINEFOLD_ROLE=chain, with MINTER_KEYSTORE and MINTER_PASSWORD_FILE or with "
        "MINTER_SIGNER_URL and MINTER_SIGNER_ADDRESSES set."
    )


class Signs(Protocol):
    """An account whose key is at hand, here or elsewhere."""

    address: str

    def sign(self, fields: dict[str, Any]) -> tuple[bytes, str]:
        """(bytes to send, transaction hash) of an EIP-1559 transaction."""


class Signer:
    """An unlocked account. `sign` is all it does."""

    __slots__ = ("_account", "address")

    def __init__(self, account: LocalAccount) -> None:
        self._account = account
        self.address: str = account.address

    def __repr__(self) -> str:
        return f"<Signer {self.address}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A signer stays in its process.")

    def sign(self, fields: dict[str, Any]) -> tuple[bytes, str]:
        """(bytes to send, transaction hash) of an EIP-1559 transaction."""
        signed = self._account.sign_transaction(fields)
        return bytes(signed.raw_transaction), signed.hash.to_0x_hex()


def unlock() -> list[Signs]:
    """Every signer that is configured, the first one first; SignerNotHere in any other role, or where there is none.

    A keystore is decrypted once per process, in about a second. No network.
    """
    if settings.ROLE != "chain":
        raise SignerNotHere(f"The {settings.ROLE} process does not hold the minter's key.")
    keystores, passwords, urls, addresses = map(_words, settings.MINTER_VARIABLES)
    if len(keystores) != len(passwords):
        raise SignerNotHere(
            f"MINTER_KEYSTORE names {len(keystores)} files and MINTER_PASSWORD_FILE {len(passwords)}."
        )
    if any(not is_address(address) for address in addresses) or len(urls) != bool(addresses):
        raise SignerNotHere("MINTER_SIGNER_URL and MINTER_SIGNER_ADDRESSES do not make sense together.")
    found: list[Signs] = [_open(Path(one), Path(two)) for one, two in zip(keystores, passwords, strict=True)]
    found += [RemoteSigner(urls[0], to_checksum_address(address)) for address in addresses]
    if not found:
        raise SignerNotHere("MINTER_KEYSTORE or MINTER_PASSWORD_FILE is not set.")
    return found


def _words(name: str) -> list[str]:
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


def _open(keystore: Path, password: Path) -> Signer:
    try:
        return _decrypt(keystore, password, keystore.stat().st_mtime_ns)
    except FileNotFoundError as error:
        raise SignerNotHere(f"{error.filename} is not there.") from None
    except ValueError:
        raise SignerNotHere(f"The password does not open the minter's keystore {keystore.name}.") from None


@lru_cache(maxsize=16)
def _decrypt(keystore: Path, password: Path, _changed_ns: int) -> Signer:
    key = Account.decrypt(json.loads(keystore.read_text()), password.read_text().strip())
    return Signer(Account.from_key(key))


def address_in(keystore: Path) -> str:
    """The address of a keystore, told without its password."""
    return to_checksum_address("0x" + json.loads(keystore.read_text())["address"].removeprefix("0x"))


def create_keystore(path: Path, password: str) -> str:
    """A new key in a new file that only this user can read; its address. FileExistsError rather than overwrite."""
    account = Account.create()
    text = json.dumps(Account.encrypt(account.key, password))
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    return str(account.address)
