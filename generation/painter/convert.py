"""Turn a study checkpoint into a model folder.

`python -m generation.painter.convert SOURCE.safetensors OUT_DIR`
A study file holds both networks under short names (`ae.*`, `dit.*`); the folder holds them as diffusers
does, under the names of `PainterAutoencoder` and `PainterTransformer2D`. Values and their precision are
kept as they are. Writing the same source twice gives the same bytes. `card.json` is written by a person and
left alone.
"""

import argparse
import re
from pathlib import Path

from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from safetensors.torch import load_file
from torch import Tensor, nn

from generation.painter.autoencoder import PainterAutoencoder
from generation.painter.pipeline import PainterPipeline
from generation.painter.transformer import PainterTransformer2D

AUTOENCODER_NAMES = (
    (r"^enc\.", "encoder."),
    (r"^dec\.", "decoder."),
    (r"^norm\.", "latent_norm."),
    (r"^(decoder\.\d+)\.0\.", r"\1.conv."),
    (r"\.n\.", ".norm1."),
    (r"\.a\.", ".conv1."),
    (r"\.m\.", ".norm2."),
    (r"\.b\.", ".conv2."),
)
TRANSFORMER_NAMES = (
    (r"^i\.", "latent_in."),
    (r"^o\.", "latent_out."),
    (r"^pos$", "position"),
    (r"^q$", "text.query"),
    (r"^k\.", "text.to_key."),
    (r"^v\.", "text.to_value."),
    (r"^vm\.1\.", "text.out."),
    (r"^vp$", "text.position"),
    (r"^nul$", "text.null"),
    (r"^pool\.", "text.mean_out."),
    (r"^te\.0\.", "time.linear1."),
    (r"^te\.2\.", "time.linear2."),
    (r"^ada\.", "modulation."),
    (r"^b\.", "blocks."),
    (r"\.p\.", ".attention_out."),
    (r"\.f\.0\.", ".feed_forward_in."),
    (r"\.f\.2\.", ".feed_forward_out."),
    (r"\.ada$", ".modulation_table"),
)


def convert(source: Path, out_dir: Path) -> None:
    """Raises RuntimeError, naming the tensors, if the source does not fit the networks exactly."""
    tensors = load_file(source)
    autoencoder, transformer = PainterAutoencoder(), PainterTransformer2D()
    _fill(autoencoder, tensors, "ae.", AUTOENCODER_NAMES)
    _fill(transformer, tensors, "dit.", TRANSFORMER_NAMES)
    scheduler = FlowMatchEulerDiscreteScheduler(num_train_timesteps=1000, shift=1.0)
    PainterPipeline(autoencoder, transformer, scheduler).save_pretrained(out_dir)


def rename(old: str, names: tuple[tuple[str, str], ...]) -> str:
    """The name in our networks of a tensor in the study's."""
    for pattern, replacement in names:
        old = re.sub(pattern, replacement, old)
    return old


def _fill(network: nn.Module, tensors: dict[str, Tensor], prefix: str, names: tuple[tuple[str, str], ...]) -> None:
    state = {}
    for old, tensor in tensors.items():
        if old.startswith(prefix):
            state[rename(old.removeprefix(prefix), names)] = tensor
    network.load_state_dict(state, strict=True, assign=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Turn a study checkpoint into a model folder.")
    parser.add_argument("source", type=Path)
    parser.add_argument("out_dir", type=Path)
    given = parser.parse_args()
    convert(given.source, given.out_dir)


if __name__ == "__main__":
    main()
