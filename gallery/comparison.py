"""What tells pictures apart: their recipes beside each other, member by member; pure reading of rows at hand.

Members are named as recipes name them (generation/recipe.py) and shown in words; of prompts, the phrases that not
all have are marked, so that one sees what each added phrase changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from gallery import words
from generation.models import Image

MEMBERS: dict[str, words.Words] = {
    "text": _("Prompt"),
    "prompt": _("What the model reads"),
    "negative_prompt": _("What it should not show"),
    "model": _("Model"),
    "model_sha256": _("Weights, SHA-256"),
    "operation": _("Way"),
    "seed": _("Seed"),
    "steps": _("Painting steps"),
    "guidance_scale": _("Guidance scale"),
    "strength": _("How much may change"),
    "painted_px": _("Painted at"),
    "enlarge": _("Enlarged by"),
    "size_px": _("Size"),
    "source_sha256": _("Made from, SHA-256"),
}
PHRASES = ("text", "prompt", "negative_prompt")


@dataclass(frozen=True)
class Phrase:
    text: str
    is_own: bool  # not every picture has it


@dataclass(frozen=True)
class Line:
    """One member of the recipes; `cells` has the phrases of each picture in turn, none where it has none."""

    label: words.Words
    cells: list[list[Phrase]]
    differs: bool


def lines(images: Sequence[Image]) -> list[Line]:
    """A line for each member that any of the pictures has; those that differ first."""
    said = [_said(image) for image in images]
    found = []
    for name, label in MEMBERS.items():
        values = [one.get(name, "") for one in said]
        if any(values):
            found.append(Line(label, _cells(name, values), len(set(values)) > 1))
    return sorted(found, key=lambda line: not line.differs)


def _said(image: Image) -> dict[str, str]:
    recipe = image.job.recipe if image.job else {}
    said = {name: str(recipe[name]) for name in MEMBERS if recipe.get(name) not in (None, "")}
    if image.job and image.job.prompt:
        said["text"] = image.job.prompt.text
        if said.get("prompt") == said["text"]:
            del said["prompt"]
    if "width_px" in recipe:
        said["painted_px"] = f"{recipe['width_px']} × {recipe['height_px']}"
    if "enlarge" in said:
        said["enlarge"] = str(words.ENLARGING.get(said["enlarge"], said["enlarge"]))
    return said | {"size_px": f"{image.width_px} × {image.height_px}"}


def _cells(name: str, values: list[str]) -> list[list[Phrase]]:
    split = [value.split(",") if name in PHRASES else [value] for value in values]
    parts = [[part.strip() for part in one if part.strip()] for one in split]
    common = set(parts[0]).intersection(*parts[1:])
    return [[Phrase(part, name in PHRASES and part not in common) for part in one] for one in parts]
