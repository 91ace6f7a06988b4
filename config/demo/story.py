"""The main job, once, for real: paint, pick, retouch, compose, publish, pin, mint, sell, donate.

Every step goes through the doors that a person's would: jobs through the queue, vouchers signed by the artists' own
(stand-in) wallets, the purchase sent by the collector's. Each step has a fixed request id, so a second run finds
what the first one did and goes on where that stopped.
"""

import io
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.utils import timezone
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter

from config.demo import cast
from config.demo.machine import CannotStart
from config.demo.wallets import Wallets
from gallery import charities, sales, works
from gallery.models import Charity, CharityAddress, Exhibition, Hanging, Series, User, Wallet, Work
from generation import api as generation
from generation.models import Image, Job
from minting import api as minting
from minting import units
from minting.models import Donation, Transaction

T = TypeVar("T")
Say = Callable[[str], None]
COLLABORATOR_BPS = 2_000


def tell(wallets: Wallets, password: str, say: Say) -> None:
    """The whole story; CannotStart names the step that did not end."""
    artists = {person.key: _account(person, wallets, password, is_artist=True) for person in cast.PEOPLE}
    curator = _account(cast.CURATOR, None, password, is_curator=True)
    charity = _charity(wallets, password)
    for key in artists:
        wish = minting.admit_artist(wallets.address(key))
        _until(partial(_is_mined, wish), 60, f"admitting {key} on chain", wish)
    say(f"{len(artists)} artists admitted on chain, one charity approved by two operators, one curator")

    jobs = {sitting.key: _ask(sitting, artists[sitting.artist]) for sitting in cast.SITTINGS}
    total = sum(len(asked) for asked in jobs.values())
    say(f"{len(jobs)} prompts asked, {total} pictures queued")
    for sitting in cast.SITTINGS:
        _painted(jobs[sitting.key])
        seconds = sum(_seconds(job) for job in _fresh(jobs[sitting.key]))
        say(f"painted  {len(jobs[sitting.key])} x “{sitting.prompt}” in {seconds:.1f} s")

    series: dict[str, Series] = {}
    hung: list[Work] = []
    for sitting in cast.SITTINGS:
        master = _master(sitting, artists, jobs[sitting.key], say)
        series[sitting.artist] = series.get(sitting.artist) or _series(artists[sitting.artist])
        hung.append(_publish(sitting, master, artists, series[sitting.artist], charity, wallets))
        say(f"published “{hung[-1].title}”: {hung[-1].metadata_cid}")
    _until(lambda: all(_is_pinned(work) for work in hung), 120, "pinning pictures and metadata")
    say(f"pinned   {sum(len(work.cids) for work in hung)} files, each CID computed before and compared after")
    _hang(curator, hung)

    by_key = dict(zip((sitting.key for sitting in cast.SITTINGS), hung, strict=True))
    for sitting in cast.SITTINGS:
        work = by_key[sitting.key]
        if not sitting.price:
            wish = works.mint(work)
            _until(partial(_is_mined, wish), 60, f"minting {work.title}", wish)
            _until(partial(_stands, work, "minted"), 60, f"reading the token of {work.title} from the chain")
            say(f"minted   “{work.title}” to its artist: {Transaction.objects.get(pk=wish.pk).hash}")
        elif sitting.sold:
            _sell(work, wallets, say)


def _account(person: cast.Person, wallets: Wallets | None, password: str, **roles: bool) -> User:
    user = User.objects.filter(email=person.email).first()
    if user is None:
        user = User.objects.create_user(
            person.email, password, name=person.name, name_ko=person.name_ko, biography=person.biography,
            biography_ko=person.biography_ko, **roles,
        )  # fmt: skip
    if wallets is not None:
        Wallet.objects.get_or_create(address=wallets.address(person.key), defaults={"user": user})
    return user


def _charity(wallets: Wallets, password: str) -> Charity:
    """Entered by one operator with the charity's own signature, and approved by another."""
    one, other = (_account(person, None, password, is_staff=True, is_superuser=True) for person in cast.OPERATORS)
    address = wallets.address("charity")
    charity, _ = Charity.objects.get_or_create(
        slug=cast.CHARITY["slug"], defaults={**cast.CHARITY, "address": address}
    )
    if not charity.addresses.exists():
        signature = wallets.sign_text("charity", charities.statement(charity, address))
        charities.propose(charity, address, one, signature=signature)
    for row in charity.addresses.filter(status=CharityAddress.Status.PROPOSED):
        charity = charities.approve(row, other)
    return charity


