"""`manage.py paint "PROMPT" --seed N --out FILE`: one picture, without queue, server or rows."""

import json
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation import api, enlarge, recipe
from generation.errors import GenerationError
from generation.models import Prompt
from generation.pipelines import registry
from generation.prompts import translate


class Command(BaseCommand):
    help = "Paint one picture with the configured model and write it as PNG."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prompt")
        parser.add_argument("--seed", type=int, help=f"0 to 2^{api.SEED_BITS} - 1; by chance when left out")
        parser.add_argument("--out", type=Path, required=True, help="the PNG file to write")
        parser.add_argument("--negative", default="", help="what the picture should not show")
        parser.add_argument("--model", default=settings.MODEL)
        parser.add_argument("--size", type=int, default=settings.OUTPUT_PX, help="side in pixels after enlarging")

    def handle(self, *_: Any, **given: Any) -> None:
        try:
            self._paint(**given)
        except GenerationError as error:
            raise CommandError(f"{error} {error.next_step}".strip()) from None

    def _paint(
        self, prompt: str, seed: int | None, out: Path, negative: str, model: str, size: int, **_: Any
    ) -> None:
        if out.suffix.lower() != ".png" or not out.parent.is_dir():
            raise CommandError(f"{out} is not a .png in a folder that exists.")
        if seed is not None and not 0 <= seed < 2**api.SEED_BITS:
            raise CommandError(f"A seed is a whole number from 0 to 2^{api.SEED_BITS} - 1.")
        words = api.clean_words(prompt, Prompt.MAX_CHARACTERS, "prompt")
        unwanted = api.clean_words(negative, Prompt.MAX_CHARACTERS, "negative prompt", may_be_empty=True)
        done = recipe.to_paint(
            registry.card(model), translate.to_english(words).english, translate.to_english(unwanted).english,
            secrets.randbelow(2**32) if seed is None else seed, size,
        )  # fmt: skip
        [picture] = registry.load(model).paint([done.request()], self._say)
        enlarge.enlarge(picture, size, done.enlarge).save(out, "PNG")
        self.stdout.write(json.dumps({"file": str(out), **done.document()}, ensure_ascii=False))

    def _say(self, step: int, steps_total: int) -> None:
        self.stderr.write(f"\rstep {step} of {steps_total}", ending="\n" if step == steps_total else "")
