"""The server's part of a purchase: what to send, where, with which value. The buyer's wallet signs and sends it."""

import uuid

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST
from eth_utils.address import is_address, is_checksum_address, to_checksum_address

from gallery import catalogue, problems, rights, sales
from gallery.errors import GalleryError
from gallery.people.sign_in import NotAnAddress
from gallery.views.page import person
from minting.api import MintingError


@require_POST
def purchase(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """{address, recipient} -> {to, data, value, chainId}; asking moves nothing and may be repeated."""
    work = catalogue.work(work_id)
    rights.require(person(request), "read", work)
    try:
        prepared = sales.prepare_purchase(work, wallet_in(request))
    except (problems.NotJson, NotAnAddress, GalleryError, MintingError) as error:
        return problems.of(error)
    return JsonResponse(prepared, headers={"Cache-Control": "no-store"})


def wallet_in(request: HttpRequest) -> str:
    """Whom the work is bought for: `recipient` where one is named, else the buyer's own `address`; NotAnAddress."""
    body = problems.read_json(request)
    address = body.get("recipient") or body.get("address", "")
    if not isinstance(address, str) or not (address := address.strip()).startswith("0x") or not is_address(address):
        raise NotAnAddress
    if address[2:] not in (address[2:].lower(), address[2:].upper()) and not is_checksum_address(address):
        raise NotAnAddress  # a slip of the pen
    if int(address, 16) == 0:  # what is sent there is lost
        raise NotAnAddress
    return to_checksum_address(address)
