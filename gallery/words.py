"""What the engines' codes mean, in the language of the page.

The engines speak English and know no pages; their errors carry a `code`. Here each code that a person can meet has
its sentence and next step for translation; a code that is not here is shown in the engine's own words.
"""

from datetime import UTC, datetime

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

Words = str | Promise

ENLARGING: dict[str, Words] = {
    "none": _("shown at the size it was painted"),
    "lanczos": _("Lanczos resampling"),
    "learned": _("the painter's own super-resolution, four times, then Lanczos resampling to the size"),
    "kuwahara": _("Lanczos resampling in stages with an edge-preserving Kuwahara filter"),
}

WORKED_OVER: dict[str, Words] = {
    "image-to-image": _("Painted over itself by a model, in other words."),
    "inpaint": _("A marked part was painted anew by a model; the rest stayed, pixel for pixel."),
    "outpaint": _("Carried on beyond its edges by a model; what was there stayed, pixel for pixel."),
    "variation": _("Varied by a model, from the same words and this picture's forms."),
}

# code: what happened, what to do
PROBLEMS: dict[str, tuple[Words, Words]] = {
    "prompt_empty": (_("The prompt is empty."), _("Write what the picture should show.")),
    "prompt_without_words": (
        _("The prompt holds signs and no words."),
        _("Say in words what the picture should show."),
    ),
    "untranslated": (
        _("None of these words could be translated."),
        _("Use other words, or write the prompt in English."),
    ),
    "prompt_too_long": (
        _("The prompt has more than 2,000 characters."),
        _("Shorten it; the first words count most."),
    ),
    "forbidden_character": (
        _("The text holds characters that cannot be shown, or that turn the direction of reading."),
        _("Remove them and send the text again."),
    ),
    "limit": (_("This is more than can be painted at once."), _("Ask for at most nine pictures.")),
    "too_many": (
        _("These are more pictures than are painted at once."),
        _("Ask for fewer of each, or leave out some of the choices: at most 36 at a time."),
    ),
    "wildcard": (
        _("A wildcard is not understood."),
        _("Close every brace, and use only the lists that are named below the field."),
    ),
    "not_made_here": (
        _("This picture was brought here; there is no recipe to run again."),
        _("Open a picture that was painted or composed here."),
    ),
    "weight": (_("A weight is out of bounds."), _("Write weights from 0.1 to 2, such as (red scarf:1.3).")),
    "no_painter": (
        _("No painter here can hold this model."),
        _("Choose a smaller model, or tell the operator of this site."),
    ),
    "operation": (
        _("The model of this site cannot do that with a picture."),
        _("Work the picture over in another way."),
    ),
    "mask_size": (
        _("The mask has another size than the picture."),
        _("Make the mask as large as the picture, pixel for pixel."),
    ),
    "mask_empty": (_("Nothing is marked."), _("Mark the part that is to be painted anew.")),
    "margins": (
        _("The picture does not grow, or grows beyond what is taken."),
        _("Let it grow on one side at least, to at most 8,192 pixels."),
    ),
    "quota_open": (
        _("Many of your pictures are still waiting or being painted."),
        _("Wait for some of them, or cancel some."),
    ),
    "quota_minute": (
        _("These are more pictures than you may ask for in a minute."),
        _("Wait a minute and ask again."),
    ),
    "quota_day": (_("These are more pictures than you may ask for in a day."), _("Come back tomorrow.")),
    "too_large": (_("The file is larger than is taken."), _("Upload a file of at most 40 MB.")),
    "not_a_picture": (
        _("This file is not a PNG, JPEG or WebP picture, whatever its name says."),
        _("Save the picture as PNG, JPEG or WebP and upload it again."),
    ),
    "too_many_pixels": (
        _("The picture has more pixels than are taken."),
        _("Make it at most 8,000 by 8,000 pixels and upload it again."),
    ),
    "cut_short": (_("The file ends before the picture does."), _("Save it anew and upload it again.")),
    "trailing_data": (
        _("There is something else behind the end of the picture."),
        _("Open the picture in an editor, save it anew and upload that."),
    ),
    "no_recipe": (
        _("The picture carries no recipe of Ninefold."),
        _("Choose a picture as it was downloaded here; editors often leave the recipe out."),
    ),
    "recipe_broken": (
        _("The picture carries something in the recipe’s place that is no recipe of Ninefold."),
        _("Choose a picture as it was downloaded here."),
    ),
    "animated": (_("The picture moves; only still pictures are taken."), _("Upload a single frame.")),
    "disk_full": (
        _("There is no room for more pictures on this site."),
        _("The operator has to free some room; try again after that."),
    ),
    "cannot_sign": (
        _("The picture could not be signed."),
        _("Tell the operator of this site; nothing was submitted."),
    ),
    "not_for_sale": (_("This work is not for sale."), _("You can look at other works.")),
    "already_sold": (
        _("This work was sold a moment ago. Nothing was taken from your wallet."),
        _("You can look at other works."),
    ),
    "sold_on_site": (
        _("This work was sold on site. Nothing was taken from your wallet."),
        _("You can look at other works."),
    ),
    "claim_mistyped": (
        _("This is not a claim code, or a letter of it is wrong."),
        _("Compare it with your slip, letter by letter."),
    ),
    "claim_refused": (
        _("This code cannot be used, or not by this wallet."),
        _("Ask where you bought the work; if your code was never used, they can give you a new slip."),
    ),
    "claim_overtaken": (
        _("The token of this work went to another wallet."),
        _("Ask where you bought it: they owe you its price."),
    ),
    "too_many_tries": (_("Too many codes were tried from this network."), _("Wait ten minutes and try again.")),
    "not_yet_on_sale": (_("The sale of this work has not opened yet."), _("Come back when it opens.")),
    "not_yet_kept": (
        _("Copies of this work are still being put into safe places."),
        _("Try again in a moment. Nothing was taken from your wallet."),
    ),
    "not_in_auction": (
        _("This work is not up for auction, or no longer."),
        _("Load the page again and look at how things stand."),
    ),
    "auction_over": (
        _("The auction is over. Nothing was taken from your wallet."),
        _("Anyone may settle it now; load the page again."),
    ),
    "auction_runs": (_("The auction has its first bid and runs to its end."), _("Come back after its end.")),
    "in_auction": (
        _("The work is up for auction; its first bid mints it."),
        _("Call the auction off first, which is possible until somebody has bid."),
    ),
    "being_minted": (
        _("The work is minted, or about to be."),
        _("Load the page again and look at how things stand."),
    ),
    "bid_too_low": (
        _("A bid must be at least {least} ETH now. Nothing was taken from your wallet."),
        _("Load the page again to see who leads."),
    ),
    "offer_gone": (
        _("This offer was taken, taken back, or has expired."),
        _("Load the page again and look at how things stand."),
    ),
    "listing_ended": (
        _("The work has moved since its owner offered it. Nothing was taken from your wallet."),
        _("Load the page again and look at how things stand."),
    ),
    "offer_lapsed": (_("The artist's offer of this work has lapsed."), _("Ask the artist to offer it anew.")),
    "wrong_format": (
        _("The file holds another format than its name says."),
        _("Save the picture as PNG, JPEG or WebP and upload it again."),
    ),
    "withdrawn": (_("The artist has withdrawn this work."), _("You can look at other works.")),
    "request_id_reused": (_("This was sent before with other words."), _("Load the page again and repeat it.")),
    "none_picked": (_("No picture is picked."), _("Pick one or more, then press again.")),
    "no_board": (_("No board is chosen."), _("Choose a board, or name a new one.")),
    "board_title": (_("A board’s title has 1 to 80 characters."), _("Change it and send it again.")),
    "board_title_taken": (_("Another board has this title."), _("Choose another title.")),
    "too_many_boards": (_("There are 200 boards already."), _("Take one down first.")),
    "too_many_picked": (_("These are more pictures than are changed at once."), _("Pick at most 500.")),
    "stars": (_("A picture has none to five stars."), _("Choose how many.")),
    "picture_of_a_work": (
        _("A work rests on one of these pictures."),
        _("Withdraw the work first, or leave the picture where it is."),
    ),
    "not_found": (_("This picture is not in your studio."), _("Load the page again.")),
}

