"""Every page's reading, in one place, each with its prefetch plan; tests hold each to a budget of queries.

What the chain says of a work (minted, sold, owner) is read from the projections for all works of a page at once.
Writes nothing, speaks to no chain and decides no rights: views ask rights.py before they show what this gives.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Max, Prefetch, Q, QuerySet, Sum
from django.shortcuts import get_object_or_404
from django.utils import timezone

from gallery.models import Exhibition, Hanging, Share, User, Work
from gallery.sales import IN_AUCTION, price_of
from generation import api as generation
from generation.models import Image, Job
from minting import api as minting
from minting import units
from minting.models import Block, Donation, Offer, Payment, Pin, Sale, Token, Transfer

Row = TypeVar("Row", Token, Transfer)
LATEST = 8
PICTURES_PER_PAGE = 48
JOBS_SHOWN = 12
NUMBER_MASK = 2**units.TOKEN_NUMBER_BITS - 1


@dataclass(frozen=True)
class Shown:
    """A work on a wall: itself, and how it stands on the market."""

    work: Work
    kind: str  # as in sales.Standing
    price_wei: int | None
    opens_at: datetime | None = None
    wall: Hanging | None = None
    resale_wei: int | None = None  # what its owner asks for it now


def shown(works: Iterable[Work], walls: dict[int, Hanging] | None = None) -> list[Shown]:
    """The works (from `on_walls`) in their order with their standing; a few queries, however many there are.

    The rules are those of sales.standing, which reads one work with all its parts; a test holds the two together.
    """
    works = list(works)
    ids = {work.number: units.token_id(work.artist_address, work.number) for work in works}
    sold = (
        sales()
        .filter(collection=shared_contract(), token_id__in=ids.values())
        .order_by("-log__block__number", "-log__log_index")
    )
    sales_of = {sale.token_id: sale for sale in sold} if works else {}  # the first of each work comes last
    lots = minting.auctions.of_many(ids.values()) if works and chain() else {}
    born_ids = _of(Token).filter(token_id__in=ids.values()).values_list("token_id", flat=True)
    minted = {int(token_id) for token_id in born_ids}
    listings = minting.listings.open_for(minted) if minted else {}
    now, result = timezone.now(), []
    for work in works:
        token_id, price_wei, opens_at = ids[work.number], work.price_wei, None
        onsite, born = work.onsite_sale, sales_of.get(token_id)
        lot = lots.get(token_id)
        if lot is not None and lot.stage in IN_AUCTION and (onsite is None or lot.auction is not None):
            opens_at = min((h.exhibition.sale_opens_at for h in work.hangings.all()), default=None)
            waits = lot.stage == "waiting" and opens_at is not None and opens_at > now
            kind, price_wei = "not_yet" if waits else IN_AUCTION[lot.stage], lot.amount_wei
        elif onsite is not None and (token_id not in minted or onsite.was_handed_over(born)):
            kind, price_wei = "sold_on_site", None
        elif token_id in minted and token_id in sales_of:
            kind, price_wei = "sold", price_of(sales_of[token_id])
        elif token_id in minted:
            kind = "minted"
        elif price_wei is None or work.offer_has_lapsed:
            kind = "not_for_sale"
        else:
            opens_at = min((h.exhibition.sale_opens_at for h in work.hangings.all()), default=None)
            kind = "not_yet" if opens_at and opens_at > now else "for_sale"
        asked = int(listings[token_id].price_wei) if token_id in listings else None
        result.append(Shown(work, kind, price_wei, opens_at, (walls or {}).get(work.number), asked))
    return result


def on_walls() -> QuerySet[Work]:
    """Published works with all that a card names."""
    works = Work.objects.filter(status=Work.Status.PUBLISHED).select_related(
        "artist", "master", "series", "voucher", "onsite_sale__handover"
    )
    return works.prefetch_related("hangings__exhibition")


@dataclass(frozen=True)
class Home:
    exhibition: Exhibition | None
    hung: list[Shown]
    upcoming: Exhibition | None
    latest: list[Shown]
    donated_wei: int
    donations: int


def home() -> Home:
    """The current exhibition, what is new, and what has been given."""
    now = timezone.now()
    open_now = Q(opens_at__lte=now) & (Q(closes_at__isnull=True) | Q(closes_at__gt=now))
    current = Exhibition.objects.filter(open_now).select_related("curator").order_by("-opens_at").first()
    upcoming = Exhibition.objects.filter(opens_at__gt=now).select_related("curator").order_by("opens_at").first()
    hung = list(on_walls().filter(hangings__exhibition=current).order_by("hangings__position")[:LATEST])
    latest = list(on_walls().order_by("-published_at", "-number")[:LATEST])
    cards = {card.work.number: card for card in shown({w.number: w for w in hung + latest}.values())}
    total = donations().aggregate(wei=Sum("amount_wei"), last=Max("pk"))
    return Home(
        current,
        [cards[work.number] for work in hung] if current else [],
        upcoming,
        [cards[work.number] for work in latest],
        int(total["wei"] or 0),
        donations().count(),
    )


def exhibition(slug: str) -> Exhibition:
    """An exhibition by its slug, or Http404."""
    return get_object_or_404(Exhibition.objects.select_related("curator"), slug=slug)


def hung(of: Exhibition) -> list[Shown]:
    """What hangs in an exhibition, in order; only what is published."""
    hangings = {hanging.work_id: hanging for hanging in of.hangings.order_by("position")}
    works = {work.number: work for work in on_walls().filter(number__in=hangings)}
    return shown([works[number] for number in hangings if number in works], hangings)


def exhibitions() -> list[Exhibition]:
    """All that have opened or are announced, newest first."""
    return list(Exhibition.objects.select_related("curator").order_by("-opens_at"))


def work(work_id: uuid.UUID) -> Work:
    """A work with everybody it pays, or Http404."""
    return get_object_or_404(
        Work.objects.select_related(
            "artist", "master", "charity", "series", "voucher", "credential", "onsite_sale__handover"
        ).prefetch_related(
            Prefetch("shares", Share.objects.select_related("user").order_by("position")), "hangings__exhibition"
        ),
        id=work_id,
    )


@dataclass(frozen=True)
class Provenance:
    """Where the bytes lie, and what the chain has recorded."""

    token_id: int
    token: Token | None
    transfers: list[Transfer]
    sale: Sale | None
    donation: Donation | None
    pins: list[Pin]
    minting: minting.Passage | None  # while this site's own mint of it is on its way
    provisional: bool


def provenance(of: Work) -> Provenance:
    """Ten queries at most; facts of the chain come with their block. `sale` is the first, if there were several."""
    token_id = units.token_id(of.artist_address, of.number)
    token = _of(Token).filter(token_id=token_id).select_related("log__block").first()
    transfers = _of(Transfer).filter(token_id=token_id).select_related("log__block")
    sale = minting.sale_of(token_id)
    donation = Donation.objects.filter(sale=sale).select_related("log__block").first() if sale else None
    wanted = None if token else minting.mint_of(token_id)
    latest = sale.log.block.number if sale else token.log.block.number if token else None
    return Provenance(
        token_id,
        token,
        list(transfers.order_by("log__block__number", "log__log_index")),
        sale,
        donation,
        [pin for cid in (of.image_cid, of.metadata_cid) if cid for pin in minting.pins_of(cid)],
        wanted if wanted and wanted.is_open else None,
        latest is not None and is_provisional(latest, head()),
    )


def offer(offer_id: int) -> Offer | None:
    """An offer by its number on the chain."""
    current = chain()
    rows = Offer.objects.filter(chain_id=settings.CHAIN_ID, contract=current.offers if current else "")
    return rows.filter(offer_id=offer_id).first() if 0 <= offer_id < 2**256 else None


def walls_of(of: Work) -> list[Exhibition]:
    """The exhibitions that a work hangs in and that have opened; no query when it came from `work`."""
    now = timezone.now()
    return [hanging.exhibition for hanging in of.hangings.all() if hanging.exhibition.opens_at <= now]


@dataclass(frozen=True)
class Stage:
    """One or more steps that differ by their seed alone, told as one."""

    step: generation.Step
    seeds: list[int]
    person: User | None
    """Whose step it was; None once the account is gone."""


def way(to: Image, steps: list[generation.Step] | None = None) -> list[Stage]:
    """How a picture came about, first prompt first; nine panels of one prompt are one stage with nine seeds."""
    stages: list[Stage] = []
    steps = generation.lineage(to) if steps is None else steps
    people = User.objects.in_bulk({step.image.owner_id for step in steps})
    for step in steps:
        before = stages[-1].step if stages else None
        if before and step.kind == before.kind == "paint" and _but_seed(step) == _but_seed(before):
            stages[-1].seeds.append(step.recipe.get("seed", 0))
        else:
            seeds = [step.recipe["seed"]] if "seed" in step.recipe else []
            stages.append(Stage(step, seeds, people.get(step.image.owner_id)))
    return stages


def _but_seed(step: generation.Step) -> tuple[Any, ...]:
    words = (step.prompt.text, step.prompt.negative_text) if step.prompt else ()
    return ({name: value for name, value in step.recipe.items() if name != "seed"}, words, step.made_by)


@dataclass(frozen=True)
class Held:
    """A token in a collection, with its work where this site shows it."""

    token: Token
    work: Work | None


def collection(address: str) -> list[Held]:
    """The tokens that an address holds, newest first."""
    tokens = list(
        Token.objects.filter(chain_id=settings.CHAIN_ID, owner=address)
        .select_related("log__block")
        .order_by("-log__block__number", "-log__log_index")
    )
    works = works_of((token.contract, token.token_id) for token in tokens)
    return [Held(token, works.get((token.contract, token.token_id))) for token in tokens]


def works_of(tokens: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Work]:
    """Works by (contract, token id): series may have the same ids. Others than published are private."""
    shared = shared_contract()
    wanted = {token_id for contract, token_id in tokens if contract == shared}
    numbers = {token_id & NUMBER_MASK for token_id in wanted}
    works = on_walls().filter(number__in=[n for n in numbers if n < 2**63]) if wanted else ()
    found = {units.token_id(work.artist_address, work.number): work for work in works}
    return {(shared, token_id): work for token_id, work in found.items() if token_id in wanted}


@dataclass(frozen=True)
class Progress:
    """What is being painted for a person; `seconds_left` until the last of it is done, None when unknown."""

    jobs: list[Job]
    seconds_left: float | None
    seconds_each: dict[uuid.UUID, float]


def open_jobs(user: User) -> Progress:
    """Those being painted first, then oldest first; the time is that of the last of all, not only of those shown."""
    jobs = Job.objects.filter(owner_id=user.pk, status__in=Job.OPEN).select_related("prompt").order_by("created_at")
    waiting = sorted(jobs, key=lambda job: job.status != Job.Status.RUNNING)
    shown = waiting[:JOBS_SHOWN]
    return Progress(shown, generation.seconds_left(waiting) if waiting else None, generation.seconds_each(shown))


def failed_jobs(user: User) -> list[Job]:
    """What went wrong in the last day and can be tried again."""
    since = timezone.now() - timedelta(days=1)
    jobs = Job.objects.filter(
        owner_id=user.pk, status__in=(Job.Status.FAILED, Job.Status.CANCELLED), finished_at__gt=since
    )
    return list(jobs.select_related("prompt").order_by("-finished_at")[:JOBS_SHOWN])


def job(user: User, job_id: uuid.UUID) -> Job:
    """One's own job, or Http404."""
    return get_object_or_404(Job.objects.select_related("prompt"), pk=job_id, owner_id=user.pk)


