"""`manage.py store gc|fsck|refs|export|import`: the content store of this machine, looked after by hand or by cron.

Ends with 1 when something that is pinned has changed or is missing, and says which.
"""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from minting import locks
from minting.errors import BlockMissing, MintingError
from minting.ipfs import car, collect, pins
from minting.ipfs import store as stores


class Command(BaseCommand):
    help = "Collect what nothing refers to, check every block, count references, or carry trees as CAR archives."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        gc = verbs.add_parser("gc", help="remove blocks that no pin refers to")
        gc.add_argument("--hours", type=float, default=collect.GRACE_SECONDS / 3600, help="spare younger ones")
        verbs.add_parser("fsck", help="hash every block again; what is pinned and harmed is mended by the pin worker")
        refs = verbs.add_parser("refs", help="how many pinned trees hold each block of a tree")
        refs.add_argument("cid")
        for verb, words in (("export", "write a tree as CARv1"), ("import", "read a CARv1 in and pin its roots")):
            one = verbs.add_parser(verb, help=words)
            if verb == "export":
                one.add_argument("cid")
            one.add_argument("file", type=Path)

    def handle(self, *_: Any, verb: str, **options: Any) -> None:
        try:
            getattr(self, f"_{verb}")(**options)
        except (MintingError, ValueError, OSError) as error:
            raise CommandError(f"{error} {getattr(error, 'next_step', '')}".strip()) from error

    def _gc(self, hours: float, **_: Any) -> None:
        with transaction.atomic():
            if not locks.try_to_hold(locks.CONTENT):
                raise CommandError("A backup is being taken; nothing is removed meanwhile. Try again later.")
            freed = collect.gc(stores.here(), pins.roots(), hours * 3600)
        self.stdout.write(
            f"Removed {freed.blocks:,} blocks and {freed.drafts:,} half-written files: {freed.size_bytes:,} bytes."
        )

    def _fsck(self, **_: Any) -> None:
        found = collect.fsck(stores.here(), pins.roots())
        self.stdout.write(f"{found.blocks:,} blocks of {found.size_bytes:,} bytes are what their addresses say.")
        for cid in found.spoilt:
            self.stdout.write(f"changed, and set aside: {cid}")
        for root, lacking in found.lacking.items():
            self.stdout.write(f"pinned {root} lacks {len(lacking):,}: {', '.join(lacking[:5])}")
            pins.look_now(root)
        if found.is_sound:
            return
        if found.lacking:
            self.stdout.write("The pin worker puts them back from another place that has them.")
        sys.exit(1)

    def _refs(self, cid: str, **_: Any) -> None:
        store = stores.here()
        count = collect.references(store, pins.roots())
        for part in store.walk(cid):
            self.stdout.write(f"{count[part]} {part}")

    def _export(self, cid: str, file: Path, **_: Any) -> None:
        pieces = car.stream(stores.here(), cid)
        if not stores.here().is_complete(cid):
            raise BlockMissing(f"Parts of {cid} are not in the content store.")
        with file.open("xb") as out:
            for piece in pieces:
                out.write(piece)

    def _import(self, file: Path, **_: Any) -> None:
        with file.open("rb") as archive:
            for root in car.read(archive, stores.here()):
                pins.keep_tree(root, file.name)
                self.stdout.write(root)
