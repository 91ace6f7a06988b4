"""Claim codes: 128 bits of chance as 28 letters and digits that a person can type from a slip of paper.

    7K2M-Q0XD-9VTA-…    seven groups of four: 128 bits of secret and 12 bits that show a slip of the finger

The alphabet is Crockford's base32 (no I, L, O, U): capitals do not matter, O is read as 0, I and L as 1, hyphens and
spaces are passed over. Only a salted SHA-256 is ever stored; with 128 bits behind it there is nothing to guess, so no
slow hash is needed. The 12 bits follow from the secret and tell nobody whether such a code was given out.
"""

import hashlib
import hmac
import secrets
from typing import ClassVar

from gallery.errors import GalleryError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SECRET_BYTES, CHECK_BITS, SALT_BYTES = 16, 12, 16
SYMBOLS, GROUP = 28, 4
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}


class Mistyped(GalleryError):
    """No code at all: too short, too long, a letter that none has, or a slip that the check bits show."""

    code: ClassVar[str] = "claim_mistyped"
    status: ClassVar[int] = 422
    title = "This is not a claim code"
    next_step = "Compare it with your slip, letter by letter."


def new() -> tuple[str, bytes]:
    """(the code for the slip, its secret); nothing of it is kept here."""
    secret = secrets.token_bytes(SECRET_BYTES)
    return write(secret), secret


def write(secret: bytes) -> str:
    """The code of a secret, in groups."""
    number = int.from_bytes(secret) << CHECK_BITS | _check(secret)
    letters = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(SYMBOLS)))
    return "-".join(letters[at : at + GROUP] for at in range(0, SYMBOLS, GROUP))


def read(text: str) -> bytes:
    """The secret of a code as a person typed it; Mistyped."""
    letters = [letter for letter in text[:200].upper() if letter not in "- \t\r\n\u00a0\u2010\u2011\u2012\u2013"]
    if len(letters) != SYMBOLS or any(letter not in _VALUES for letter in letters):
        raise Mistyped("A claim code has 28 letters and digits.")
    number = 0
    for letter in letters:
        number = number << 5 | _VALUES[letter]
    secret = (number >> CHECK_BITS).to_bytes(SECRET_BYTES)
    if number & (1 << CHECK_BITS) - 1 != _check(secret):
        raise Mistyped("There is a slip of the finger in this code.")
    return secret


def salted(secret: bytes) -> tuple[bytes, bytes]:
    """(salt, digest): what is stored."""
    salt = secrets.token_bytes(SALT_BYTES)
    return salt, digest(salt, secret)


def digest(salt: bytes, secret: bytes) -> bytes:
    return hashlib.sha256(salt + secret).digest()


def is_of(secret: bytes, salt: bytes, stored: bytes) -> bool:
    """Whether this secret was stored so; takes the same time either way."""
    return hmac.compare_digest(digest(salt, secret), stored)


def _check(secret: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"ninefold claim code" + secret).digest()[:2]) >> 16 - CHECK_BITS
