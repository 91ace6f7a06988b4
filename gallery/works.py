"""The editorial way of a work: draft, submitted, published, withdrawn; one function per edge.

    draft --submit--> submitted --publish--> published --withdraw--> withdrawn
      '------------------------withdraw-----------^

Submitting fixes bytes and words: picture and metadata go into the content store under CIDs computed here, and the
metadata's digest is what the artist then signs. Publishing a work that has a price needs the artist's voucher; the
site never signs for an artist. Nothing here touches the chain.
"""

import datetime as dt
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from gallery import prompts
from gallery.errors import NotReady, StaleTransition, WordsRefused
from gallery.models import Charity, Series, Share, User, Work
from generation import api as generation
from generation.models import Credential, Image
from minting import api as minting
from minting import units

VOUCHER_LIFE = dt.timedelta(days=365)
SHORTEST_OFFER = dt.timedelta(hours=1)
CLOCKS_DIFFER_BY = dt.timedelta(days=1)  # the newest block of a quiet chain may be hours old
TITLE_MAX, DESCRIPTION_MAX = 120, 5000
MADE_BY_WORDS = {
    Image.MadeBy.MACHINE: "Machine",
    Image.MadeBy.HUMAN_WITH_MACHINE: "Human with machine",
    Image.MadeBy.HUMAN: "Human",
}


def draft(
    artist: User, master: Image, *, title: str, artist_address: str, charity: Charity,
    licence: str = Work.Licence.CBE_PR, price_wei: int | None = None, title_ko: str = "", description: str = "",
    description_ko: str = "", donation_bps: int = settings.DEFAULT_DONATION_BPS, royalty_bps: int = 500,
    series: Series | None = None, keeps_steps: bool = False, shows_rejects: bool = False,
    may_be_mined: bool = False, visible_mark: bool = False, invisible_mark: bool = False,
    hides_prompts: bool = False,
) -> Work:  # fmt: skip
    """A new draft of the artist's own picture; drafting the same picture twice gives the first draft back.

    WordsRefused names the field. The artist's share takes what donation and site fee leave.
    """
    if master.owner_id != artist.pk:
        raise WordsRefused("master", "This picture is not the artist's own.")
    generation.curation.restore(artist.pk, [master.pk])  # a work's picture does not lie in the trash
    if not artist.wallets.filter(address=artist_address).exists():
        raise WordsRefused(
            "artist_address", "This wallet is not linked to the artist's account.",
            next_step="Sign in with the wallet once; that links it.",
        )  # fmt: skip
    if licence not in Work.Licence.values:
        raise WordsRefused("licence", "This licence is not one of those offered.")
    if price_wei is not None:
        try:
            units.check_price_wei(price_wei)
        except units.NotAPrice as error:
            raise WordsRefused("price", str(error)) from None
    site_bps = settings.SITE_FEE_BPS if settings.SITE_FEE_ADDRESS else 0
    artist_bps = units.BPS_WHOLE - donation_bps - site_bps
    if donation_bps < 0 or artist_bps < 1:
        raise WordsRefused("donation_bps", "Donation and site fee leave nothing for the artist.")
    if not 0 <= royalty_bps <= 5_000:
        raise WordsRefused("royalty_bps", "A royalty is 0 to 50 percent.")
    if description_ko and not title_ko:
        raise WordsRefused("title_ko", "A Korean description needs a Korean title.")
    with transaction.atomic():
        work, is_new = Work.objects.get_or_create(
            master=master,
            defaults={
                "artist": artist, "series": series, "artist_address": artist_address, "charity": charity,
                "title": _words("title", title, TITLE_MAX),
                "title_ko": _words("title_ko", title_ko, TITLE_MAX, empty=True),
                "description": _words("description", description, DESCRIPTION_MAX, empty=True),
                "description_ko": _words("description_ko", description_ko, DESCRIPTION_MAX, empty=True),
                "licence": licence, "price_wei": price_wei, "donation_bps": donation_bps, "royalty_bps": royalty_bps,
                "keeps_steps": keeps_steps, "shows_rejects": shows_rejects,
                "may_be_mined": may_be_mined, "visible_mark": visible_mark,
                "invisible_mark": invisible_mark, "hides_prompts": hides_prompts,
            },
        )  # fmt: skip
        if not is_new:
            return work
        Share.objects.create(
            work=work, position=0, role=Share.Role.ARTIST, user=artist, address=artist_address, bps=artist_bps,
            accepted_at=timezone.now(),
        )  # fmt: skip
        if site_bps:
            Share.objects.create(
                work=work, position=1, role=Share.Role.SITE, address=settings.SITE_FEE_ADDRESS, bps=site_bps,
                accepted_at=timezone.now(),
            )  # fmt: skip
    return work


