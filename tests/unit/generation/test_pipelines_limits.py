from dataclasses import replace
from typing import Any

import pytest
import torch

from generation.errors import LimitExceeded
from generation.pipelines import limits, registry
from generation.pipelines.base import PaintRequest, generator

GOOD = PaintRequest(
    prompt="a red apple", negative_prompt="", seed=0, width_px=256, height_px=256, steps=40, guidance_scale=3.0
)


def test_request_passes_when_within_the_card() -> None:
    limits.check(registry.card(registry.OUR_PAINTER), GOOD)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"steps": 1_000_000_000}, "1 to 200 steps"),
        ({"steps": 0}, "1 to 200 steps"),
        ({"width_px": 65}, "What fits: 256 x 256"),
        ({"height_px": 0}, "What fits: 256 x 256"),
        ({"guidance_scale": float("nan")}, "between 0 and 30"),
        ({"guidance_scale": -1.0}, "between 0 and 30"),
        ({"seed": -1}, "A seed is between"),
        ({"seed": 2**32}, "A seed is between"),
        ({"prompt": " \n"}, "The prompt is empty"),
        ({"prompt": "a" * 2001}, "at most 2000 characters"),
        ({"prompt": "a\0b"}, "no NUL"),
        ({"negative_prompt": "a" * 2001}, "at most 2000 characters"),
    ],
)
def test_request_is_refused_with_what_would_fit_when_outside_the_card(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LimitExceeded, match=sentence) as raised:
        limits.check(registry.card(registry.OUR_PAINTER), replace(GOOD, **change))
    assert (raised.value.code, raised.value.retryable) == ("limit", False)


def test_every_seed_that_is_taken_is_a_noise_of_its_own() -> None:
    """torch would take longer ones too, and give the noise of their lowest 32 bits."""
    seeds = (0, 1, 2**31, limits.MAX_SEED)
    drawn = {tuple(torch.randn(4, generator=generator(seed)).tolist()) for seed in seeds}
    assert len(drawn) == len(seeds)
    beyond = torch.Generator().manual_seed(limits.MAX_SEED + 1)
    assert torch.equal(torch.randn(4, generator=beyond), torch.randn(4, generator=generator(0)))
