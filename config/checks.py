"""System checks: the key is only where it may be, and the settings make sense together."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from config import confine

TAG = "ninefold"


@register(TAG)
def only_the_chain_role_holds_the_minter_key(**_: Any) -> list[CheckMessage]:
    """No other process has the key's place in its environment; in production it must not be able to read the file."""
    if settings.ROLE == "chain":
        return []
    named = [name for name in settings.MINTER_VARIABLES if os.environ.get(name)]
    if named:
        return [
            Error(
                f"{', '.join(named)} is set in the {settings.ROLE} process.",
                hint="Give the minter's keystore and password to the process with NINEFOLD_ROLE=chain alone.",
                id="ninefold.E001",
            )
        ]
    if settings.PRODUCTION and confine.can_read_any(settings.STATE_DIR / "keys"):
        return [
            Error(
                f"The {settings.ROLE} process can read the keys in the state folder.",
                hint="Run the chain worker as a user of its own, and give the keystore to that user alone.",
                id="ninefold.E002",
            )
        ]
    return []


@register(TAG)
def pictures_are_signed_by_somebody(**_: Any) -> list[CheckMessage]:
    """In production a certificate that the site made for itself vouches for nothing."""
    if not settings.PRODUCTION or (settings.CREDENTIALS_CERTIFICATE and settings.CREDENTIALS_KEY):
        return []
    return [
        Warning(
            "Pictures are signed with a trial certificate that this site made for itself.",
            hint="Name a chain and its key in CREDENTIALS_CERTIFICATE and CREDENTIALS_KEY; docs/storage.md says how.",
            id="ninefold.W002",
        )
    ]


@register(TAG)
def fees_and_chain_make_sense(**_: Any) -> list[CheckMessage]:
    """Shares stay below the whole; a public chain needs a named fee address where a fee is taken."""
    found: list[CheckMessage] = []
    if not 0 <= settings.SITE_FEE_BPS + settings.DEFAULT_DONATION_BPS < 10_000:
        found.append(
            Error(
                "The site's fee and the donation leave nothing for the artist.",
                id="ninefold.E003",
                hint="Lower SITE_FEE_BPS.",
            )
        )
    if not 1 <= settings.RPC_QUORUM <= len(settings.RPC_URL.split(",")):
        found.append(
            Error(
                f"RPC_QUORUM is {settings.RPC_QUORUM}, and RPC_URL names {len(settings.RPC_URL.split(','))} nodes.",
                id="ninefold.E004",
                hint="Name at least as many nodes, with commas, as must agree.",
            )
        )
    if settings.SITE_FEE_BPS and not settings.SITE_FEE_ADDRESS:
        found.append(
            Warning(
                "SITE_FEE_BPS is set and SITE_FEE_ADDRESS is not: no fee is taken.",
                id="ninefold.W001",
                hint="Name the address that receives the fee, or set SITE_FEE_BPS=0.",
            )
        )
    return found