def _words(field: str, text: str, most: int, *, empty: bool = False) -> str:
    try:
        return generation.clean_words(text, most, field.removesuffix("_ko"), may_be_empty=empty)
    except generation.InputRefused as error:
        raise WordsRefused(field, str(error)) from None


def invite(work: Work, *, user: User, address: str, bps: int, credit: str) -> Share:
    """Offer a collaborator part of the artist's share of a draft; it counts once they accept."""
    if not user.wallets.filter(address=address).exists():
        raise WordsRefused("address", f"This wallet is not linked to the account of {user.name}.")
    with transaction.atomic():
        locked = Work.objects.select_for_update().get(pk=work.pk)
        if locked.status != Work.Status.DRAFT:
            raise StaleTransition("Shares are fixed once a work is submitted.")
        artist = locked.shares.get(position=0)
        if not 1 <= bps < artist.bps:
            raise WordsRefused("bps", "A collaborator's share comes out of the artist's and must leave some of it.")
        if locked.shares.filter(address=address).exists():
            raise WordsRefused("address", "This wallet has a share already.")
        artist.bps -= bps
        artist.save(update_fields=["bps"])
        last = locked.shares.order_by("-position").values_list("position", flat=True)[0]
        return Share.objects.create(
            work=locked, position=last + 1, role=Share.Role.COLLABORATOR, user=user, address=address, bps=bps,
            credit=_words("credit", credit, 120, empty=True),
        )  # fmt: skip


def accept(share: Share, user: User) -> None:
    """The collaborator's own yes; harmless when repeated, refused for anyone else."""
    if share.user_id != user.pk:
        raise WordsRefused("share", "Only the collaborator can accept this share.")
    Share.objects.filter(pk=share.pk, accepted_at__isnull=True).update(accepted_at=timezone.now())


def submit(work: Work) -> Work:
    """draft -> submitted. The picture is signed; it and its metadata are kept under their CIDs; the row moves last.

    May be repeated after any of these: what was signed is found again, so the addresses stay the same.
    """
    shares = list(work.shares.all())
    if any(share.accepted_at is None for share in shares):
        raise NotReady(
            "A collaborator has not accepted their share yet.",
            next_step="Ask them to accept it on their account page.",
        )
    work.beneficiary = beneficiary = work.donation_address
    steps = generation.lineage(work.master)
    credential = generation.issue(work.master, _credential_words(work))
    image_cid = _keep(credential, work.title)
    preview_cid, manifest_cid = _keep_copies(credential, work.title)
    kept = {
        image.sha256: _keep(generation.issue(image, _credential_words(work, marked=False)), f"{work.title} {number}")
        for number, image in enumerate(_kept_steps(work, steps), 1)
    }
    commitments = prompts.commit(work, steps) if work.hides_prompts else {}
    facts = replace(
        _facts(work, steps, image_cid, kept, commitments), preview_cid=preview_cid, manifest_cid=manifest_cid
    )
    document = minting.build_metadata(facts)
    metadata_cid = minting.keep(document, f"{work.title}.json", "application/json")
    with transaction.atomic():
        _move(
            work, (Work.Status.DRAFT,), status=Work.Status.SUBMITTED, submitted_at=timezone.now(),
            image_cid=image_cid, metadata_cid=metadata_cid, credential=credential, beneficiary=beneficiary,
            further_cids=[preview_cid, manifest_cid, *kept.values()],
        )  # fmt: skip
        minting.admit_artist(work.artist_address)  # whom the operator made an artist, the contract lets in
    return work


def _credential_words(work: Work, *, marked: bool = True) -> "generation.CredentialWords":
    """What the picture says of itself; the pictures of earlier steps carry no marks."""
    return generation.CredentialWords(
        title=work.title, creator=work.artist.name, licence=work.get_licence_display(), licence_url=work.licence_url,
        may_be_mined=work.may_be_mined, hides_words=work.hides_prompts, visible_mark=marked and work.visible_mark,
        mark_number=work.number if marked and work.invisible_mark else 0,
    )  # fmt: skip


def _keep(credential: Credential, name: str) -> str:
    return minting.keep(generation.signed_path(credential), f"{name}.png", credential.mime)


def _keep_copies(credential: Credential, name: str) -> tuple[str, str]:
    """CIDs of the preview and of the manifest; the smaller copies for pages and for sharing are made as well."""
    copies = {size: generation.signed_derivative(credential, size) for size in ("320", "640", "1280", "share")}
    preview_cid = minting.keep(copies["1280"], f"{name}.webp", "image/webp")
    return preview_cid, minting.keep(generation.manifest_path(credential.pk), f"{name}.c2pa", "application/c2pa")


