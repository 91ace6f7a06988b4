"""All that decides a picture, as one canonical JSON document with a SHA-256.

Two jobs with equal recipes paint equal pictures on the same libraries and device. The digest goes into the
metadata of the token, so the members are named in the terms of the field and never renamed.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from generation import enlarge
from generation.composition import windows
from generation.composition.windows import NO_MARGINS, Box, Margins
from generation.errors import CannotDo, LimitExceeded
from generation.pipelines import limits
from generation.pipelines.base import IMAGE_TO_IMAGE, INPAINT, VARIATION, ModelCard, PaintRequest
from generation.pipelines.base import UPSCALE as UPSCALE

OUTPUT_PX_MAX = 8192
OUTPAINT = "outpaint"
LEARNED = "learned"
"""The way of enlarging that is no arithmetic: `UpscaleRecipe.enlarge`, beside those of generation/enlarge.py."""
WINDOWS_MAX = 64


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
        """What the pipeline is asked; pictures that it needs are read by the worker."""
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
class Source:
    """The picture that is worked over, and what is asked of it. `mask_box` is where the mask is white."""

    operation: str
    sha256: str
    size_px: tuple[int, int]
    strength: float = 1.0
    mask_sha256: str = ""
    mask_box: Box = (0, 0, 0, 0)
    margins: Margins = NO_MARGINS


@dataclass(frozen=True)
class ReworkRecipe(PaintRecipe):
    """A picture worked over: image-to-image and variation of the whole, inpaint where a mask is white, outpaint.

    `width_px` and `height_px` are what the model paints at once; inpaint and outpaint do it in square windows of
    `window_px` (generation/composition/windows.py). `output_px` is the longer side of the result.
    """

    operation: str = IMAGE_TO_IMAGE
    source_sha256: str = ""
    strength: float = 1.0
    mask_sha256: str = ""
    left_px: int = 0
    top_px: int = 0
    right_px: int = 0
    bottom_px: int = 0
    window_px: int = 0
    windows: int = 1

    def margins(self) -> Margins:
        """How far the canvas grows."""
        return Margins(self.left_px, self.top_px, self.right_px, self.bottom_px)


def to_rework(card: ModelCard, source: Source, prompt: str, negative_prompt: str, seed: int) -> ReworkRecipe:
    """The recipe of a model's own defaults; LimitExceeded, with what would fit, before anything is queued."""
    in_windows = source.operation in (INPAINT, OUTPAINT)
    (width, height) = _nearest(card, 1.0 if in_windows else source.size_px[0] / source.size_px[1])
    side, boxes = _windows(source, card.native_px) if in_windows else (max(source.size_px), [(0, 0, 0, 0)])
    if len(boxes) > WINDOWS_MAX:
        raise LimitExceeded(
            f"This would be painted in {len(boxes)} windows; at most {WINDOWS_MAX} are.",
            next_step="Extend the picture by less, and then again.",
        )
    output_px = max(source.margins.around(source.size_px)) if in_windows else max(side, width, height)
    if output_px > OUTPUT_PX_MAX:
        raise LimitExceeded(
            f"A picture is at most {OUTPUT_PX_MAX:,} pixels wide or high; this would be {output_px:,}."
        )
    made = ReworkRecipe(
        model=card.name, model_sha256=card.sha256, prompt=prompt, negative_prompt=negative_prompt, seed=seed,
        steps=card.default_steps, guidance_scale=card.default_guidance_scale, width_px=width, height_px=height,
        enlarge=enlarge.best_method(max(width, height), side if in_windows else output_px), output_px=output_px,
        operation=source.operation, source_sha256=source.sha256, strength=source.strength,
        mask_sha256=source.mask_sha256, **asdict(source.margins), window_px=side if in_windows else 0,
        windows=len(boxes),
    )  # fmt: skip
    whole = IMAGE_TO_IMAGE if prompt.strip() else VARIATION
    limits.check_numbers(card, made.request(), INPAINT if in_windows else whole)
    return made


def _windows(source: Source, native_px: int) -> tuple[int, list[Box]]:
    if source.operation == INPAINT:
        return windows.over_mask(source.size_px, source.mask_box, native_px)
    return windows.around(source.size_px, source.margins)


def _nearest(card: ModelCard, aspect: float) -> tuple[int, int]:
    """The size of the model's whose width by height is nearest to this."""
    return min(card.sizes_px, key=lambda size: abs(size[0] / size[1] - aspect))


@dataclass(frozen=True)
class UpscaleRecipe:
    """A larger picture by one of the ways of generation/enlarge.py; no model looks at it."""

    source_sha256: str
    enlarge: str
    output_px: int
    operation: str = UPSCALE

    def document(self) -> dict[str, Any]:
        """The members, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class LearnedUpscaleRecipe(UpscaleRecipe):
    """A larger picture by a model's own super-resolution, and by Lanczos resampling from there to the size."""

    model: str = ""
    model_sha256: str = ""


def to_learned_upscale(
    card: ModelCard, source_sha256: str, size_px: tuple[int, int], output_px: int
) -> LearnedUpscaleRecipe:
    """LimitExceeded unless the picture grows within bounds and the model enlarges."""
    if UPSCALE not in card.operations:
        raise CannotDo(f"{card.title_en} has no super-resolution of its own.")
    plain = to_upscale(source_sha256, size_px, output_px)
    return LearnedUpscaleRecipe(source_sha256, LEARNED, plain.output_px, model=card.name, model_sha256=card.sha256)


def to_upscale(source_sha256: str, size_px: tuple[int, int], output_px: int) -> UpscaleRecipe:
    """By Lanczos resampling, which adds nothing; LimitExceeded unless the picture grows within bounds."""
    if not max(size_px) < output_px <= OUTPUT_PX_MAX:
        raise LimitExceeded(
            f"The longer side has {max(size_px):,} pixels; it can be enlarged to at most {OUTPUT_PX_MAX:,}.",
            next_step="Choose a larger size than the picture has.",
        )
    return UpscaleRecipe(source_sha256, "lanczos", output_px)


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
    steps = int(document.get("steps", 1)) * int(document.get("windows", 1))
    return max(1, round(pixels * steps / 1_000_000))


def batch_key(document: dict[str, Any]) -> str:
    """Equal for recipes that may share a forward pass: all but words and seed are the same. Empty if none may."""
    if document.get("operation") != "text-to-image":
        return ""
    return digest(
        {name: value for name, value in document.items() if name not in ("prompt", "negative_prompt", "seed")}
    )


def words_inside(document: dict[str, Any]) -> dict[str, str]:
    """What a picture's own file says of its recipe: PNG text chunks."""
    return {"ninefold.recipe": json.dumps(document, ensure_ascii=False)}


def digest(document: dict[str, Any]) -> str:
    """SHA-256 (hex) of the canonical JSON: UTF-8, sorted keys, no spaces."""
    body = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(body.encode()).hexdigest()
