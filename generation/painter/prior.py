"""The painter's prior: the picture that is to be expected under these words, at once and blurred.

Latents are linear in the pixels, so the mean of all pictures of a caption is a picture: a soft cat on a blue ground.
A perceptron over the caption's token states learns that mean at a twentieth of the transformer's cost a caption; the
transformer gets it beside the noisy latents and has only to make one picture of it. The shape is unCLIP's (Ramesh et
al. 2022, arXiv:2204.06125: text, prior, decoder, super-resolution), with latents in place of an image embedding.
"""

from typing import Any

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

from generation.painter.transformer import TextTokens


class PainterPrior(ModelMixin, ConfigMixin):  # type: ignore[misc]  # untyped bases
    """Token states (B, L, 384) and mask (B, L) to latents (B, channels, S, S)."""

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        sample_size: int = 4,
        latent_channels: int = 128,
        width: int = 1024,
        token_width: int = 128,
        num_tokens: int = 8,
        text_width: int = 384,
        query_width: int = 96,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.text = TextTokens(token_width, text_width, num_tokens, query_width)
        self.words_in = nn.Linear(token_width * (num_tokens + 1), width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(2))
        self.latents_out = nn.Linear(width, latent_channels * sample_size**2)

    def forward(self, text_states: Tensor, text_mask: Tensor, **_: Any) -> Tensor:
        tokens, mean = self.text(text_states, text_mask, None)
        x = F.gelu(self.words_in(torch.cat([tokens.flatten(1), mean], dim=1)), approximate="tanh")
        for layer in self.hidden:
            x = x + F.gelu(layer(F.layer_norm(x, x.shape[-1:])), approximate="tanh")
        side = self.config["sample_size"]
        expected: Tensor = self.latents_out(F.layer_norm(x, x.shape[-1:]))
        return expected.view(len(expected), -1, side, side)
