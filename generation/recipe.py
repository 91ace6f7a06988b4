"""All that decides a picture, as one canonical JSON document with a SHA-256.

Two jobs with equal recipes paint equal pictures on the same libraries and device. The digest goes into the
metadata of the token, so the members are named in the terms of the field and never renamed.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from generation import enlarge
from generation.errors import LimitExceeded
from generation.pipelines import limits
from generation.pipelines.base import ModelCard, PaintRequest

OUTPUT_PX_MAX = 8192


@dataclass(frozen=True)
class PaintRecipe:
    """Text to image: `native_px` is what the model paints, `output_px` what the enlarging makes of it."""

    model: str
    model_sha256: str
    prompt: str
    negative_prompt: str
    seed: int
    steps: int
    guidance_scale: float
    width_px: int
    height_px: int
    enlarge: str
    output_px: int
    operation: str = "text-to-image"

    def document(self) -> dict[str, Any]:
        """The members, ready for JSON."""
        return asdict(self)

    def request(self) -> PaintRequest:
        """What the pipeline is asked."""
        return PaintRequest(
            self.prompt,
            self.negative_prompt,
            self.seed,
            self.width_px,
            self.height_px,
            self.steps,
            self.guidance_scale,
        )


def to_paint(card: ModelCard, prompt: str, negative_prompt: str, seed: int, output_px: int) -> PaintRecipe:
    """The recipe of a model's own defaults; LimitExceeded, with what would fit, before anything is queued."""
    if not 64 <= output_px <= OUTPUT_PX_MAX:
        raise LimitExceeded(f"A picture is 64 to {OUTPUT_PX_MAX:,} pixels wide; {output_px:,} were asked.")
    made = PaintRecipe(
        model=card.name, model_sha256=card.sha256, prompt=prompt, negative_prompt=negative_prompt, seed=seed,
        steps=card.default_steps, guidance_scale=card.default_guidance_scale, width_px=card.native_px,
        height_px=card.native_px, enlarge=enlarge.best_method(card.native_px, output_px), output_px=output_px,
    )  # fmt: skip
    limits.check(card, made.request())
    return made


@dataclass(frozen=True)
class ComposeRecipe:
    """Panels in reading order, named by the SHA-256 of their bytes."""

    panels_sha256: tuple[str, ...]
    columns: int
    operation: str = "compose"

    def document(self) -> dict[str, Any]:
        """The members, ready for JSON."""
        return {**asdict(self), "panels_sha256": list(self.panels_sha256)}


def cost(document: dict[str, Any]) -> int:
    """A job's share of the painters' time, for fair turns: millions of pixels over all its steps, at least 1."""
    pixels = int(document.get("width_px", 0)) * int(document.get("height_px", 0))
    return max(1, round(pixels * int(document.get("steps", 1)) / 1_000_000))


def batch_key(document: dict[str, Any]) -> str:
    """Equal for recipes that may share a forward pass: all but words and seed are the same. Empty if none may."""
    if document.get("operation") != "text-to-image":
        return ""
    return digest(
        {name: value for name, value in document.items() if name not in ("prompt", "negative_prompt", "seed")}
    )


def digest(document: dict[str, Any]) -> str:
    """SHA-256 (hex) of the canonical JSON: UTF-8, sorted keys, no spaces."""
    body = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(body.encode()).hexdigest()