# Sentences of the gallery that have one code between them; they are looked up as they are.
SENTENCES: tuple[Words, ...] = (
    _("A collaborator has not accepted their share yet."),
    _("Ask them to accept it on their account page."),
    _("The artist's signature is missing."),
    _("Sign the voucher in your wallet."),
    _("A voucher is signed for a submitted work that has a price."),
    _("The work is minted; what is on the chain cannot be withdrawn."),
    _("The work was changed elsewhere meanwhile."),
    _("Load the page again and look at how things stand."),
    _("This wallet has a share already."),
    _("A collaborator's share comes out of the artist's and must leave some of it."),
    _("Shares are fixed once a work is submitted."),
    _("Donation and site fee leave nothing for the artist."),
    _("Choose pictures of one size that fill every row."),
    _("All panels must have the same size."),
    _("Change it and send it again."),
    _("This work was sold on site."),
    _("Staff can void that sale if it is wrong."),
    _("Look at that sale."),
    _("The artist has not signed the handover of this work yet."),
    _("Come back in a few days. Your code stays good."),
    _("There is nothing to hand over."),
    _("There is nothing to cancel."),
    _("The sale was changed elsewhere meanwhile."),
    _("The code was used already, or the sale is void."),
    _("This booking was voided already."),
    _("Say in at most 200 characters why this booking does not stand."),
    _("This is more than is still open of what was promised."),
    _("Name a transaction or add a document: one of the two."),
    _("A transaction hash is 0x and 64 hexadecimal digits."),
    _("The document is larger than 10 MB."),
    _("This file is not a PDF, JPEG or PNG, or it is damaged."),
    _("Another sale has this receipt number already."),
    _("A receipt number has 1 to 40 characters."),
    _("This currency is not one of those taken here."),
    _("This is not an amount that a work is sold for."),
    _("This time has not come yet."),
    _("This work does not hang in that exhibition."),
    _("This work is on the chain already."),
    _("Look at its page: it has an owner."),
    _("Only a published work is sold on site."),
    _("Ask its artist to publish it."),
    _("This work is being minted to its artist."),
    _("Its artist can hand the token on."),
    _("This work is in an auction that has its first bid."),
    _("The highest bid has it."),
    _("This sale was voided already."),
    _("Say in at most 200 characters why this sale does not stand."),
    _("The token was handed over; what is on the chain cannot be taken back."),
    _("Only a published work without a fixed price can be put up for auction."),
    _("Nothing is held for this wallet any more."),
    _("The signed terms are not those of an auction."),
    _("An offer holds for 1 to 90 days."),
    _("Only a published work can be offered for."),
    _("Only a work that has its token can be sold on."),
    _("The owner does not sell this work."),
    _("Donation, royalty and site fee leave nothing for the seller."),
    _("This is the only operator's account."),
    _("Name another operator first."),
    _("One of your works is being minted just now."),
    _("Wait until the mint is final, or take it back, and repeat this."),
    _("These words are open already."),
)

