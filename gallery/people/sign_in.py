"""Sign-in with Ethereum (EIP-4361): the site writes the text, keeps it, and checks the signature over that text.

Nothing that a browser sends is parsed as a message: it sends back a nonce and a signature. A nonce works once,
for ten minutes, on the host it was written for. Whether the signature is a plain one, a contract wallet's
(ERC-1271) or one of a wallet that is not deployed yet (ERC-6492) is the chain engine's business.
Refuses to move a wallet from one account to another.
"""

import secrets
import string
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from eth_utils.address import is_address, to_checksum_address

from gallery.models import SignInMessage, User, Wallet
from minting import api as minting

LIFETIME = timedelta(minutes=10)
KEPT = timedelta(days=1)  # after it ran out, so that a late repeat still hears "used" and not "unknown"
NONCE_CHARACTERS = string.ascii_letters + string.digits
NONCE_LENGTH = 17
STATEMENT = "Sign in to Ninefold. This costs nothing and moves nothing."


class SignInRefused(Exception):
    """The door stays closed; `code` is the word for programs, `str()` the sentence for people."""

    code: ClassVar[str]
    status: ClassVar[int] = 401
    title: ClassVar[str | Promise] = _("Not signed in")
    sentence: ClassVar[str | Promise]
    next_step: ClassVar[str | Promise] = _("Ask for a new message and sign that one.")

    def __str__(self) -> str:
        return str(self.sentence)


class NotAnAddress(SignInRefused):
    code, status, title = "not_an_address", 422, _("Not an address")
    sentence = _("This is not an Ethereum address.")
    next_step = _("Choose an account in your wallet and try again.")


class NonceUnknown(SignInRefused):
    code, sentence = "nonce_unknown", _("This site did not write the message that was signed.")


class NonceUsed(SignInRefused):
    code, sentence = "nonce_used", _("This message has been used to sign in before.")


class Expired(SignInRefused):
    code, sentence = "expired", _("The message is older than ten minutes.")


class WrongDomain(SignInRefused):
    code, sentence = "wrong_domain", _("The message was written for another address of this site.")


class WrongChain(SignInRefused):
    code, sentence = "wrong_chain", _("The message names another chain.")


class WrongAddress(SignInRefused):
    code, sentence = "wrong_address", _("Another account of your wallet is active than the one that asked.")


class BadSignature(SignInRefused):
    code, sentence = "bad_signature", _("The signature does not belong to this wallet.")


class AccountClosed(SignInRefused):
    code, status, sentence = "account_closed", 403, _("This account is closed.")
    next_step = _("Write to the operator of this site.")


class WalletTaken(SignInRefused):
    code, status, sentence = "wallet_taken", 409, _("This wallet belongs to another account.")
    next_step = _("Sign out, and sign in with the wallet to reach that account.")


def write_message(address: str, *, domain: str, uri: str) -> SignInMessage:
    """A new message for `address` (any casing), kept word for word; its nonce has 101 bits. NotAnAddress."""
    if not isinstance(address, str) or not is_address(address) or not address.startswith("0x"):
        raise NotAnAddress
    address = to_checksum_address(address)
    now = timezone.now().replace(microsecond=0)
    SignInMessage.objects.filter(expires_at__lt=now - KEPT).delete()
    nonce = "".join(secrets.choice(NONCE_CHARACTERS) for _ in range(NONCE_LENGTH))
    expires_at = now + LIFETIME
    text = "\n".join(
        (
            f"{domain} wants you to sign in with your Ethereum account:",
            address,
            "",
            STATEMENT,
            "",
            f"URI: {uri}",
            "Version: 1",
            f"Chain ID: {settings.CHAIN_ID}",
            f"Nonce: {nonce}",
            f"Issued At: {_rfc3339(now)}",
            f"Expiration Time: {_rfc3339(expires_at)}",
        )
    )
    return SignInMessage.objects.create(nonce=nonce, address=address, text=text, issued_at=now, expires_at=expires_at)


def prove(nonce: str, signature: str, *, domain: str, address: str | None = None) -> str:
    """The address that signed message `nonce`; the nonce is spent even if the signature turns out wrong.

    May ask the chain once, for the wallet of a contract. `address`, where the browser names it, must be the asker's.
    """
    now = timezone.now()
    if not isinstance(nonce, str) or "\0" in nonce:
        raise NonceUnknown
    spent = SignInMessage.objects.filter(nonce=nonce, used_at__isnull=True, expires_at__gt=now).update(used_at=now)
    message = SignInMessage.objects.filter(nonce=nonce).first()
    if message is None:
        raise NonceUnknown
    if spent != 1:
        raise NonceUsed if message.used_at else Expired
    if not message.text.startswith(f"{domain} wants you to sign in"):
        raise WrongDomain
    if f"\nChain ID: {settings.CHAIN_ID}\n" not in message.text:
        raise WrongChain
    if address is not None and str(address).lower() != message.address.lower():
        raise WrongAddress
    if not isinstance(signature, str) or not minting.is_signed_by(message.address, message.text, signature):
        raise BadSignature
    return message.address


def account_of(address: str) -> User:
    """The account that holds a proven wallet; a new one where there is none. May run twice at once."""
    wallet = Wallet.objects.select_related("user").filter(address=address).first()
    if wallet is None:
        try:
            with transaction.atomic():
                user = User.objects.create_user(name=f"{address[:6]}…{address[-4:]}")
                return Wallet.objects.create(user=user, address=address).user
        except IntegrityError:  # the same wallet, a moment ago
            wallet = Wallet.objects.select_related("user").get(address=address)
    if not wallet.user.is_active:
        raise AccountClosed
    return wallet.user


def link(user: User, address: str) -> Wallet:
    """Give a proven wallet to a signed-in account; a repeat changes nothing. WalletTaken if another has it."""
    wallet, _created = Wallet.objects.get_or_create(address=address, defaults={"user": user})
    if wallet.user_id != user.pk:
        raise WalletTaken
    return wallet


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