def pictures(user: User, *, of_jobs: Sequence[uuid.UUID] | None = None) -> list[Image]:
    """The newest of one's pictures, or those of these jobs; library.py has all of them."""
    rows = Image.objects.filter(owner_id=user.pk, trashed_at=None).select_related("job__prompt").defer("words")
    if of_jobs is not None:
        rows = rows.filter(job__in=of_jobs)
    return list(rows.order_by("-created_at")[:PICTURES_PER_PAGE])


def image(image_id: uuid.UUID) -> Image:
    """A picture by its id, or Http404."""
    return get_object_or_404(Image.objects.select_related("job__prompt").defer("words"), pk=image_id)


def works_in_hand(user: User) -> list[Work]:
    """An artist's works that are not published yet, and the published ones after them."""
    return list(
        Work.objects.filter(artist=user)
        .exclude(status=Work.Status.WITHDRAWN)
        .select_related("artist", "master", "series")
        .order_by("-created_at")[:PICTURES_PER_PAGE]
    )


def invitations(user: User) -> list[Share]:
    """Shares that a person has been offered and not yet accepted."""
    waiting = Share.objects.filter(user=user, role=Share.Role.COLLABORATOR, accepted_at__isnull=True)
    return list(waiting.select_related("work__artist"))


def payments(addresses: Sequence[str], year: int) -> list[tuple[Payment, Work | None]]:
    """What these addresses were paid in ether in a year (UTC), oldest first, each with its work where it is shown."""
    rows = list(
        Payment.objects.filter(sale__in=in_ether(), account__in=addresses, amount_wei__gt=0)
        .filter(log__block__mined_at__year=year)
        .select_related("sale", "log__block")
        .order_by("log__block__number", "log__log_index")
    )
    works = works_of((row.sale.collection, row.sale.token_id) for row in rows)
    return [(row, works.get((row.sale.collection, row.sale.token_id))) for row in rows]