def _kept_steps(work: Work, steps: Sequence[generation.Step]) -> list[Image]:
    """Panels, which are part of the work; every earlier step too, where the artist wishes it."""
    if work.keeps_steps:
        return [step.image for step in steps[:-1]]
    return list(steps[-1].parents) if steps[-1].kind == "compose" else []


def _facts(
    work: Work, steps: Sequence[generation.Step], image_cid: str, kept: Mapping[str, str],
    commitments: Mapping[Any, str],
) -> "minting.WorkFacts":  # fmt: skip
    public = settings.SITE_URL
    paint = next((step.recipe for step in steps if step.kind == "paint"), {})
    attributes = [
        minting.Attribute("Artist", work.artist.name),
        minting.Attribute("Made by", MADE_BY_WORDS[Image.MadeBy(work_class(steps))]),
        minting.Attribute("Licence", work.licence),
    ]
    if work.series:
        attributes.insert(1, minting.Attribute("Series", work.series.title))
    if "model" in paint:
        attributes.append(minting.Attribute("Model", paint["model"]))
    panels = len(steps[-1].parents) if steps[-1].kind == "compose" else 0
    if panels:
        attributes.append(minting.Attribute("Panels", panels, "number"))
    return minting.WorkFacts(
        name=work.title, name_ko=work.title_ko, description=work.description, description_ko=work.description_ko,
        image_cid=image_cid, attributes=tuple(attributes),
        external_url=f"{public}/works/{work.id}/" if public.startswith("https://") else "",
        licence=work.licence, made_by=work_class(steps), donation_beneficiary=work.donation_address,
        donation_bps=work.donation_bps, model_name=paint.get("model", ""), model_sha256=paint.get("model_sha256", ""),
        lineage=tuple(_lineage_entry(step, kept, commitments) for step in steps),
    )  # fmt: skip


def work_class(steps: Sequence[generation.Step]) -> str:
    """The class of a whole way: the machine alone, human with machine, or human."""
    classes = {step.made_by for step in steps}
    return classes.pop() if len(classes) == 1 else str(Image.MadeBy.HUMAN_WITH_MACHINE)


def _lineage_entry(
    step: generation.Step, kept: Mapping[str, str], commitments: Mapping[Any, str]
) -> dict[str, Any]:  # fmt: skip
    """What the metadata says of a step. Words that are kept: their commitment, and no digest without a salt."""
    entry: dict[str, Any] = {
        "step": step.kind, "made_by": step.made_by, "image_sha256": step.image.sha256,
        "at": step.image.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }  # fmt: skip
    if step.image.sha256 in kept:
        entry["image"] = f"ipfs://{kept[step.image.sha256]}"
    if step.parents:
        entry["parents_sha256"] = [parent.sha256 for parent in step.parents]
    if step.image.job:
        entry["recipe"] = {
            key: str(value) if isinstance(value, float) else value
            for key, value in step.recipe.items()
            if not (commitments and key in ("prompt", "negative_prompt"))
        }
    if step.image.job and not commitments:
        entry["recipe_sha256"] = step.image.job.recipe_sha256
    if step.prompt and commitments:
        entry["prompt"] = {"commitment": commitments[step.prompt.pk], "language": step.prompt.language}
    elif step.prompt:
        entry["prompt"] = {"text": step.prompt.text, "language": step.prompt.language, "text_en": step.prompt.text_en}
        if step.prompt.translator:
            entry["prompt"]["translator"] = step.prompt.translator
    return entry


def voucher_request(work: Work) -> dict[str, Any]:
    """EIP-712 typed data for the artist's wallet (eth_signTypedData_v4) to sign: this work at this price."""
    _not_sold_on_site(work)
    if work.price_wei is None or not (work.status == Work.Status.SUBMITTED or work.offer_has_lapsed):
        raise NotReady("A voucher is signed for a submitted work that has a price, or when the last one has lapsed.")
    now = timezone.now()
    return minting.voucher_typed_data(
        token_id=token_id(work), metadata_cid=work.metadata_cid, price_wei=work.price_wei,
        beneficiary=work.donation_address if work.donation_bps else None, donation_bps=work.donation_bps,
        shares=[(share.address, share.bps) for share in work.shares.all()], royalty_receiver=work.artist_address,
        royalty_bps=work.royalty_bps, valid_from=now - CLOCKS_DIFFER_BY, valid_until=now + VOUCHER_LIFE,
        nonce=secrets.randbits(64),
    )  # fmt: skip


