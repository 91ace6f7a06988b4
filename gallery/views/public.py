"""What anybody may look at: home, exhibitions, works, collections, model cards."""

import uuid

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from eth_utils.address import is_address, to_checksum_address

from gallery import catalogue, lineage_graph, offers, prompts, resale, rights, sales
from gallery.models import Work
from gallery.views.page import person
from generation import api as generation
from minting import api as minting
from minting import units


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The current exhibition first."""
    return render(request, "gallery/home.html", {"home": catalogue.home()})


@require_safe
def exhibitions(request: HttpRequest) -> HttpResponse:
    """Every exhibition, newest first."""
    return render(request, "gallery/exhibitions.html", {"exhibitions": catalogue.exhibitions()})


@require_safe
def exhibition(request: HttpRequest, slug: str) -> HttpResponse:
    """Works in hanging order; before it opens, only when that will be."""
    shown = catalogue.exhibition(slug)
    open_ = rights.may(person(request), "visit", shown)
    context = {"exhibition": shown, "is_open": open_, "hung": catalogue.hung(shown) if open_ else []}
    return render(request, "gallery/exhibition.html", context)


@require_safe
def work(request: HttpRequest, work_id: uuid.UUID) -> HttpResponse:
    """A work with everything that is known of it. One that is not published leads its artist to the studio."""
    shown = catalogue.work(work_id)
    rights.require(person(request), "read", shown)
    if shown.status != Work.Status.PUBLISHED and rights.may(person(request), "edit", shown):
        return redirect("studio-work", work_id=work_id)
    provenance = catalogue.provenance(shown)
    steps = generation.lineage(shown.master)
    rejects = generation.rejects(shown.master, steps, lineage_graph.REJECTS_SHOWN) if shown.shows_rejects else []
    stages = catalogue.way(shown.master, steps)
    standing = sales.standing(shown)
    listing = resale.listing_of(shown) if standing.token else None
    context = {
        "parts": standing.parts,
        "work": shown,
        "provenance": provenance,
        "standing": standing,
        "is_kept": standing.kind not in ("for_sale", "auction", "bidding") or sales.is_kept(shown),
        "stages": stages,
        "graph": lineage_graph.draw(
            shown.master, steps, rejects, seen={shown.master_id}, sealed=prompts.sealed(shown, steps)
        ),
        "prompts": prompts.told(shown, stages),
        "chain": catalogue.chain(),
        "takes_home": rights.may(person(request), "take_home", shown),
        "walls": catalogue.walls_of(shown),
        "wallet_words": wallet_words(),
    }
    waits = standing.kind == "sold_on_site" and standing.token is None  # for whoever bought it at the counter
    if standing.kind not in sales.IN_AUCTION.values() and not waits:
        context |= {
            "offers": minting.offers.open_for(provenance.token_id),
            "sells": offers.sells(person(request), shown),
            "takes_offers": True,
            "listing": listing,
            "parts": resale.parts(shown, listing) if listing else standing.parts,
        }
    return render(request, "gallery/work.html", context)


@require_safe
def collection(request: HttpRequest, address: str) -> HttpResponse:
    """What a wallet holds, whoever asks; addresses in another casing lead to the one spelling."""
    if not is_address(address):
        raise Http404
    spelled = to_checksum_address(address)
    if spelled != address:
        return redirect("collection", address=spelled)
    held = catalogue.collection(spelled)
    own = person(request).is_authenticated and person(request).wallets.filter(address=spelled).exists()
    credits = [
        {"contract": contract, "currency": currency, "amount": amount, "in_ether": currency == units.ETHER_CURRENCY}
        for (contract, currency), amount in minting.held_by_contract(spelled).items()
    ]
    context = {
        "address": spelled,
        "held": held,
        "own": own,
        "credits": credits,
        "offers": minting.offers.of_bidder(spelled),
        "chain": catalogue.chain(),
    }
    return render(request, "gallery/collection.html", context | {"wallet_words": wallet_words()})


@require_safe
def model_card(request: HttpRequest, name: str) -> HttpResponse:
    """The card of the model that paints here, or of one that painted a work which is shown here."""
    if name != settings.MODEL and not catalogue.painted_with(name):
        raise Http404
    try:
        card = generation.model_card(name)
    except generation.GenerationError as error:
        raise Http404 from error
    return render(request, "gallery/model.html", {"card": card})


def wallet_words() -> dict[str, str]:
    """The sentences that the wallet script says, in the language of the page; {names} are filled in by it."""
    return {
        "no_wallet": _(
            "No wallet was found in this browser. Install an Ethereum wallet, or open this page in its own browser."
        ),
        "choose": _("Several wallets answered. Choose one."),
        "connecting": _("Your wallet asks whether it may show its address to this page."),
        "wrong_chain": _("Your wallet is on another chain. This work is sold on {chain}."),
        "switch": _("Switch to {chain}"),
        "chain_unknown": _("Your wallet does not know {chain}. Add this chain in the wallet, then try again."),
        "rejected": _("You declined in your wallet. Nothing was sent and nothing was paid."),
        "pending_in_wallet": _("Your wallet has a question open already. Answer it there, then try again."),
        "confirm": _("Check the price in your wallet and confirm there."),
        "short": _("This wallet holds {balance} ETH. The work costs {price} ETH, and the network fee comes on top."),
        "sold": _("This work was sold a moment ago. Nothing was taken from your wallet."),
        "confirm_call": _("Read the transaction in your wallet and confirm it there."),
        "short_call": _("This wallet holds {balance} ETH. You named {price} ETH, and the network fee comes on top."),
        "slow_call": _("The network is slow. The transaction is on its way; load the page again in a few minutes."),
        "reverted_call": _("The chain refused it. Only the network fee is gone. Load the page again to see why."),
        "refused_call": _("The chain would refuse this, so it was not sent. Load the page again to see why."),
        "look_again": _("See how it stands now"),
        "done_bid": _("Your bid leads."),
        "done_settle": _("The auction is settled."),
        "done_cancel": _("The auction is called off."),
        "approved": _("The contract may move your works now. Your wallet asks a second time, for the sale itself."),
        "approve": _("Your wallet asks first whether the contract may move your works. Confirm it there."),
        "done_offer": _("Your offer is made."),
        "done_accept": _("The work is sold."),
        "done_cancel_offer": _("Your money is on its way back."),
        "done_end": _("The work is no longer sold."),
        "done_gift": _("The work belongs to {who}."),
        "done_withdraw": _("It was paid out."),
        "waiting": _("Sent. Waiting for the next block …"),
        "slow": _("The network is slow. The purchase is on its way; look at your collection in a few minutes."),
        "reverted": _("The chain refused the purchase. The price was not paid; only the network fee is gone."),
        "refused": _("The chain would refuse this purchase, so it was not sent. Load the page again to see why."),
        "done": _("The work is yours."),
        "to_their_collection": _("See it in their collection"),
        "to_collection": _("See it in your collection"),
        "sign": _("Read the message in your wallet and sign it. This costs nothing."),
        "sign_terms": _("Your wallet shows the terms of sale. Sign them there. This costs nothing."),
        "wrong_account": _("Your wallet shows another account. Switch to {address} in the wallet, then try again."),
        "signed_in": _("Signed in."),
        "published": _("Published."),
        "stale_page": _("This page has been open for too long. Load it again and repeat the step."),
        "offline": _("The site did not answer. Check the connection and try again."),
        "wallet_error": _("The wallet answered with an error: {message}"),
    }
