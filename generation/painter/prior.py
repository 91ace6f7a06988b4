"""The painter's prior: the picture that is to be expected under these words, at once.

It is built the way a picture is: a ground, a body laid over it with its cover, and a manner that paints the whole
anew, patch by patch. Each part hangs on few words, so that each is learned from few captions, and combinations that
no training picture shows come out of known parts (docs/painter.md has the figures beside a plain perceptron's). All
three are networks: nothing is pasted, and no drawing is kept but in their weights. Training pictures come with
their layers (`data/table.py`); the last picture is learned through all three.

The words leave open which of some views of a place is meant and which way a subject looks, where it stands and how
large it is, how near the place is and in what light. `view_of` and `hang_of` read that from the noise that a picture
starts from, so that it hangs on the seed alone. The networks learn every layer in its middle; the layers are moved
between them, before the manner paints, which looks no further than its squares.

The shape is unCLIP's (Ramesh et al. 2022, arXiv:2204.06125: text, prior, decoder, super-resolution), with a picture
in place of an image embedding.
"""

import math

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

from generation.painter.patches import PainterPatches
from generation.painter.transformer import TextTokens

BODY_CHANNELS = 4
"""Red, green and blue times the cover, and the cover."""
BRUSH_PX = 8
REACH_PX = 4
"""A manner paints squares of `BRUSH_PX` and looks that much further on each side."""


HANGS = 8
"""How many numbers say how the layers hang."""
BODY_ZOOM, BODY_RIGHT, BODY_DOWN = 0.1, 0.09, 0.03
GROUND_ZOOM, LIGHT, WARMTH = 0.05, 0.12, 0.06
"""How far a seed may go from the middle: parts of the size, of the side, and of the light."""
MIDDLE = (0.0, 0.0, 0.0, 1.0, -1.0, 0.0, 0.0, 0.0)
"""The hang in which the layers were learned."""


class Perceptron(nn.Module):
    """Two residual layers between two plain ones."""

    def __init__(self, given: int, width: int, wanted: int) -> None:
        super().__init__()
        self.first = nn.Linear(given, width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(2))
        self.last = nn.Linear(width, wanted)

    def forward(self, x: Tensor) -> Tensor:
        x = F.gelu(self.first(x), approximate="tanh")
        for layer in self.hidden:
            x = x + F.gelu(layer(F.layer_norm(x, x.shape[-1:])), approximate="tanh")
        out: Tensor = self.last(F.layer_norm(x, x.shape[-1:]))
        return out


class Manner(nn.Module):
    """A picture (B, 3, side, side) as a style paints it, by words (B, given). At first it leaves it as it is.

    Grain and facets lie in the same places in every picture of a style: the style steers each square by itself.
    """

    def __init__(self, side: int, given: int, width: int, styles: int) -> None:
        super().__init__()
        self.squares, self.width = (side // BRUSH_PX) ** 2, width
        self.style = Perceptron(given, 128, styles)
        self.steer = nn.Linear(styles, self.squares * 2 * width)
        self.look = nn.Linear(3 * (BRUSH_PX + 2 * REACH_PX) ** 2, width)
        self.hidden = nn.Linear(width, width)
        self.paint = nn.Linear(width, 3 * BRUSH_PX**2)
        for layer in (self.steer, self.paint):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, picture: Tensor, words: Tensor) -> Tensor:
        side = picture.shape[-1]
        steered = self.steer(self.style(words)).view(-1, self.squares, 2, self.width)
        wide = F.pad(picture, (REACH_PX,) * 4, mode="replicate")
        seen = F.unfold(wide, BRUSH_PX + 2 * REACH_PX, stride=BRUSH_PX).transpose(1, 2)  # (B, squares, values)
        x = F.gelu(self.look(seen) * (1 + steered[:, :, 0]) + steered[:, :, 1], approximate="tanh")
        x = x + F.gelu(self.hidden(F.layer_norm(x, x.shape[-1:])), approximate="tanh")
        return picture + F.fold(self.paint(x).transpose(1, 2), side, BRUSH_PX, stride=BRUSH_PX)