def publish(work: Work, message: dict[str, Any] | None = None, signature: str | None = None) -> Work:
    """submitted -> published; with a price, only with the artist's signed voucher over exactly this work's terms.

    A published work whose voucher has lapsed takes a new one the same way.
    """
    _not_sold_on_site(work)
    if work.price_wei is None:
        _move(work, (Work.Status.SUBMITTED,), status=Work.Status.PUBLISHED, published_at=timezone.now())
        return work
    if not message or not signature:
        raise NotReady("The artist's signature is missing.", next_step="Sign the voucher in your wallet.")
    if work.status != Work.Status.SUBMITTED and not work.offer_has_lapsed:
        raise StaleTransition(f"The work is {work.get_status_display()} already.")
    same_terms(voucher_request(work)["message"], message)
    with transaction.atomic():
        voucher = minting.keep_voucher(message, signature)
        if work.offer_has_lapsed:
            _move(work, (Work.Status.PUBLISHED,), voucher=voucher)
        else:
            submitted, now = (Work.Status.SUBMITTED,), timezone.now()
            _move(work, submitted, status=Work.Status.PUBLISHED, published_at=now, voucher=voucher)
    return work


def same_terms(ours: dict[str, Any], message: dict[str, Any]) -> None:
    """The signed message must say what the site asked to sign, whatever the browser sent; WordsRefused."""
    for member in ours:
        if member in ("validFrom", "validUntil", "nonce"):
            continue
        if message.get(member) != ours[member]:
            raise WordsRefused(member, f"The signed voucher names another {member} than the work.")
    now = timezone.now().timestamp()
    try:
        start, end = int(str(message["validFrom"])), int(str(message["validUntil"]))
    except (KeyError, ValueError):
        raise WordsRefused("validUntil", "The signed voucher has no dates.") from None
    if start > now or not now + SHORTEST_OFFER.total_seconds() <= end <= now + VOUCHER_LIFE.total_seconds():
        raise WordsRefused("validUntil", "The signed voucher names other dates than the site offered.")


def withdraw(work: Work) -> Work:
    """Any earlier state -> withdrawn, with its voucher; refused once it is sold on site or the token exists.

    A mint that waits to be signed is taken back with it; one that is on its way is not, and refuses.
    """
    _not_sold_on_site(work)
    if minting.token(token_id(work)) is not None:
        raise StaleTransition("The work is minted; what is on the chain cannot be withdrawn.")
    earlier = (Work.Status.DRAFT, Work.Status.SUBMITTED, Work.Status.PUBLISHED)
    mint = minting.mint_of(token_id(work))
    with transaction.atomic():
        if mint is not None and mint.is_open:
            try:
                if mint.status != minting.Transaction.Status.WANTED:
                    raise minting.StaleTransition("It is on its way.")
                minting.cancel(mint.row)
            except minting.StaleTransition:
                raise StaleTransition("The work is being minted; it cannot be withdrawn now.") from None
        _move(work, earlier, status=Work.Status.WITHDRAWN, withdrawn_at=timezone.now())
        if work.voucher is not None:
            minting.withdraw_voucher(work.voucher)
        minting.auctions.withdraw(token_id(work))
    return work


def mint(work: Work) -> "minting.Transaction":
    """Ask the chain worker to mint a published work that is not for sale to its artist; asking twice is one mint."""
    if work.status != Work.Status.PUBLISHED or work.price_wei is not None:
        raise NotReady("The chain worker mints published works that carry no price; others are minted by their sale.")
    if not minting.are_kept(work.cids):
        raise NotReady("Picture and metadata are still being pinned.", next_step="Try again in a moment.")
    with transaction.atomic():
        hold_for_mint([work.number])
        return minting.want_mint(token_id(work), work.metadata_cid, work.artist_address, work.royalty_bps)


def token_id(work: Work) -> int:
    """The one token id that this work can ever have."""
    return units.token_id(work.artist_address, work.number)


def hold_for_mint(numbers: Iterable[int]) -> None:
    """Within a transaction: NotReady if the token of one of these works waits for whoever bought it at the counter.

    Until the transaction ends, none of them can be sold on site.
    """
    for work in Work.objects.select_for_update(of=("self",)).filter(number__in=list(numbers)).order_by("number"):
        _not_sold_on_site(work)


def _not_sold_on_site(work: Work) -> None:
    if work.onsite_sale_id is not None:
        raise NotReady("This work was sold on site.", next_step="Staff can void that sale if it is wrong.")


def _move(work: Work, old: Sequence[str], **changes: Any) -> None:
    if Work.objects.filter(pk=work.pk, status__in=old, onsite_sale=None).update(**changes) != 1:
        raise StaleTransition("The work was changed elsewhere meanwhile.")
    for name, value in changes.items():
        setattr(work, name, value)
