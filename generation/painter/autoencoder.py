"""The painter's autoencoder: a 64 x 64 picture to a 4 x 4 grid of 48 numbers, and back.

The transformer paints in this small space (latent diffusion, Rombach et al. 2022, arXiv:2112.10752); there
is no adversary and no KL term here. The latents are normalised per channel by statistics kept from
training, so that they have the unit variance which the flow assumes; the decoder was trained on normalised
latents with a little noise added and therefore takes them as they are.
"""

from collections.abc import Sequence
from typing import Any

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

PIXELS_PER_ENCODER_PATCH = 4
PIXELS_PER_DECODER_PATCH = 2
NORM_GROUPS = 16


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions around a skip; starts as the identity (the second one's weights are zero)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(NORM_GROUPS, channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = nn.GroupNorm(NORM_GROUPS, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.act = nn.SiLU()
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.conv1(self.act(self.norm1(x)))
        out: Tensor = x + self.conv2(self.act(self.norm2(hidden)))
        return out


class Upsample(nn.Module):
    """Twice the side, by sub-pixel convolution (Shi et al. 2016, arXiv:1609.05158)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out * 4, 1)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        wide: Tensor = self.shuffle(self.conv(x))
        return wide


class PainterAutoencoder(ModelMixin, ConfigMixin):  # type: ignore[misc]  # untyped bases
    """Pixels are (batch, 3, 64, 64) in -1..1, latents (batch, 48, 4, 4) with about unit variance."""

    # Running statistics lose too much in half precision.
    _keep_in_fp32_modules = ["latent_norm"]  # type: ignore[assignment]

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        sample_size: int = 64,
        latent_channels: int = 48,
        encoder_channels: Sequence[int] = (96, 192, 256),
        decoder_channels: Sequence[int] = (256, 192, 128, 64),
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        first, *others = encoder_channels
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(PIXELS_PER_ENCODER_PATCH),  # (B, 48, 16, 16)
            nn.Conv2d(3 * PIXELS_PER_ENCODER_PATCH**2, first, 3, padding=1),
            ResidualBlock(first),
            *(layer for narrow, wide in zip(encoder_channels, others, strict=False) for layer in _down(narrow, wide)),
            ResidualBlock(encoder_channels[-1]),  # (B, 256, 4, 4)
            nn.GroupNorm(NORM_GROUPS, encoder_channels[-1]),
            nn.SiLU(),
            nn.Conv2d(encoder_channels[-1], latent_channels, 1),
        )
        first, *others = decoder_channels
        self.decoder = nn.Sequential(
            nn.Conv2d(latent_channels, first, 3, padding=1),
            ResidualBlock(first),
            ResidualBlock(first),
            *(layer for wide, narrow in zip(decoder_channels, others, strict=False) for layer in _up(wide, narrow)),
            nn.GroupNorm(NORM_GROUPS, decoder_channels[-1]),  # (B, 64, 32, 32)
            nn.SiLU(),
            nn.Conv2d(decoder_channels[-1], 3 * PIXELS_PER_DECODER_PATCH**2, 3, padding=1),
            nn.PixelShuffle(PIXELS_PER_DECODER_PATCH),  # (B, 3, 64, 64)
        )
        self.latent_norm = nn.BatchNorm2d(latent_channels, affine=False, momentum=0.02)

    def encode(self, pixels: Tensor) -> Tensor:
        latents: Tensor = self.latent_norm(self.encoder(pixels).float())
        return latents

    def decode(self, latents: Tensor) -> Tensor:
        """May step a little outside -1..1; the caller clamps."""
        pixels: Tensor = self.decoder(latents).float()
        return pixels

    def forward(self, pixels: Tensor, **_: Any) -> Tensor:
        return self.decode(self.encode(pixels))


def _down(narrow: int, wide: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(narrow, wide, 3, stride=2, padding=1), ResidualBlock(wide)


def _up(wide: int, narrow: int) -> tuple[nn.Module, ...]:
    return Upsample(wide, narrow), ResidualBlock(narrow), ResidualBlock(narrow)


def to_pixels(images: Tensor) -> Tensor:
    """(batch, 3, height, width) in -1..1 to uint8 (batch, height, width, 3)."""
    return ((images.clamp(-1, 1).permute(0, 2, 3, 1) + 1) * 127.5).round().to(torch.uint8)
