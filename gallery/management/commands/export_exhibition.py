"""`manage.py export_exhibition SLUG OUT`: an exhibition as a folder that needs neither this site nor a network."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gallery.errors import GalleryError
from gallery.keepsakes import exhibition as exhibitions
from gallery.models import Exhibition
from minting import api as minting


class Command(BaseCommand):
    help = "Write an exhibition as a folder of pages, pictures, ledger and archives, and print the folder's CID."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("out", type=Path)
        parser.add_argument("--keep", action="store_true", help="keep it in the content store, pinned at every place")

    def handle(self, *_: Any, slug: str, out: Path, keep: bool, **__: Any) -> None:
        shown = Exhibition.objects.select_related("curator").filter(slug=slug).first()
        if shown is None:
            known = ", ".join(Exhibition.objects.values_list("slug", flat=True)) or "none"
            raise CommandError(f"There is no exhibition {slug!r}; there is: {known}.")
        try:
            cid = exhibitions.write(shown, out)
            if keep:
                minting.keep_path(out, shown.title)
        except (GalleryError, minting.MintingError, FileNotFoundError) as error:
            raise CommandError(f"{error} {getattr(error, 'next_step', '')}".strip()) from error
        self.stdout.write(f"Open {out.resolve() / 'index.html'}; no network is needed.")
        self.stdout.write(f"ipfs://{cid}" + (" is kept here and goes to every place." if keep else ""))
