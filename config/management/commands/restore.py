"""`manage.py restore IN`: a backup put back into an empty database and empty folders."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backup import restore
from config.backup.errors import BackupError


class Command(BaseCommand):
    help = "Put a backup back into the database and folders that the settings name, which must be empty."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path)

    def handle(self, *_: Any, backup: Path, **__: Any) -> None:
        try:
            done = restore.restore(backup, restore.here())
        except BackupError as error:
            raise CommandError(str(error)) from error
        rows = sum(table["rows"] for table in done.facts["tables"].values())
        self.stdout.write(
            f"{rows:,} rows and {done.files:,} files are back, as they were on {done.facts['taken_at']}; counts, "
            "digests and sums agree."
        )
        for words in done.keys:
            self.stdout.write(words)
        self.stdout.write("Then: manage.py migrate, and start the processes. Everybody signs in again.")