_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SOURCE_KINDS: dict[str, Words] = {
    f"{_IPTC}trainedAlgorithmicMedia": _("made by a trained model"),
    f"{_IPTC}compositeWithTrainedAlgorithmicMedia": _("composed, partly by a trained model"),
    f"{_IPTC}algorithmicMedia": _("made by an algorithm without training"),
    f"{_IPTC}digitalCreation": _("made by a person with a program"),
    f"{_IPTC}digitalArt": _("made by a person with a program"),
    f"{_IPTC}humanEdits": _("edited by a person"),
    f"{_IPTC}digitalCapture": _("photographed"),
}
ACTIONS: dict[str, Words] = {
    "c2pa.created": _("created"),
    "c2pa.opened": _("opened"),
    "c2pa.placed": _("a picture laid in"),
    "c2pa.edited": _("worked over"),
    "c2pa.resized": _("brought to another size"),
    "c2pa.transcoded": _("saved in another format"),
    "c2pa.converted": _("saved in another format"),
    "c2pa.published": _("published"),
    "c2pa.cropped": _("cropped"),
    "c2pa.addedText": _("a visible mark added"),
    "c2pa.watermarked.unbound": _("an invisible mark added"),
}

CIRCUMSTANCES: dict[str, Words] = {
    "model_sha256": _("The model's weights"),
    "device": _("The device"),
    "processor": _("The processor's instructions"),
    "unrecorded": _("With which libraries and device it was painted was not written down then."),
}

NOTICES: dict[str, Words] = {
    "weights_stripped": _("This model knows no weights; it read the words without them."),
    "corrected": _("The translation was corrected by hand."),
    "words_left_out": _("Some words could not be translated and were left out."),
}

FAILURES: dict[str, Words] = {
    "worker_lost": _("The painter was interrupted three times. Try again, or ask for fewer pictures."),
    "out_of_memory": _("There was not enough memory for this picture. Try again later."),
    "withheld": _("The model withheld this picture. Change the words of the prompt or the seed."),
    "disk_full": _("There is no room for more pictures on this site. The operator has to free some."),
    "model_missing": _("The model is not on this machine. Tell the operator of this site."),
    "picture_lost": _("The stored picture is not in its place. Tell the operator of this site."),
}


def problem(error: Exception) -> tuple[str, str]:
    """(what happened, what to do) of an error with `code` and `next_step`, in the language of the page."""
    code, sentence, next_step = getattr(error, "code", ""), str(error), str(getattr(error, "next_step", ""))
    if code in PROBLEMS:
        happened, to_do = PROBLEMS[code]
        return str(happened).format(**getattr(error, "values", {})), str(to_do)
    return gettext(sentence), gettext(next_step) if next_step else ""


def moment(at: datetime) -> str:
    """A time for people, in UTC and to the minute: '22 November 2026, 18:30 UTC'."""
    at = at.astimezone(UTC)
    if (get_language() or "").startswith("ko"):
        return f"{at.year}년 {at.month}월 {at.day}일 {at:%H:%M} (UTC)"
    return f"{at.day} {at:%B %Y}, {at:%H:%M} UTC"
