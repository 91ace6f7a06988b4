"""A page on which a visitor's own browser and wallet prove a work, and the sentences that its script says."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gallery import catalogue, rights
from gallery.views.page import person
from gallery.views.public import wallet_words


@require_safe
def page(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """What this site claims of a work, beside a button that checks it without this site."""
    work = catalogue.work(work_id)
    rights.require(person(request), "read", work)
    context = {
        "work": work,
        "provenance": catalogue.provenance(work),
        "chain": catalogue.chain(),
        "proof_words": wallet_words() | _words(),
    }
    return render(request, "gallery/proof.html", context)


def _words() -> dict[str, str]:
    """Each check by its name, and with `_not` where it fails; {names} are filled in by the script."""
    return {
        "proving": _("Asking your wallet’s node and hashing …"),
        "proof_holds": _("Everything holds: {n} of {n} checks."),
        "proof_fails": _("{broken} of {n} checks fail. Do not rely on this page; ask the operator of this site."),
        "proof_owner": _("The chain says that the token belongs to {owner}, as this site says."),
        "proof_owner_not": _("The chain says that the token belongs to {owner}, and this site names another owner."),
        "proof_uri": _("The contract itself names the metadata: {uri}"),
        "proof_uri_not": _("The contract names {uri}, which is no content address."),
        "proof_metadata": _("The metadata of “{name}”, {size} bytes, hash to exactly that address."),
        "proof_metadata_not": _("The metadata do not hash to that address, or cannot be had here."),
        "proof_picture": _("Its picture, {size} bytes, hashes to the address in the metadata: {cid}"),
        "proof_picture_not": _(
            "A picture does not hash to the address in the metadata, or cannot be had here: {cid}"
        ),
        "proof_sale": _("The sale’s {parts} parts add up to its price of {price}, exactly."),
        "proof_sale_not": _("The parts of the sale do not add up to its price, or the chain does not know the sale."),
        "proof_donation": _("{amount} of it went to {beneficiary}, in the same transaction."),
        "proof_donation_not": _("The donation went to {beneficiary}, and this site names another account."),
    }