def _ask(sitting: cast.Sitting, artist: User) -> list[Job]:
    return generation.ask(artist.pk, f"demo:{sitting.key}", sitting.prompt, seeds=sitting.seeds)


def _fresh(jobs: Iterable[Job]) -> list[Job]:
    return list(Job.objects.filter(pk__in=[job.pk for job in jobs]).select_related("image").order_by("request_id"))


def _seconds(job: Job) -> float:
    return (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else 0.0


def _painted(jobs: list[Job]) -> None:
    _until(lambda: all(job.status not in Job.OPEN for job in _fresh(jobs)), 300, "painting")
    failed = [job for job in _fresh(jobs) if job.status != Job.Status.SUCCEEDED]
    if failed:
        raise CannotStart(f"A picture was not painted: {failed[0].error_text or failed[0].status}")


def _master(sitting: cast.Sitting, artists: dict[str, User], jobs: list[Job], say: Say) -> Image:
    artist = artists[sitting.artist]
    fresh = _fresh(jobs)
    picked = next(job.image for job in fresh if job.recipe["seed"] == sitting.pick)
    if sitting.panels:
        panels = [job.image.pk for job in sorted(fresh, key=lambda job: job.recipe["seed"])]
        job = generation.compose(artist.pk, f"demo:{sitting.key}:panels", panels, columns=3)
        _painted([job])
        say(f"composed {len(panels)} panels into one canvas of {_fresh([job])[0].image.width_px} px")
        return _fresh([job])[0].image
    if sitting.retouched_by:
        with Pillow.open(generation.picture_path(picked)) as picture:
            retouched = _by_hand(picture)
        child = generation.upload(artist.pk, f"demo:{sitting.key}:by-hand", retouched, picked.pk)
        say("uploaded a picture that a hand worked over, as the child of the machine's")
        return child
    return picked


def _by_hand(picture: Pillow.Image) -> bytes:
    """What a person would do in a painting program: a red boat, its reflection, a seal in the corner."""
    canvas = picture.convert("RGB")
    size = canvas.width
    layer = Pillow.new("RGBA", canvas.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    x, y, w = size * 0.40, size * 0.66, size * 0.20
    draw.polygon(
        [(x, y), (x + w, y), (x + w * 0.82, y + w * 0.20), (x + w * 0.18, y + w * 0.20)], fill=(176, 42, 36, 235)
    )
    draw.line([(x + w * 0.46, y), (x + w * 0.46, y - w * 0.86)], fill=(70, 48, 40, 235), width=max(2, size // 170))
    draw.polygon(
        [(x + w * 0.49, y - w * 0.84), (x + w * 0.49, y - w * 0.08), (x + w * 0.95, y - w * 0.08)],
        fill=(244, 236, 220, 230),
    )
    reflection = Pillow.new("RGBA", canvas.size, (0, 0, 0, 0))
    ImageDraw.Draw(reflection).polygon(
        [
            (x + w * 0.16, y + w * 0.24),
            (x + w * 0.84, y + w * 0.24),
            (x + w * 0.66, y + w * 0.52),
            (x + w * 0.30, y + w * 0.52),
        ],
        fill=(176, 42, 36, 90),
    )
    seal = size * 0.045
    left, top = size * 0.905, size * 0.90
    draw.rounded_rectangle([left, top, left + seal, top + seal], radius=seal * 0.12, fill=(186, 38, 32, 240))
    for step in (0.30, 0.50, 0.70):
        stroke = [(left + seal * 0.2, top + seal * step), (left + seal * 0.8, top + seal * step)]
        draw.line(stroke, fill=(250, 240, 230, 255), width=max(1, size // 400))
    painted = canvas.convert("RGBA")
    painted.alpha_composite(reflection.filter(ImageFilter.GaussianBlur(size / 180)))
    painted.alpha_composite(layer.filter(ImageFilter.GaussianBlur(size / 900)))
    buffer = io.BytesIO()
    painted.convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def _series(artist: User) -> Series:
    slug = f"{cast.SERIES['slug']}-{uuid.uuid5(uuid.NAMESPACE_URL, str(artist.pk)).hex[:6]}"
    found, _ = Series.objects.get_or_create(slug=slug, defaults={**cast.SERIES, "slug": slug, "artist": artist})
    return found


def _publish(
    sitting: cast.Sitting, master: Image, artists: dict[str, User], series: Series, charity: Charity, wallets: Wallets
) -> Work:  # fmt: skip
    artist = artists[sitting.artist]
    work = works.draft(
        artist, master, title=sitting.title, title_ko=sitting.title_ko, description=sitting.description,
        description_ko=sitting.description_ko, artist_address=wallets.address(sitting.artist), charity=charity,
        licence=sitting.licence, price_wei=units.parse_ether(sitting.price) if sitting.price else None, series=series,
    )  # fmt: skip
    if work.status == Work.Status.DRAFT:
        helper = artists.get(sitting.retouched_by)
        if helper and not work.shares.filter(user=helper).exists():
            share = works.invite(
                work, user=helper, address=wallets.address(sitting.retouched_by), bps=COLLABORATOR_BPS,
                credit="Boat, reflection and seal, by hand",
            )  # fmt: skip
            works.accept(share, helper)
        if not helper and sitting.panels and not work.shares.filter(user=artists["seoyeon"]).exists():
            share = works.invite(
                work, user=artists["seoyeon"], address=wallets.address("seoyeon"), bps=COLLABORATOR_BPS,
                credit="Choice and order of the nine panels",
            )  # fmt: skip
            works.accept(share, artists["seoyeon"])
        works.submit(work)
    if work.status == Work.Status.SUBMITTED:
        if sitting.price:
            request = works.voucher_request(work)
            works.publish(work, request["message"], wallets.sign_typed_data(sitting.artist, request))
        else:
            works.publish(work)
    return work


def _is_pinned(work: Work) -> bool:
    return minting.are_kept(work.cids)


def _hang(curator: User, hung: list[Work]) -> None:
    now = timezone.now()
    exhibition, _ = Exhibition.objects.get_or_create(
        slug=cast.EXHIBITION["slug"],
        defaults={
            **cast.EXHIBITION, "curator": curator, "opens_at": now, "sale_opens_at": now,
            "closes_at": now + timedelta(days=90),
        },
    )  # fmt: skip
    for place, (work, sitting) in enumerate(zip(hung, cast.SITTINGS, strict=True), 1):
        Hanging.objects.get_or_create(
            exhibition=exhibition, work=work,
            defaults={"position": place, "wall_text": sitting.wall_text, "wall_text_ko": sitting.wall_text_ko},
        )  # fmt: skip


def _sell(work: Work, wallets: Wallets, say: Say) -> None:
    if sales.standing(work).kind == "for_sale":
        buyer = wallets.address("collector")
        wallets.give_ether(buyer, units.WEI_PER_ETHER)
        wallets.send("collector", sales.prepare_purchase(work, buyer))
    _until(partial(_stands, work, "sold"), 60, f"reading the sale of {work.title} from the chain")
    donation = Donation.objects.get(sale=sales.standing(work).sale)
    price = sales.standing(work).price_wei or 0
    say(
        f"sold     “{work.title}” for {units.ether(price)} ETH; {units.ether(donation.amount_wei)} ETH to "
        f"{work.charity.name} in the same transaction"
    )


def _stands(work: Work, kind: str) -> bool:
    return sales.standing(work).kind == kind


def _is_mined(wish: Transaction) -> bool:
    return Transaction.objects.get(pk=wish.pk).status in (Transaction.Status.MINED, Transaction.Status.FINAL)


def _until(what: Callable[[], bool], seconds: float, step: str, wish: Transaction | None = None) -> None:
    end = time.monotonic() + seconds
    while not what():
        if wish is not None:
            row = Transaction.objects.get(pk=wish.pk)
            if row.status == Transaction.Status.REVERTED:
                raise CannotStart(f"{step}: the contract refused: {row.error_text}")
        if time.monotonic() > end:
            said = f" ({Transaction.objects.get(pk=wish.pk).error_text})" if wish is not None else ""
            raise CannotStart(
                f"{step} did not end within {seconds:.0f} s{said}. `make demo` again goes on from here."
            )
        time.sleep(0.1)
