"""The donation ledger, read from the projections: by charity, by exhibition, over time, and sale by sale.

Three figures stand side by side: what the artists signed for (`promised`) and what the contract gave in the
transactions of the sales (`given`), which must agree, and what it still holds for a charity whose account refused it
(`held`, a part of what was given). All in wei, of sales in ether; those in a coin are counted apart. Writes nothing
and asks no node; a page of rows costs the same however long the ledger is.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import TruncDay, TruncMonth
from eth_utils.address import to_checksum_address

from gallery import catalogue
from gallery.errors import GalleryError
from gallery.models import Charity, CharityAddress, Exhibition, Hanging, Work
from minting import api as minting
from minting import units
from minting.models import Donation

ROWS_PER_PAGE = 100
BATCH = 2000
DAYS_DRAWN = 60


class CursorRefused(GalleryError):
    """A page of the ledger was asked for by a cursor that this site did not give out."""

    code = "cursor_refused"
    title = "This page of the ledger does not exist"
    next_step = "Begin at the newest donations."


@dataclass(frozen=True)
class Given:
    """One donation. `promised_wei` is None where the signed terms are not kept here."""

    donation: Donation
    work: Work | None
    charity: Charity | None
    promised_wei: int | None
    provisional: bool

    @property
    def agrees(self) -> bool:
        """Whether the charity was given what was promised, as far as that is known here."""
        return self.promised_wei in (None, self.donation.amount_wei)


@dataclass
class CharityTotal:
    """`years` are those in which the charity was given something, newest first."""

    address: str
    charity: Charity | None
    wei: int = 0
    count: int = 0
    promised_wei: int = 0
    held_wei: int = 0
    years: Sequence[int] = ()


@dataclass(frozen=True)
class ShowTotal:
    exhibition: Exhibition
    wei: int
    count: int


@dataclass(frozen=True)
class Moment:
    """What had been given in all by the end of a day or month; `x` and `y` are places in the drawing, 0 to 1,000."""

    at: dt.datetime
    wei: int
    total_wei: int
    x: int = 0
    y: int = 0


@dataclass(frozen=True)
class Ledger:
    totals: list[CharityTotal]
    shows: list[ShowTotal]
    over_time: list[Moment]
    rows: list[Given]
    older: str
    head: int | None
    in_coins: int  # donations that were given in an ERC-20
    chain_id: int = field(default_factory=lambda: settings.CHAIN_ID)

    @property
    def total_wei(self) -> int:
        return sum(total.wei for total in self.totals)

    @property
    def promised_wei(self) -> int:
        return sum(total.promised_wei for total in self.totals)


def ledger(before: str = "") -> Ledger:
    """Everything that the page shows; `before` is a cursor that an earlier page gave as `older`."""
    found = list(_newest_first(before)[: ROWS_PER_PAGE + 1])
    rows, more = found[:ROWS_PER_PAGE], len(found) > ROWS_PER_PAGE
    log = rows[-1].log if rows else None
    older = f"{log.block.number}-{log.log_index}" if log and more else ""
    top, charities = catalogue.head(), _charities()
    in_coins = Donation.objects.filter(sale__in=catalogue.sales().exclude(currency=units.ETHER_CURRENCY)).count()
    return Ledger(totals(charities), by_exhibition(), over_time(), _told(rows, charities, top), older, top, in_coins)


def every() -> Iterator[Given]:
    """Every donation, newest first, in batches."""
    rows = _newest_first().iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        yield from _told(batch, _charities(), catalogue.head())


def facts(given: Given) -> dict[str, Any]:
    """One donation in words and numbers, for tables and JSON; amounts of wei as text."""
    donation, log = given.donation, given.donation.log
    return {
        "mined_at": log.block.mined_at.isoformat(),
        "block": log.block.number,
        "block_hash": log.block.hash,
        "transaction": log.transaction_hash,
        "log_index": log.log_index,
        "token_id": str(donation.token_id),
        "work": f"{settings.SITE_URL}/works/{given.work.id}/" if given.work else "",
        "title": given.work.title if given.work else "",
        "charity": given.charity.name if given.charity else "",
        "beneficiary": donation.beneficiary,
        "amount_wei": str(donation.amount_wei),
        "amount_eth": units.ether(donation.amount_wei),
        "promised_wei": "" if given.promised_wei is None else str(given.promised_wei),
        "price_wei": str(donation.sale.price_wei),
        "buyer": donation.sale.buyer,
    }


def of_exhibition(exhibition: Exhibition) -> list[Given]:
    """What works that hang in an exhibition have given, newest first."""
    hung = Hanging.objects.filter(exhibition=exhibition).values_list("work__artist_address", "work_id")
    ids = [units.token_id(artist, number) for artist, number in hung]
    return _told(list(_newest_first().filter(token_id__in=ids)), _charities(), catalogue.head())


def of_year(charity: Charity, year: int) -> list[Given]:
    """What a charity was given in a year (UTC) at any of its addresses, oldest first."""
    rows = _newest_first().filter(beneficiary__in=addresses_of(charity), log__block__mined_at__year=year)
    return _told(list(rows), _charities(), catalogue.head())[::-1]


def addresses_of(charity: Charity) -> list[str]:
    """The present address of a charity, then its former ones, as the chain's events spell them (EIP-55)."""
    present = to_checksum_address(charity.address)
    known = _known_addresses().filter(charity=charity).values_list("address", flat=True)
    return [present, *(address for address in known if address != present)]


