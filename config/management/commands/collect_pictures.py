"""`manage.py collect_pictures`: remove files of the picture store that no row names, by hand or by cron."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from generation import api as generation
from minting import locks

HOURS_MIN = 1.0


class Command(BaseCommand):
    help = "Remove pictures, smaller copies and manifests that no row names and that are older than a day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=float, default=24.0, help="spare younger ones")

    def handle(self, *_: Any, hours: float, **__: Any) -> None:
        if hours < HOURS_MIN:
            raise CommandError("Files younger than an hour may belong to work that is under way.")
        with transaction.atomic():
            if not locks.try_to_hold(locks.CONTENT):
                raise CommandError("A backup is being taken; nothing is removed meanwhile. Try again later.")
            freed = generation.collect(hours * 3600)
        self.stdout.write(f"Removed {freed.files:,} files of {freed.size_bytes:,} bytes.")