def head() -> int | None:
    """The highest block that the indexer has walked."""
    top: Any = Block.objects.filter(chain_id=settings.CHAIN_ID).aggregate(top=Max("number"))["top"]
    return None if top is None else int(top)


def is_provisional(number: int, top: int | None) -> bool:
    """Whether a block is not deep enough below `top`, the newest one that was read, to be taken as final."""
    return top is None or top - number < settings.CHAIN_CONFIRMATIONS


def sales() -> QuerySet[Sale]:
    """Sales at our market, auctions and offers on the configured chain, in whatever currency."""
    current = chain()
    return Sale.objects.filter(chain_id=settings.CHAIN_ID, contract__in=current.sellers if current else ())


def in_ether() -> QuerySet[Sale]:
    """Those whose amounts may be added up as wei."""
    return sales().filter(currency=units.ETHER_CURRENCY)


def donations() -> QuerySet[Donation]:
    """Donations of sales in ether at our contracts on the configured chain."""
    return Donation.objects.filter(sale__in=in_ether())


def chain() -> minting.Chain | None:
    """The chain that works are sold on; None while its contracts are not deployed. Reads one small file."""
    try:
        return minting.chain()
    except minting.NotDeployed:
        return None


def shared_contract() -> str:
    """The contract of single works; empty before it is deployed."""
    current = chain()
    return current.token if current else ""


def _of(model: type[Row]) -> QuerySet[Row]:
    """Rows of the contract of single works on the configured chain; none before it is deployed."""
    rows: QuerySet[Row] = model._default_manager.all()
    return rows.filter(chain_id=settings.CHAIN_ID, contract=shared_contract())


def painted_with(model: str) -> bool:
    """Whether a picture that is on a wall here was painted by this model, or is made of such pictures."""
    works = Work.objects.filter(status=Work.Status.PUBLISHED)
    direct = Q(master__job__recipe__model=model)
    parent = Q(master__parentages__parent__job__recipe__model=model)
    return works.filter(
        direct | parent | Q(master__parentages__parent__parentages__parent__job__recipe__model=model)
    ).exists()
