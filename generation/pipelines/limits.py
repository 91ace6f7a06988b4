"""Whether a model can paint what is asked, before anything is queued. Pure: knows cards, no models."""

import math

from generation.errors import CannotDo, LimitExceeded
from generation.inputs import SEED_BITS
from generation.pipelines.base import VARIATION, ModelCard, PaintRequest

MAX_PROMPT_CHARACTERS = 2000
MAX_GUIDANCE_SCALE = 30.0
MAX_SEED = 2**SEED_BITS - 1


def check(card: ModelCard, request: PaintRequest) -> None:
    """Raises LimitExceeded with a sentence that says what would fit."""
    check_numbers(card, request, request.operation)
    size = (request.width_px, request.height_px)
    for what, given in (("picture", request.image), ("mask", request.mask)):
        if given is not None and given.size != size:
            raise LimitExceeded(
                f"The {what} has {given.width} x {given.height} px; {size[0]} x {size[1]} were asked."
            )
    if request.mask is not None and request.image is None:
        raise LimitExceeded("A mask needs the picture that it lies on.")


def check_numbers(card: ModelCard, request: PaintRequest, operation: str) -> None:
    """The same for a request whose pictures are not read yet."""
    if operation not in card.operations:
        raise CannotDo(f"{card.title_en} cannot do {operation}. It can: {', '.join(card.operations)}.")
    for words in (request.prompt, request.negative_prompt):
        if len(words) > MAX_PROMPT_CHARACTERS or "\0" in words:
            raise LimitExceeded(f"A prompt has at most {MAX_PROMPT_CHARACTERS} characters and no NUL among them.")
    if not request.prompt.strip() and operation != VARIATION:
        raise LimitExceeded("The prompt is empty; say what is to be painted.")
    if request.negative_prompt and not card.takes_negative_prompt:
        raise LimitExceeded(f"{card.title_en} takes no negative prompt; leave it empty.")
    if not card.min_steps <= request.steps <= card.max_steps:
        raise LimitExceeded(
            f"{card.title_en} paints in {card.min_steps} to {card.max_steps} steps, not {request.steps}."
        )
    if not (math.isfinite(request.guidance_scale) and 0 <= request.guidance_scale <= MAX_GUIDANCE_SCALE):
        raise LimitExceeded(f"The guidance scale is between 0 and {MAX_GUIDANCE_SCALE:g}.")
    if not 0 < request.strength <= 1:
        raise LimitExceeded("The strength lies above 0 and is at most 1.")
    if not 0 <= request.seed <= MAX_SEED:
        raise LimitExceeded(f"A seed is between 0 and {MAX_SEED}.")
    if (request.width_px, request.height_px) not in card.sizes_px:
        sizes = ", ".join(f"{width} x {height}" for width, height in card.sizes_px)
        raise LimitExceeded(
            f"{card.title_en} cannot paint {request.width_px} x {request.height_px} px. What fits: {sizes}."
        )
