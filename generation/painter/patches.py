"""The painter's latents: 16 px patches in their principal components.

On the painter's own pictures 128 components of a patch keep 27.5 dB where a convolutional autoencoder of 8.7 M
parameters kept 20.3 (docs/painter.md), at no cost: encoding is one matrix product. Latents stay linear in the
pixels, so that a subject on a ground is a sum, which a small transformer learns sooner than a curved code.

Components are scaled by the fourth root of their variance (`WHITENING` half way), so that broad shapes and
colours stand out of the noise first and detail last, as in pixel space but less steeply.
"""

from typing import Any

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor

WHITENING = 0.5


class PainterPatches(ModelMixin, ConfigMixin):  # type: ignore[misc]  # untyped bases
    """Pixels (batch, channels, side, side), pictures in -1..1; latents (batch, channels, side / 16, side / 16)."""

    _keep_in_fp32_modules = ["basis", "mean", "scale"]  # type: ignore[assignment]

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        sample_size: int = 64,
        patch_size: int = 16,
        latent_channels: int = 128,
        channels: int = 3,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        values = channels * patch_size**2
        self.register_buffer("basis", torch.eye(values)[:latent_channels].clone())
        self.register_buffer("mean", torch.zeros(values))
        self.register_buffer("scale", torch.ones(latent_channels))

    @torch.no_grad()
    def fit(self, pixels: Tensor) -> None:
        """Takes the principal components of these pictures' patches. Repeatable on one machine."""
        side = self.config["patch_size"]
        patches = F.unfold(pixels, side, stride=side).transpose(1, 2).flatten(0, 1).double()
        mean = patches.mean(0)
        variance, vectors = torch.linalg.eigh((patches - mean).T @ (patches - mean) / len(patches))
        kept = self.config["latent_channels"]
        basis, variance = vectors.flip(1)[:, :kept].T, variance.flip(0)[:kept].clamp(min=1e-6)
        basis = basis * basis.gather(1, basis.abs().argmax(1, keepdim=True)).sign()  # a sign of its own choosing
        scale = variance ** (-WHITENING / 2)
        scale = scale / (variance * scale**2).mean().sqrt()
        for name, value in (("basis", basis), ("mean", mean), ("scale", scale)):
            getattr(self, name).copy_(value.float())

    def encode(self, pixels: Tensor) -> Tensor:
        """About unit variance over all channels together."""
        side = self.config["patch_size"]
        kernel = (self.basis * self.scale[:, None]).view(-1, self.config["channels"], side, side).float()
        return F.conv2d(pixels.float(), kernel, -(kernel.flatten(1) @ self.mean.float()), stride=side)

    def decode(self, latents: Tensor) -> Tensor:
        """May step a little outside -1..1; the caller clamps."""
        side = self.config["patch_size"]
        batch, _, high, wide = latents.shape
        patches = latents.float().movedim(1, 3) @ (self.basis / self.scale[:, None]).float() + self.mean.float()
        pixels = patches.view(batch, high, wide, self.config["channels"], side, side).permute(0, 3, 1, 4, 2, 5)
        whole: Tensor = pixels.reshape(batch, self.config["channels"], high * side, wide * side)
        return whole

    def forward(self, pixels: Tensor, **_: Any) -> Tensor:
        return self.decode(self.encode(pixels))


def to_pixels(images: Tensor) -> Tensor:
    """(batch, 3, height, width) in -1..1 to uint8 (batch, height, width, 3)."""
    return ((images.clamp(-1, 1).permute(0, 2, 3, 1) + 1) * 127.5).round().to(torch.uint8)
