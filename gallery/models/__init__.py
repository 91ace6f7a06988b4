"""Rows of the gallery: people, works, series, exhibitions, charities, sales on site."""

from gallery.models.charity import Charity, CharityAddress
from gallery.models.commitment import Commitment
from gallery.models.exhibition import Exhibition, Hanging
from gallery.models.onsite import ClaimTry, OnSiteEntry, OnSitePayment, OnSiteSale
from gallery.models.people import SignInMessage, User, Wallet
from gallery.models.series import Series
from gallery.models.work import Share, Work

__all__ = [
    "Charity", "CharityAddress", "ClaimTry", "Commitment", "Exhibition", "Hanging", "OnSiteEntry", "OnSitePayment",
    "OnSiteSale", "Series", "Share", "SignInMessage", "User", "Wallet", "Work",
]  # fmt: skip
