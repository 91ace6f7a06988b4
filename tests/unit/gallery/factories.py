"""Rows as the site and the indexer would write them: people, painted pictures, works, sales with their donation."""

import itertools
import json
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from PIL import Image as Pillow
from PIL import ImageDraw

from gallery import works
from gallery.models import Charity, Exhibition, Hanging, Share, User, Wallet, Work
from generation import pictures, recipe
from generation.models import Image, Job, Parentage, Prompt
from minting import units
from minting.models import Block, Credit, Donation, Log, Payment, Sale, Token, Transfer, Voucher

ETHER = 10**18
TOKEN, MARKET = "0x" + "1" * 40, "0x" + "2" * 40
COLLECTOR = "0x0000000000000000000000000000000000001113"
_numbers = itertools.count(1)


def address() -> str:
    """A new address of digits alone, which is its own EIP-55 spelling."""
    return f"0x{next(_numbers):040d}"


def word() -> str:
    return f"0x{next(_numbers):064x}"


def deployed(folder: Path) -> None:
    """Contracts, as far as pages can see."""
    facts = {"chainId": settings.CHAIN_ID, "token": TOKEN, "market": MARKET, "block": 1}
    (folder / f"{settings.CHAIN_ID}.json").write_text(json.dumps(facts))


def person(name: str = "Kim", **fields: Any) -> User:
    return User.objects.create_user(f"p{next(_numbers)}@example.org", "a long password", name=name, **fields)


def artist(name: str = "Artist", **fields: Any) -> User:
    user = person(name, is_artist=True, **fields)
    Wallet.objects.create(user=user, address=address())
    return user


def charity(**fields: Any) -> Charity:
    n = next(_numbers)
    return Charity.objects.create(
        **{"slug": f"c{n}", "name": f"Charity {n}", "country": "KR", "address": address(), "is_active": True} | fields
    )


def picture(owner: User, text: str = "a lake", *, size_px: int = 96, seed: int = 1, text_en: str = "") -> Image:
    """A picture that a job painted."""
    canvas = Pillow.new("RGB", (size_px, size_px), (40 * seed % 255, 90, 140))
    ImageDraw.Draw(canvas).ellipse([size_px * 0.2] * 2 + [size_px * 0.8] * 2, fill=(220, 120 + seed % 80, 60))
    stored = pictures.put_png(canvas, {"seed": str(next(_numbers))})
    prompt = Prompt.objects.create(
        owner_id=owner.pk, request_id=uuid.uuid4(), text=text, language="ko" if text_en else "en",
        text_en=text_en or text, translator="dictionary-1" if text_en else "",
    )  # fmt: skip
    document = recipe.PaintRecipe(
        "ninefold-painter-4", "0" * 64, prompt.text_en, "", seed, 20, 4.0, 64, 64, "kuwahara", size_px
    ).document()
    return _image(owner, stored, prompt, Job.Operation.PAINT, document)


def nine_panels(owner: User, text: str = "a shore") -> Image:
    panels = [picture(owner, text, seed=seed) for seed in range(9)]
    stored = pictures.put_png(Pillow.new("RGB", (96, 96), (200, 200, 190)), {"n": str(next(_numbers))})
    image = _image(owner, stored, None, Job.Operation.COMPOSE, {"operation": "compose", "columns": 3})
    for place, panel in enumerate(panels):
        Parentage.objects.create(child=image, parent=panel, kind="panel", position=place)
    return image


def retouched(owner: User) -> Image:
    """A painted picture that a hand has worked over."""
    sketch = picture(owner, "a sketch")
    stored = pictures.put_png(Pillow.new("RGB", (96, 96), (90, 40, 30)), {"n": str(next(_numbers))})
    image = Image.objects.create(
        owner_id=owner.pk, request_id=uuid.uuid4(), sha256=stored.sha256, mime=stored.mime, width_px=stored.width_px,
        height_px=stored.height_px, size_bytes=stored.size_bytes, made_by="human_with_machine",
    )  # fmt: skip
    Parentage.objects.create(child=image, parent=sketch, kind="retouch")
    return image


def reworked(owner: User, operation: str = "inpaint") -> Image:
    """A painted picture that a model has worked over, or that was enlarged."""
    sketch = picture(owner, "a sketch")
    stored = pictures.put_png(Pillow.new("RGB", (96, 96), (20, 70, 30)), {"n": str(next(_numbers))})
    doc = {"operation": operation, "enlarge": "lanczos", "output_px": 96}
    if operation != "upscale":
        doc |= {"model": "ninefold-painter-4", "model_sha256": "0" * 64, "seed": 3, "steps": 20, "strength": 1.0}
    image = _image(owner, stored, sketch.job.prompt if sketch.job else None, Job.Operation.REWORK, doc)
    Parentage.objects.create(child=image, parent=sketch, kind="rework")
    return image


def enlarged(owner: User) -> Image:
    """A painted picture at more pixels."""
    return reworked(owner, "upscale")


def _image(owner: User, stored: pictures.Stored, prompt: Prompt | None, operation: str, doc: dict[str, Any]) -> Image:
    now = timezone.now()
    job = Job.objects.create(
        owner_id=owner.pk, request_id=uuid.uuid4(), operation=operation, prompt=prompt, recipe=doc,
        recipe_sha256=recipe.digest(doc), status="succeeded", step=20, steps_total=20, started_at=now,
        finished_at=now,
    )  # fmt: skip
    return Image.objects.create(
        owner_id=owner.pk, request_id=uuid.uuid4(), job=job, sha256=stored.sha256, mime=stored.mime,
        width_px=stored.width_px, height_px=stored.height_px, size_bytes=stored.size_bytes, made_by="machine",
    )  # fmt: skip


