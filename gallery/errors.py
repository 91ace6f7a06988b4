"""What the gallery refuses, as one tree. Pages show `title`, the sentence and `next_step`; the API shows `code`."""

from typing import ClassVar


class GalleryError(Exception):
    """`str(error)` says what happened; `next_step` says what a person can do about it."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This could not be done"
    next_step: str = "Load the page again and look at how things stand."

    def __init__(self, detail: str, *, next_step: str | None = None) -> None:
        super().__init__(detail)
        if next_step is not None:
            self.next_step = next_step


class StaleTransition(GalleryError):
    """The work had moved on before this step reached it. Nothing was changed."""

    code = "stale_transition"
    title = "The work has moved on"


class WordsRefused(GalleryError):
    """Title, price, shares or other members that are not taken; `field` names which."""

    code = "invalid"
    status = 422
    title = "This was not taken"
    next_step = "Change it and send it again."

    def __init__(self, field: str, detail: str, *, next_step: str | None = None) -> None:
        super().__init__(detail, next_step=next_step)
        self.field = field


class NotReady(GalleryError):
    """A step that needs another one first."""

    code = "not_ready"
    title = "Something has to come first"


class NotYetKept(GalleryError):
    """Too few places have proven that they hold picture and metadata: nobody pays for what may be gone tomorrow."""

    code = "not_yet_kept"
    title = "The work is still being brought to safety"
    next_step = "Try again in a moment. Nothing was taken from your wallet."


class NotForSale(GalleryError):
    """The artist shows this work and does not sell it."""

    code = "not_for_sale"
    title = "This work is not for sale"
    next_step = "Follow the artist; a price may come."


class NotYetOnSale(GalleryError):
    """The exhibition is open for visits and its sale opens later."""

    code = "not_yet_on_sale"
    title = "The sale has not opened yet"
    next_step = "Come back at the time named on the page."


class AlreadySold(GalleryError):
    """The token exists on the chain."""

    code = "already_sold"
    title = "This work was sold a moment ago"
    next_step = "Nothing was taken from your wallet. Look at the other works of the exhibition."


class SoldOnSite(GalleryError):
    """Somebody paid for it at the counter; the token waits for them."""

    code = "sold_on_site"
    title = "This work was sold on site"
    next_step = "Nothing was taken from your wallet. Look at the other works of the exhibition."


class OfferLapsed(GalleryError):
    """The voucher is past its last day; the artist can sign a new one."""

    code = "offer_lapsed"
    title = "The offer has lapsed"
    next_step = "Ask the artist to offer it anew."


class NotInAuction(GalleryError):
    """The work is not, or no longer, up for auction."""

    code = "not_in_auction"
    title = "This work is not up for auction"


class AuctionOver(GalleryError):
    """A bid after the end."""

    code = "auction_over"
    title = "The auction is over"
    next_step = "Nothing was taken from your wallet. Anyone may settle the auction now."


class AuctionRuns(GalleryError):
    """A step that has to wait for the end, or that the first bid has closed."""

    code = "auction_runs"
    title = "The auction is running"
    next_step = "Come back after its end."


class BidTooLow(GalleryError):
    """A bid below the least; `values` name it in ether."""

    code = "bid_too_low"
    status = 422
    title = "The bid is too low"
    next_step = "Bid at least that much. Nothing was taken from your wallet."

    def __init__(self, detail: str, least: str) -> None:
        super().__init__(detail)
        self.values = {"least": least}


class OfferGone(GalleryError):
    """An offer that cannot be taken, or taken back, any more."""

    code = "offer_gone"
    title = "This offer is gone"


class Withdrawn(GalleryError):
    """The artist took the work back."""

    code = "withdrawn"
    title = "This work was withdrawn"
    next_step = "Look at the other works of the exhibition."
