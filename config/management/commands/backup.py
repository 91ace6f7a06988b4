"""`manage.py backup OUT`: database, content store, pictures and fingerprints of keys, taken while the site runs."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backup import take
from config.backup.errors import BackupError

SHOWN = 20


class Command(BaseCommand):
    help = "Write the whole site into a folder; the same command again goes on where one was stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("out", type=Path)

    def handle(self, *_: Any, out: Path, **__: Any) -> None:
        try:
            taken = take.take(out)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{taken.folder}: {taken.files:,} files of {taken.size_bytes:,} bytes, {taken.new_files:,} of them "
            f"copied now, in {taken.seconds:.1f} s. No key is in it. Try it: manage.py rehearse {taken.folder}"
        )
        for words, names in (("changed here, and left out", taken.spoilt), ("not here", taken.lacking)):
            for name in names[:SHOWN]:
                self.stderr.write(f"{words}: {name}")
        if taken.spoilt or taken.lacking:
            self.stderr.write(
                "The site itself lacks these. `manage.py store fsck` has them mended from other places."
            )
            sys.exit(1)