def work(by: User | None = None, *, status: str = "published", **fields: Any) -> Work:
    """A work with its artist's and, if wanted, other shares; `price_wei` gives it a voucher when it is published."""
    by = by or artist()
    master = fields.pop("master", None) or picture(by)
    fields = {"title": f"Work {next(_numbers)}", "price_wei": ETHER // 25} | fields
    fields.setdefault("charity", None)
    fields["charity"] = fields["charity"] or charity()
    wallet = by.wallets.get().address
    made = works.draft(by, master, artist_address=wallet, **fields)
    if status != "draft":
        now = timezone.now()
        made.status, made.submitted_at, made.published_at = status, now, now
        made.image_cid, made.metadata_cid = f"bafkreipicture{made.number}", f"bafkreiwords{made.number}"
        made.voucher = voucher(made) if status == "published" and made.price_wei is not None else None
        made.save()
    return made


def voucher(of: Work) -> Voucher:
    now = timezone.now()
    return Voucher.objects.create(
        chain_id=settings.CHAIN_ID, contract=MARKET, token_id=works.token_id(of), voucher_hash=word(),
        payload={"beneficiary": of.charity.address, "donationBps": str(of.donation_bps)},
        price_wei=of.price_wei, signer=of.artist_address, signature="0x", valid_from=now,
        valid_until=now + timedelta(days=1),
    )  # fmt: skip


def exhibition(*hung: Work, opens_at: datetime | None = None, **fields: Any) -> Exhibition:
    n, now = next(_numbers), timezone.now()
    opens_at = opens_at or now - timedelta(days=1)
    shown = Exhibition.objects.create(
        **{"slug": f"show-{n}", "title": f"Show {n}", "curator": person("Curator", is_curator=True)}
        | {"opens_at": opens_at, "sale_opens_at": opens_at}
        | fields
    )
    for place, one in enumerate(hung):
        Hanging.objects.create(exhibition=shown, work=one, position=place, wall_text=f"Beside {one.title}.")
    return shown


def block(number: int | None = None, mined_at: datetime | None = None) -> Block:
    number = number or next(_numbers)
    return Block.objects.create(
        hash=word(), chain_id=settings.CHAIN_ID, number=number, parent_hash=word(),
        mined_at=mined_at or timezone.now(),
    )  # fmt: skip


def mint(of: Work, owner: str = COLLECTOR, within: Block | None = None) -> Token:
    """Token and Transfer, as the indexer projects them."""
    within, here = within or block(), {"chain_id": settings.CHAIN_ID, "contract": TOKEN}
    token_id = works.token_id(of)
    log = _log(within, "Transfer", TOKEN)
    Transfer.objects.create(log=log, token_id=token_id, from_address="0x" + "0" * 40, to_address=owner, **here)
    return Token.objects.create(
        log=log, token_id=token_id, artist=of.artist_address, owner=owner, metadata_cid=of.metadata_cid, **here
    )


def sell(of: Work, buyer: str = COLLECTOR, at: datetime | None = None) -> Sale:
    """Token, Sale, Payments and Donation of one purchase, in a block of its own."""
    within, token_id = block(mined_at=at), works.token_id(of)
    mint(of, buyer, within)
    sale = Sale.objects.create(
        log=_log(within, "Sold", MARKET), chain_id=settings.CHAIN_ID, contract=MARKET, sale_id=next(_numbers),
        collection=TOKEN, token_id=token_id, buyer=buyer, recipient=buyer, price_wei=of.price_wei,
        currency=units.ETHER_CURRENCY,
        voucher_hash=of.voucher.voucher_hash if of.voucher else word(),
    )  # fmt: skip
    shares = list(of.shares.all())
    donation, amounts = units.split_wei(of.price_wei or 0, of.donation_bps, [share.bps for share in shares])
    for share, amount in zip(shares, amounts, strict=True):
        Payment.objects.create(log=_log(within, "Paid", MARKET), sale=sale, account=share.address, amount_wei=amount)
    Donation.objects.create(
        log=_log(within, "Donated", MARKET), sale=sale, token_id=token_id, beneficiary=of.charity.address,
        amount_wei=donation,
    )  # fmt: skip
    return sale


def log(event: str, at: str) -> Log:
    """A log in a block of its own."""
    return _log(block(), event, at)


def _log(within: Block, event: str, at: str) -> Log:
    return Log.objects.create(
        block=within, log_index=next(_numbers), transaction_hash=word(), address=at, event=event, args={}
    )


def credit(account: str, amount_wei: int, *, paid_out: bool = False) -> Credit:
    """What the market holds, or pays out, for an account that refused a payment."""
    event = "Withdrawn" if paid_out else "Credited"
    log = _log(block(), event, MARKET)
    return Credit.objects.create(
        log=log, account=account, amount_wei=amount_wei, currency=units.ETHER_CURRENCY, paid_out=paid_out
    )


def collaborator_share(of: Work, user: User) -> Share:
    return works.invite(of, user=user, address=user.wallets.get().address, bps=1_000, credit="retouching")
