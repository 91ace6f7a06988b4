"""Pictures given to the painter: worked over, varied, mended, extended, enlarged. Tiny networks, nothing learned."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.schedulers import FlowMatchEulerDiscreteScheduler
from PIL import Image

from generation.painter.enlarger import PainterEnlarger
from generation.painter.patches import PainterPatches
from generation.painter.pipeline import PainterPipeline
from generation.painter.transformer import PainterTransformer2D
from generation.pipelines.base import torch_threads

WORDS = {"prompt_embeds": torch.ones(1, 2, 384), "prompt_mask": torch.ones(1, 2, dtype=torch.bool)}


@pytest.fixture(scope="module")
def pipe() -> Iterator[PainterPipeline]:
    torch.manual_seed(0)
    patches = PainterPatches(latent_channels=768)
    transformer = PainterTransformer2D(
        in_channels=768, width=32, num_layers=1, num_attention_heads=2, prediction="picture"
    )
    scheduler = FlowMatchEulerDiscreteScheduler(num_train_timesteps=1000)
    made = PainterPipeline(patches, transformer, scheduler, enlarger=PainterEnlarger(width=16, blocks=1))
    made.set_progress_bar_config(disable=True)
    with torch_threads(1):
        yield made


def noise(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def picture(side: int = 64) -> Image.Image:
    y, x = np.mgrid[:side, :side] * 255 // (side - 1)
    return Image.fromarray(np.stack([x, y, 255 - x], -1).astype(np.uint8))


def paint(pipe: PainterPipeline, **kwargs: Any) -> np.ndarray:
    given = {"num_inference_steps": 4, "generator": noise()} | WORDS | kwargs
    return np.asarray(pipe(**given).images[0]).astype(int)


def test_known_pixels_come_back_as_they_were_when_inpainting(pipe: PainterPipeline) -> None:
    mask = Image.new("L", (64, 64), 0)
    mask.paste(255, (10, 12, 40, 50))
    painted = paint(pipe, image=picture(), mask_image=mask)
    changed = np.abs(painted - np.asarray(picture()).astype(int)).max(-1) > 0
    assert not changed[np.asarray(mask) == 0].any()
    assert changed[np.asarray(mask) == 255].mean() > 0.9


def test_picture_is_nearer_to_the_given_one_when_strength_is_less(pipe: PainterPipeline) -> None:
    far = [
        np.abs(paint(pipe, image=picture(), strength=strength) - np.asarray(picture())).mean()
        for strength in (0.1, 0.5, 1.0)
    ]
    assert far[0] < far[1] < far[2]


def test_picture_is_as_from_nothing_when_strength_is_whole(pipe: PainterPipeline) -> None:
    assert np.array_equal(paint(pipe, image=picture(), strength=1.0), paint(pipe))


def test_variation_needs_no_words_and_follows_its_seed(pipe: PainterPipeline) -> None:
    first, again, other = (
        np.asarray(pipe.vary(picture(), num_inference_steps=3, generator=noise(seed)).images[0]) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_outpainted_picture_holds_the_given_one_where_it_was(
    pipe: PainterPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipe, "encode_prompt", lambda prompts: tuple(WORDS.values()))
    wide = pipe.outpaint("sea", picture(), left=40, bottom=20, num_inference_steps=2, generator=noise())
    assert wide.size == (104, 84)
    assert wide.crop((40, 0, 104, 64)).tobytes() == picture().tobytes()
    assert np.asarray(wide.crop((0, 0, 40, 84))).std() > 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"image": picture(32)}, "64 x 64"),
        ({"image": picture(), "mask_image": Image.new("L", (32, 32))}, "mask"),
        ({"strength": 0.0}, "strength"),
        ({"image": [picture()] * 2}, "1 prompts, but 2"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(pipe: PainterPipeline, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        paint(pipe, **given)


def test_small_picture_is_refused_when_outpainting(pipe: PainterPipeline) -> None:
    with pytest.raises(ValueError, match="the least is 64 x 64"):
        pipe.outpaint("sea", picture(32), left=8)


def test_enlarged_picture_is_four_times_as_large_and_keeps_its_colours(pipe: PainterPipeline) -> None:
    [large] = pipe.enlarge([picture()])
    assert large.size == (256, 256)
    back = np.asarray(large.resize((64, 64), Image.Resampling.BOX)).astype(int)
    assert np.abs(back - np.asarray(picture())).mean() < 2  # nothing learned yet: the bicubic part alone


@pytest.mark.parametrize("size", [(64, 64), (71, 50), (33, 9)])
def test_picture_is_the_same_when_enlarged_in_tiles(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    network = PainterEnlarger(width=8, blocks=1)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    wide, high = size
    pixels = torch.rand(1, 3, high, wide, generator=noise()) * 2 - 1
    whole = network.in_tiles(pixels, tile_px=1000)
    assert whole.shape == (1, 3, 4 * high, 4 * wide)
    assert whole.std() > 0.1
    torch.testing.assert_close(network.in_tiles(pixels, tile_px=16), whole, atol=1e-5, rtol=0)


def test_enlarging_is_refused_when_the_painter_came_without_its_network(pipe: PainterPipeline) -> None:
    bare = PainterPipeline(pipe.autoencoder, pipe.transformer, pipe.scheduler)
    with pytest.raises(ValueError, match="super-resolution"):
        bare.enlarge([picture()])
