"""`manage.py look`: compute words, colours and likeness of every picture that has none yet, so that it can be found.

The sweeper does this for new pictures. After an update that changes how it is computed, `--anew` does it for all.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from generation import curation

AT_ONCE = 100


class Command(BaseCommand):
    help = "Look at all pictures that nobody has looked at."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anew", action="store_true", help="look at the others again as well")

    def handle(self, *_: Any, anew: bool, **__: Any) -> None:
        if anew:
            curation.forget()
        total = 0
        while seen := curation.take(AT_ONCE):
            total += seen
            self.stdout.write(f"{total} pictures")
        self.stdout.write("All pictures have been looked at.")
