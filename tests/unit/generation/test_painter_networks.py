"""The painter's networks against the study they come from.

`painter_reference.safetensors` was made once by the study's own code from the study's weights, with the inputs
that `wave` gives here.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from diffusers.schedulers import FlowMatchEulerDiscreteScheduler
from safetensors.torch import load_file, save_file

from generation.painter import convert
from generation.painter.autoencoder import PainterAutoencoder
from generation.painter.pipeline import PainterPipeline
from generation.painter.transformer import PainterTransformer2D
from generation.pipelines.base import torch_threads
from generation.pipelines.registry import BUILT_IN, FIRST_PAINTER

REFERENCE = load_file(Path(__file__).with_name("painter_reference.safetensors"))
WEIGHTS = BUILT_IN[FIRST_PAINTER]
TEXT_MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]).bool()


def wave(*shape: int) -> torch.Tensor:
    """Numbers in -1..1 without a pattern, the same on every machine."""
    return torch.sin(torch.arange(math.prod(shape), dtype=torch.float64) ** 1.5).float().view(shape)


def load(path: Path = WEIGHTS) -> PainterPipeline:
    pipe = PainterPipeline.from_pretrained(
        str(path), torch_dtype=torch.float32, use_safetensors=True, text_encoder=None, tokenizer=None
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture(scope="module")
def painter() -> Iterator[PainterPipeline]:
    with torch_threads(1):
        yield load()


def sample(pipe: PainterPipeline) -> torch.Tensor:
    return pipe(
        prompt_embeds=wave(2, 5, 384)[:1] * 0.5,
        prompt_mask=TEXT_MASK[:1],
        generator=torch.Generator().manual_seed(7),
        output_type="latent",
    ).images


def test_autoencoder_matches_study_when_encoding_and_decoding(painter: PainterPipeline) -> None:
    with torch.no_grad():
        encoded = painter.autoencoder.encode(wave(1, 3, 64, 64))
        decoded = painter.autoencoder.decode(wave(1, 48, 4, 4))
    torch.testing.assert_close(encoded, REFERENCE["encoded"], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(decoded[..., ::4, ::4], REFERENCE["decoded_every_4th"], atol=1e-4, rtol=1e-4)


def test_transformer_matches_study_when_words_are_padded_and_dropped(painter: PainterPipeline) -> None:
    times, drop = torch.tensor([0.8, 0.3]), torch.tensor([False, True])
    with torch.no_grad():
        velocity = painter.transformer(wave(2, 48, 4, 4), times, wave(2, 5, 384) * 0.5, TEXT_MASK, drop)
    torch.testing.assert_close(velocity, REFERENCE["velocity"], atol=1e-4, rtol=1e-4)


def test_sampler_matches_study_when_guided_over_forty_steps(painter: PainterPipeline) -> None:
    torch.testing.assert_close(sample(painter), REFERENCE["sampled"], atol=1e-3, rtol=1e-3)


def test_pipeline_paints_the_same_when_saved_and_loaded_again(painter: PainterPipeline, tmp_path: Path) -> None:
    painter.save_pretrained(tmp_path)
    again = load(tmp_path)
    assert isinstance(again.autoencoder, PainterAutoencoder)
    assert isinstance(again.transformer, PainterTransformer2D)
    assert isinstance(again.scheduler, FlowMatchEulerDiscreteScheduler)
    assert torch.equal(sample(again), sample(painter))
    assert not (tmp_path / "text_encoder").exists()


@pytest.mark.parametrize(
    ("old", "names", "new"),
    [
        ("enc.2.a.weight", convert.AUTOENCODER_NAMES, "encoder.2.conv1.weight"),
        ("dec.3.0.bias", convert.AUTOENCODER_NAMES, "decoder.3.conv.bias"),
        ("dec.11.m.weight", convert.AUTOENCODER_NAMES, "decoder.11.norm2.weight"),
        ("norm.running_var", convert.AUTOENCODER_NAMES, "latent_norm.running_var"),
        ("pos", convert.TRANSFORMER_NAMES, "position"),
        ("ada.weight", convert.TRANSFORMER_NAMES, "modulation.weight"),
        ("b.7.ada", convert.TRANSFORMER_NAMES, "blocks.7.modulation_table"),
        ("b.0.f.2.bias", convert.TRANSFORMER_NAMES, "blocks.0.feed_forward_out.bias"),
        ("b.3.qkv.weight", convert.TRANSFORMER_NAMES, "blocks.3.qkv.weight"),
        ("vp", convert.TRANSFORMER_NAMES, "text.position"),
    ],
)
def test_convert_renames_tensor_when_it_comes_from_the_study(
    old: str, names: tuple[tuple[str, str], ...], new: str
) -> None:
    assert convert.rename(old, names) == new


def test_convert_refuses_source_when_tensors_are_missing(tmp_path: Path) -> None:
    source = tmp_path / "study.safetensors"
    save_file({"ae.enc.1.bias": torch.zeros(96)}, source)
    with pytest.raises(RuntimeError, match=r"encoder\.1\.weight"):
        convert.convert(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()