def totals(charities: Mapping[str, Charity] | None = None) -> list[CharityTotal]:
    """By address, the most given first; an address that was promised something and given nothing is there too."""
    chain = catalogue.chain()
    if chain is None:
        return []
    named = _charities() if charities is None else charities
    found: dict[str, CharityTotal] = {}

    def of(address: str) -> CharityTotal:
        return found.setdefault(address.lower(), CharityTotal(address, named.get(address.lower())))

    by_year = _donations().values("beneficiary", "log__block__mined_at__year")
    for row in by_year.annotate(wei=Sum("amount_wei"), n=Count("pk")).order_by("-log__block__mined_at__year"):
        total = of(row["beneficiary"])
        total.wei, total.count = total.wei + int(row["wei"]), total.count + row["n"]
        total.years = [*total.years, row["log__block__mined_at__year"]]
    for address, wei in minting.promised_by_beneficiary().items():
        of(address).promised_wei = wei
    for address, wei in minting.held_by_account([total.address for total in found.values()]).items():
        of(address).held_wei = wei
    return sorted(found.values(), key=lambda total: (-total.wei, total.address))


def by_exhibition() -> list[ShowTotal]:
    """What works that hang in each exhibition have given; a work in two exhibitions counts in both."""
    hung: dict[int, set[int]] = {}
    for show, number, artist in Hanging.objects.values_list("exhibition_id", "work_id", "work__artist_address"):
        hung.setdefault(units.token_id(artist, number), set()).add(show)
    sums: dict[int, tuple[int, int]] = {}
    of_works = _donations().filter(sale__collection=catalogue.shared_contract(), token_id__in=hung)
    given = of_works.values("token_id").annotate(wei=Sum("amount_wei"), n=Count("pk"))
    for row in given if hung else ():
        for show in hung[int(row["token_id"])]:
            wei, count = sums.get(show, (0, 0))
            sums[show] = wei + int(row["wei"]), count + row["n"]
    shows = Exhibition.objects.filter(pk__in=sums).order_by("-opens_at") if sums else ()
    return [ShowTotal(show, *sums[show.pk]) for show in shows]


def over_time() -> list[Moment]:
    """By day while the ledger is young, then by month; nothing while there is but one of them to draw."""
    ends = _donations().aggregate(first=Min("log__block__mined_at"), last=Max("log__block__mined_at"))
    if ends["first"] is None:
        return []
    young = ends["last"] - ends["first"] <= dt.timedelta(days=DAYS_DRAWN)
    period = TruncDay("log__block__mined_at") if young else TruncMonth("log__block__mined_at")
    rows = _donations().annotate(at=period).values("at").annotate(wei=Sum("amount_wei")).order_by("at")
    points, total = [], 0
    for row in rows:
        total += int(row["wei"])
        points.append((row["at"], int(row["wei"]), total))
    if len(points) < 2:
        return []
    first, span = points[0][0], (points[-1][0] - points[0][0]).total_seconds()
    return [
        Moment(at, wei, so_far, round((at - first).total_seconds() * 1000 / span), 1000 - so_far * 1000 // total)
        for at, wei, so_far in points
    ]


def _donations() -> "QuerySet[Donation]":
    return catalogue.donations()


def _newest_first(before: str = "") -> "QuerySet[Donation]":
    rows = _donations().select_related("sale", "log__block").order_by("-log__block__number", "-log__log_index")
    if not before:
        return rows
    block, _, index = before.partition("-")
    if not (block.isascii() and block.isdigit() and index.isascii() and index.isdigit() and len(before) < 40):
        raise CursorRefused("The cursor is not one of this site's.")
    number = int(block)
    return rows.filter(Q(log__block__number__lt=number) | Q(log__block__number=number, log__log_index__lt=int(index)))


def _charities() -> dict[str, Charity]:
    """By every address that a charity has or had, in small letters."""
    named = {row.address.lower(): row.charity for row in _known_addresses().select_related("charity")}
    return named | {charity.address.lower(): charity for charity in Charity.objects.all()}


def _known_addresses() -> "QuerySet[CharityAddress]":
    return CharityAddress.objects.filter(status__in=(CharityAddress.Status.CURRENT, CharityAddress.Status.FORMER))


def _told(rows: Sequence[Donation], charities: Mapping[str, Charity], top: int | None) -> list[Given]:
    works = catalogue.works_of((row.sale.collection, row.token_id) for row in rows)
    promised = minting.promised([row.sale for row in rows])
    return [
        Given(
            row, works.get((row.sale.collection, row.token_id)), charities.get(row.beneficiary.lower()),
            promised.get(row.sale_id), catalogue.is_provisional(row.log.block.number, top),
        )
        for row in rows
    ]  # fmt: skip
