"""`manage.py rehearse IN`: a backup put back beside the site, compared with what was taken, and removed again."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backup.errors import BackupError
from config.backup.rehearse import rehearse


class Command(BaseCommand):
    help = "Restore a backup into a database and a folder of its own, compare, and remove both."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path)
        parser.add_argument(
            "--beside", type=Path, help="where the bytes go for the while; default: beside the backup"
        )

    def handle(self, *_: Any, backup: Path, beside: Path | None, **__: Any) -> None:
        try:
            done = rehearse(backup, beside)
        except BackupError as error:
            raise CommandError(str(error)) from error
        facts = done.restored.facts
        for table, known in facts["tables"].items():
            if known["rows"]:
                change = done.since.get(table, 0)
                later = f"   {change:+,} since then" if change else ""
                self.stdout.write(f"{table:<40} {known['rows']:>12,} rows, digest agrees{later}")
        for name, total in facts["sums"].items():
            self.stdout.write(f"{name:<40} {total:>12} agrees")
        self.stdout.write(
            f"{done.restored.files:,} files of {facts['size_bytes']:,} bytes hash to what was taken. The rehearsal "
            f"took {done.seconds:.1f} s, and nothing of it is left."
        )
        for words in done.restored.keys:
            self.stdout.write(words)
