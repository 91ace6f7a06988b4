"""The painter's folder, saved and loaded as diffusers does."""

from pathlib import Path

import torch
from diffusers.schedulers import FlowMatchEulerDiscreteScheduler

from generation.painter.enlarger import PainterEnlarger
from generation.painter.patches import PainterPatches
from generation.painter.pipeline import PainterPipeline
from generation.painter.prior import PainterPrior
from generation.painter.transformer import PainterTransformer2D
from generation.pipelines.base import torch_threads
from generation.pipelines.registry import BUILT_IN, OUR_PAINTER

MOST_BYTES = 60_000_000


def load(path: Path) -> PainterPipeline:
    pipe = PainterPipeline.from_pretrained(
        str(path), torch_dtype=torch.float32, use_safetensors=True, text_encoder=None, tokenizer=None
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def sample(pipe: PainterPipeline) -> torch.Tensor:
    words = torch.sin(torch.arange(5 * 384, dtype=torch.float64) ** 1.5).float().view(1, 5, 384) * 0.5
    with torch_threads(1):
        return pipe(
            prompt_embeds=words, prompt_mask=torch.ones(1, 5).bool(), generator=torch.Generator().manual_seed(7),
            num_inference_steps=6, output_type="latent",
        ).images  # fmt: skip


def test_pipeline_paints_the_same_when_saved_and_loaded_again(tmp_path: Path) -> None:
    painter = load(BUILT_IN[OUR_PAINTER])
    painter.save_pretrained(tmp_path)
    again = load(tmp_path)
    assert isinstance(again.autoencoder, PainterPatches)
    assert isinstance(again.prior, PainterPrior)
    assert isinstance(again.transformer, PainterTransformer2D)
    assert isinstance(again.enlarger, PainterEnlarger)
    assert isinstance(again.scheduler, FlowMatchEulerDiscreteScheduler)
    assert torch.equal(sample(again), sample(painter))
    assert not (tmp_path / "text_encoder").exists()


def test_weights_in_the_repository_stay_small() -> None:
    weights = BUILT_IN[OUR_PAINTER].parent.rglob("*.safetensors")
    assert sum(file.stat().st_size for file in weights) <= MOST_BYTES
