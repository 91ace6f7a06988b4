"""The minter's key: read here, in the chain role, and nowhere else.

MINTER_KEYSTORE names an encrypted keystore (Web3 Secret Storage, version 3), MINTER_PASSWORD_FILE the file with its
password. Refuses every other role (SignerNotHere). The key is never logged, printed or pickled; the account that
signs knows its address and nothing else can be asked of it.
"""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from minting.errors import MintingError


class SignerNotHere(MintingError):
    """This process may not hold the minter's key, or was not given it."""

    code = "signer_not_here"
    title = "This process cannot sign"
    next_step = "Do it in the process with NINEFOLD_ROLE=chain, with MINTER_KEYSTORE and MINTER_PASSWORD_FILE set."


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


def unlock() -> Signer:
    """The minter's account, decrypted once per process (about a second); SignerNotHere in any other role."""
    if settings.ROLE != "chain":
        raise SignerNotHere(f"The {settings.ROLE} process does not hold the minter's key.")
    keystore, password = (os.environ.get(name, "") for name in settings.MINTER_VARIABLES)
    if not keystore or not password:
        raise SignerNotHere("MINTER_KEYSTORE or MINTER_PASSWORD_FILE is not set.")
    try:
        return _decrypt(Path(keystore), Path(password), Path(keystore).stat().st_mtime_ns)
    except FileNotFoundError as error:
        raise SignerNotHere(f"{error.filename} is not there.") from None
    except ValueError:
        raise SignerNotHere("The password does not open the minter's keystore.") from None


@lru_cache(maxsize=1)
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
