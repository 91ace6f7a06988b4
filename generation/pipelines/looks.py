"""A glance at latents: three numbers of colour for each place, cheap enough to take in the middle of a painting.

Which mixture of a latent's channels is red, green or blue is learned from the model's own autoencoder when it is
first asked for: a few plain pictures are encoded, and the colours that they had are regressed on what came out. So it
holds for any autoencoder of pictures; it knows nothing of a model by name. Packed latents, as of Flux, are not seen.
"""

from typing import Any

import torch
from PIL import Image
from torch import Tensor

SIDE_PLACES = 8
PICTURES = 24


class Glance:
    def __init__(self, vae: Any, factor: int) -> None:
        """`factor` is how many pixels wide a place of the latents is. Encodes two dozen small pictures."""
        drawn = torch.Generator().manual_seed(0)
        coarse = torch.rand(PICTURES, 3, 2, 2, generator=drawn) * 2 - 1
        places = torch.nn.functional.interpolate(coarse, (SIDE_PLACES, SIDE_PLACES), mode="bilinear")
        pixels = torch.nn.functional.interpolate(places, scale_factor=factor, mode="bilinear")
        with torch.no_grad():
            seen = vae.encode(pixels.to(vae.device, vae.dtype)).latent_dist.mean.float().cpu()
        self.scale = float(getattr(vae.config, "scaling_factor", 1.0) or 1.0)
        self.shift = float(getattr(vae.config, "shift_factor", 0.0) or 0.0)
        rows = _rows(seen)
        self.mixture: Tensor = torch.linalg.lstsq(_with_one(rows), _rows(places)).solution

    def of(self, latents: Tensor) -> list[Image.Image]:
        """(B, channels, high, wide), as the pipeline scales them, to pictures of a pixel a place."""
        plain = latents.detach().float().cpu() / self.scale + self.shift
        batch, _, high, wide = plain.shape
        colours = (_with_one(_rows(plain)) @ self.mixture).view(batch, high, wide, 3)
        values = ((colours.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).numpy()
        return [Image.fromarray(picture) for picture in values]


def glance_of(pipe: Any) -> Glance | None:
    """For a pipeline that paints in the latents of an autoencoder with a distribution; None for others."""
    vae = getattr(pipe, "vae", None)
    factor = getattr(pipe, "vae_scale_factor", None)
    if vae is None or not isinstance(factor, int):
        return None
    try:
        return Glance(vae, factor)
    except (AttributeError, RuntimeError, TypeError, ValueError):
        return None


def _rows(picture: Tensor) -> Tensor:
    return picture.movedim(1, -1).flatten(0, -2)


def _with_one(rows: Tensor) -> Tensor:
    return torch.cat([rows, torch.ones(len(rows), 1)], dim=1)
