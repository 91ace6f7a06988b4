"""`manage.py forget_person WHO [--yes]`: take away what this site holds of a person, on their wish or by law."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gallery.errors import GalleryError
from gallery.people import personal_data


class Command(BaseCommand):
    help = "Delete a person's account, prompts, jobs, drafts and pictures; what is minted stays under a neutral name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("who", help="e-mail, wallet or id")
        parser.add_argument("--yes", action="store_true", help="do it; without this only tell what would happen")

    def handle(self, *_: Any, who: str, yes: bool, **__: Any) -> None:
        user = personal_data.find(who)
        if user is None:
            raise CommandError(f"Nobody here has the e-mail, wallet or id {who!r}.")
        seen = personal_data.outlook(user)
        self.stdout.write(
            f"{seen.pictures_going} pictures, {seen.works_going} works and {seen.wallets} wallets go; "
            f"{seen.works_staying} works with {seen.pictures_staying} pictures stay under “{personal_data.NAME}”."
        )
        if not yes:
            self.stdout.write("Nothing was done. Add --yes to do it.")
            return
        try:
            personal_data.forget(user)
        except GalleryError as error:
            raise CommandError(f"{error} {error.next_step}") from error
        self.stdout.write(f"Forgotten: {user.pk}")
