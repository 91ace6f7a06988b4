"""The register of charities: an address counts once the charity has proven it and two people have stood by it.

    proposed --approve, by another person--> current --(the next one is approved)--> former
       '--reject--> rejected

The proof is the charity's own: its wallet signs `statement` word for word, or its website publishes the address on a
page that both people look at. A change never touches what was signed or submitted before: vouchers and submitted
works hold the address they were written with. One function per edge, each a conditional UPDATE that must hit one row.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from eth_utils.address import is_address, to_checksum_address

from gallery.errors import StaleTransition, WordsRefused
from gallery.models import Charity, CharityAddress, User
from minting import api as minting

_S = CharityAddress.Status


def statement(charity: Charity, address: str) -> str:
    """What the wallet at `address` signs (personal_sign) to prove that it is the charity's."""
    return (
        f"{charity.name} asks Ninefold at {settings.SITE_URL} to pay its donations to {address}.\n"
        "This message gives no access to the account and costs nothing."
    )


def prove(charity: Charity, address: str, signature: str, page_url: str) -> tuple[str, str]:
    """(the address as EIP-55 spells it, what was signed if anything); WordsRefused names the field that is wrong.

    Asks the chain's node where the signature is a contract wallet's.
    """
    if not address.startswith("0x") or not is_address(address) or int(address, 16) == 0:
        raise WordsRefused("address", "This is not an address that money could go to.")
    address = to_checksum_address(address)
    said = statement(charity, address)
    if signature:
        if not minting.is_signed_by(address, said, signature):
            raise WordsRefused("signature", f"This is not the signature of {address} over the words: {said}")
        return address, said
    if not _is_theirs(charity, page_url):
        raise WordsRefused(
            "page_url", f"The charity signs with its wallet, word for word: {said}",
            next_step="Or name an https page of its own website that shows the address; enter the website first.",
        )  # fmt: skip
    return address, ""


def propose(charity: Charity, address: str, by: User, *, signature: str = "", page_url: str = "") -> CharityAddress:
    """A new row for somebody else to decide on; refuses as `prove` does."""
    address, said = prove(charity, address, signature, page_url)
    try:
        with transaction.atomic():
            return CharityAddress.objects.create(
                charity=charity, address=address, statement=said, signature=signature, page_url=page_url,
                proposed_by=by,
            )  # fmt: skip
    except IntegrityError:
        raise WordsRefused("address", "This address is, or was, proposed for a charity already.") from None


def approve(row: CharityAddress, by: User) -> Charity:
    """proposed -> current, by another person than proposed it; the one before becomes a former one."""
    if row.proposed_by_id == by.pk:
        raise WordsRefused("decided_by", "Another person than the one who proposed it has to approve it.")
    with transaction.atomic():
        charity = Charity.objects.select_for_update().get(pk=row.charity_id)
        CharityAddress.objects.filter(charity=charity, status=_S.CURRENT).update(status=_S.FORMER)
        _decide(row, by, _S.CURRENT)
        charity.address, charity.is_active = row.address, True
        charity.save(update_fields=["address", "is_active"])
    return charity


def reject(row: CharityAddress, by: User) -> None:
    """proposed -> rejected; whoever proposed it may take it back this way too."""
    _decide(row, by, _S.REJECTED)


def _decide(row: CharityAddress, by: User, status: CharityAddress.Status) -> None:
    now = timezone.now()
    rows = CharityAddress.objects.filter(pk=row.pk, status=_S.PROPOSED)
    if rows.update(status=status, decided_by=by, decided_at=now) != 1:
        raise StaleTransition("This address was decided on already.")
    row.status, row.decided_by, row.decided_at = status, by, now


def _is_theirs(charity: Charity, page_url: str) -> bool:
    page, site = urlsplit(page_url), urlsplit(charity.website)
    return page.scheme == "https" and bool(site.hostname) and page.hostname == site.hostname
