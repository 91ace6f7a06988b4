"""Whether a model can paint what is asked, before anything is queued. Pure: knows cards, no models."""

import math

from generation.errors import LimitExceeded
from generation.pipelines.base import ModelCard, PaintRequest

MAX_PROMPT_CHARACTERS = 2000
MAX_GUIDANCE_SCALE = 30.0
MAX_SEED = 2**63 - 1


def check(card: ModelCard, request: PaintRequest) -> None:
    """Raises LimitExceeded with a sentence that says what would fit."""
    for words in (request.prompt, request.negative_prompt):
        if len(words) > MAX_PROMPT_CHARACTERS or "\0" in words:
            raise LimitExceeded(f"A prompt has at most {MAX_PROMPT_CHARACTERS} characters and no NUL among them.")
    if not request.prompt.strip():
        raise LimitExceeded("The prompt is empty; say what is to be painted.")
    if request.negative_prompt and not card.takes_negative_prompt:
        raise LimitExceeded(f"{card.title_en} takes no negative prompt; leave it empty.")
    if not card.min_steps <= request.steps <= card.max_steps:
        raise LimitExceeded(
            f"{card.title_en} paints in {card.min_steps} to {card.max_steps} steps, not {request.steps}."
        )
    if not (math.isfinite(request.guidance_scale) and 0 <= request.guidance_scale <= MAX_GUIDANCE_SCALE):
        raise LimitExceeded(f"The guidance scale is between 0 and {MAX_GUIDANCE_SCALE:g}.")
    if not 0 <= request.seed <= MAX_SEED:
        raise LimitExceeded(f"A seed is between 0 and {MAX_SEED}.")
    if (request.width_px, request.height_px) not in card.sizes_px:
        sizes = ", ".join(f"{width} x {height}" for width, height in card.sizes_px)
        raise LimitExceeded(
            f"{card.title_en} cannot paint {request.width_px} x {request.height_px} px. What fits: {sizes}."
        )
