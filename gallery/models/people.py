"""Accounts, the wallets that people have proven to hold, and sign-in messages."""

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    _UserManager = BaseUserManager["User"]
else:
    _UserManager = BaseUserManager


class Accounts(_UserManager):
    """Creation of accounts, in the form Django's own commands call."""

    def create_user(self, email: str | None = None, password: str | None = None, **fields: Any) -> "User":
        """An account with an e-mail and password, or (without e-mail) one that signs in with a wallet only."""
        user = self.model(email=email.strip().lower() if email else None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """An operator, for `manage.py createsuperuser`."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Signs in by e-mail and password, by wallet, or by both; may be artist and curator."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail"), null=True, blank=True, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_ko = models.CharField(_("name in Korean"), max_length=80, blank=True)
    biography = models.TextField(_("biography"), blank=True)
    biography_ko = models.TextField(_("biography in Korean"), blank=True)
    is_artist = models.BooleanField(default=False)
    is_curator = models.BooleanField(default=False)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    forgotten_at = models.DateTimeField(null=True, editable=False)  # when all that named the person was taken away

    objects = Accounts()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name


class Wallet(models.Model):
    """An address (EIP-55) whose holder signed in with it once; it belongs to one account."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="wallets")
    address = models.CharField(max_length=42, unique=True)
    proven_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.address


class SignInMessage(models.Model):
    """An EIP-4361 text written by this site, kept word for word; the signature is checked over exactly this text."""

    nonce = models.CharField(max_length=32, primary_key=True)
    address = models.CharField(max_length=42)
    text = models.TextField()
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.nonce