class PainterPrior(ModelMixin, ConfigMixin):  # type: ignore[misc]  # untyped bases
    """Token states (B, L, 384), mask (B, L) and views (B,) to pictures (B, 3, side, side), about -1..1.

    They are meant to be encoded: what latents do not keep of them was never learned.
    """

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        sample_size: int = 64,
        views: int = 4,
        ground_channels: int = 128,
        ground_width: int = 512,
        body_channels: int = 160,
        body_width: int = 1024,
        manner_width: int = 512,
        styles: int = 16,
        token_width: int = 128,
        num_tokens: int = 8,
        text_width: int = 384,
        query_width: int = 96,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.text = TextTokens(token_width, text_width, num_tokens, query_width)
        given = token_width * (num_tokens + 1)
        self.ground_patches = PainterPatches(sample_size, latent_channels=ground_channels)
        self.body_patches = PainterPatches(sample_size, latent_channels=body_channels, channels=BODY_CHANNELS)
        patches = (sample_size // self.ground_patches.config["patch_size"]) ** 2
        self.ground = Perceptron(given + views, ground_width, ground_channels * patches)
        self.body = Perceptron(given + views, body_width, body_channels * patches)
        self.manner = Manner(sample_size, given, manner_width, styles)

    def read(self, text_states: Tensor, text_mask: Tensor) -> Tensor:
        """The words as one vector."""
        tokens, mean = self.text(text_states, text_mask, None)
        return torch.cat([tokens.flatten(1), mean], dim=1)

    def layers(self, words: Tensor, view: Tensor) -> tuple[Tensor, Tensor]:
        """Latents of ground and body (B, channels, S, S)."""
        side = self.config["sample_size"] // self.ground_patches.config["patch_size"]
        given = torch.cat([words, F.one_hot(view, self.config["views"]).to(words.dtype)], dim=1)
        ground, body = (part(given).view(len(words), -1, side, side) for part in (self.ground, self.body))
        return ground, body

    def together(self, ground: Tensor, body: Tensor, hang: Tensor | None = None) -> Tensor:
        """The picture of these layers, before a style; moved where `hang`, (B, HANGS) in -1..1, is given."""
        over = self.body_patches.decode(body)
        under = (self.ground_patches.decode(ground) + 1) / 2
        if hang is not None:
            over, under = moved(over, under, hang)
        picture: Tensor = (under * (1 - over[:, 3:]) + over[:, :3]) * 2 - 1
        return picture

    def forward(self, text_states: Tensor, text_mask: Tensor, view: Tensor, hang: Tensor | None = None) -> Tensor:
        words = self.read(text_states, text_mask)
        picture: Tensor = self.manner(self.together(*self.layers(words, view), hang), words)
        return picture

    def view_of(self, noise: Tensor) -> Tensor:
        """Which view each of these noises (B, ...) stands for: all alike often over many seeds."""
        spread = noise.float().flatten(1).sum(1) / math.sqrt(noise[0].numel())  # standard normal
        views: int = self.config["views"]
        view: Tensor = (torch.special.ndtr(spread) * views).long().clamp(max=views - 1)
        return view

    @staticmethod
    def hang_of(noise: Tensor) -> Tensor:
        """How the layers of each of these noises (B, ...) hang: (B, HANGS), evenly in -1..1 over many seeds.

        Differences, so that they do not hang on the sum that `view_of` reads.
        """
        parts = noise.float().reshape(len(noise), HANGS, -1)
        spread = (parts[..., ::2] - parts[..., 1::2]).sum(2) / math.sqrt(parts.shape[2])
        hang: Tensor = torch.special.ndtr(spread) * 2 - 1
        return hang


def moved(over: Tensor, under: Tensor, hang: Tensor) -> tuple[Tensor, Tensor]:
    """The body nearer, farther and aside; the ground nearer, mirrored, and in another light."""
    near, right, down, turned, close, aside, light, warmth = hang.unbind(1)
    over = _seen(over, 1 - BODY_ZOOM * near, BODY_RIGHT * 2 * right, BODY_DOWN * 2 * down, "zeros")
    size = 1 - GROUND_ZOOM * (close + 1) / 2
    facing = torch.where(turned < 0, -1.0, 1.0)
    under = _seen(under, size, (1 - size) * aside, torch.zeros_like(size), "border", facing)
    tint = torch.stack([1 + WARMTH * warmth, torch.ones_like(warmth), 1 - WARMTH * warmth], 1)
    return over, under * tint[..., None, None] * (1 + LIGHT * light)[:, None, None, None]


def _seen(
    layer: Tensor, size: Tensor, right: Tensor, down: Tensor, beyond: str, facing: Tensor | None = None
) -> Tensor:
    """A window of `size` sides (B,) into each layer, moved by halves of the side."""
    none = torch.zeros_like(size)
    across = size if facing is None else size * facing
    turn = torch.stack([torch.stack([across, none, -right], 1), torch.stack([none, size, -down], 1)], 1)
    grid = F.affine_grid(turn, list(layer.shape), align_corners=False)
    return F.grid_sample(layer, grid, "bilinear", beyond, align_corners=False)
