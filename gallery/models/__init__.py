"""Rows of the gallery: people, works, series, exhibitions, charities."""

from gallery.models.charity import Charity, CharityAddress
from gallery.models.exhibition import Exhibition, Hanging
from gallery.models.people import SignInMessage, User, Wallet
from gallery.models.series import Series
from gallery.models.work import Share, Work

__all__ = [
    "Charity", "CharityAddress", "Exhibition", "Hanging", "Series", "Share", "SignInMessage", "User", "Wallet",
    "Work",
]  # fmt: skip
