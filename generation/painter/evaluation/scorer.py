"""The judge: an image network and a projection of MiniLM's words, trained apart from the painter on other pictures.

Contrastive (CLIP, Radford et al. 2021, arXiv:2103.00020, in the small), with a classifier for each part of a
composition beside it. Its features also carry the FID-like distance. It judges against the drawings and scenes
that it was shown; a picture in another manner, the first painter's among them, may be right and be marked
wrong. Pictures are shifted, blurred and dimmed a little in training, so that softness alone is no fault.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from numpy.typing import NDArray
from torch import Tensor, nn

from generation.painter.data import compositions, drawings, palette, scenes, styles, table
from generation.painter.learning.lessons import Words, pick, to_tensor
from generation.painter.learning.run import Loss

NONE = "none"
PARTS: dict[str, tuple[str, ...]] = {
    "subject": (NONE, *(subject.en for subject in drawings.subjects())),
    "paint": (NONE, *palette.COLOURS),
    "ground": (NONE, *compositions.GROUNDS),
    "place": (NONE, *scenes.PLACES),
    "time": (NONE, *scenes.TIMES),
    "style": (NONE, *styles.STYLES),
}
COLOURLESS = ("ink wash", "pencil")
"""Styles that leave no colour to be right or wrong about."""
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


class PainterScorer(ModelMixin, ConfigMixin):  # type: ignore[misc]  # untyped bases
    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(self, widths: Sequence[int] = (64, 128, 192), features: int = 192, text_width: int = 384) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        first, second, third = widths
        self.trunk = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(48, first, 3, padding=1),
            ResidualBlock(first),
            nn.Conv2d(first, second, 3, stride=2, padding=1),
            ResidualBlock(second),
            ResidualBlock(second),
            nn.Conv2d(second, third, 3, stride=2, padding=1),
            ResidualBlock(third),
            nn.GroupNorm(16, third),
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(third * 16, features),
        )
        self.image_out = nn.Linear(features, features)
        self.text_out = nn.Sequential(
            nn.Linear(text_width, features), nn.GELU(approximate="tanh"), nn.Linear(features, features)
        )
        self.parts = nn.ModuleDict({part: nn.Linear(features, len(known)) for part, known in PARTS.items()})
        self.sharpness = nn.Parameter(torch.tensor(2.5))

    def features(self, pixels: Tensor) -> Tensor:
        found: Tensor = self.trunk(pixels)
        return found

    def embed_images(self, features: Tensor) -> Tensor:
        return F.normalize(self.image_out(F.silu(features)).float(), dim=-1)

    def embed_texts(self, states: Tensor, mask: Tensor) -> Tensor:
        words = mask[..., None].to(states.dtype)
        mean = (states * words).sum(1) / words.sum(1)
        return F.normalize(self.text_out(mean).float(), dim=-1)

    def forward(self, pixels: Tensor, states: Tensor, mask: Tensor, **_: Any) -> tuple[Tensor, dict[str, Tensor]]:
        """Similarities (B, B) of pictures to captions, and each part's logits."""
        features = self.features(pixels)
        alike = self.embed_images(features) @ self.embed_texts(states, mask).T
        hidden = F.silu(features)
        return alike * self.sharpness.exp(), {part: head(hidden) for part, head in self.parts.items()}


def labels(rows: Sequence[table.Row]) -> dict[str, Tensor]:
    """The right answer of each part; 0 is none. A time is a part of a scene under a sky only."""
    found: dict[str, list[int]] = {part: [] for part in PARTS}
    for row in rows:
        composition = row.composed()
        for part, known in PARTS.items():
            value = getattr(composition, part)
            if part == "time" and (not composition.place or composition.place in scenes.SKYLESS):
                value = None
            if part in {"paint", "ground"} and composition.abstract:
                value = None
            found[part].append(known.index(value or NONE))
    return {part: torch.tensor(numbers) for part, numbers in found.items()}


def lesson(learned: table.Table, words: Words, batch: int) -> Loss:
    answers = labels(learned.rows)
    pictures: NDArray[Any] = learned.pictures

    def loss(network: nn.Module, random: torch.Generator) -> Tensor:
        rows = pick(len(pictures), batch, random)
        pixels = _shake(to_tensor(pictures[rows]), random)
        alike, guesses = network(pixels, *words.batch(rows))
        own = torch.arange(batch)
        error = (F.cross_entropy(alike, own) + F.cross_entropy(alike.T, own)) / 2
        for part, guess in guesses.items():
            error = error + F.cross_entropy(guess, answers[part][torch.from_numpy(rows)])
        return error

    return loss


def _shake(pixels: Tensor, random: torch.Generator) -> Tensor:
    """Two pixels to any side, sometimes softer, brighter or darker."""
    down, right = (int(number) for number in torch.randint(0, 5, (2,), generator=random))
    side = pixels.shape[-1]
    pixels = F.pad(pixels, (2, 2, 2, 2), mode="replicate")[..., down : down + side, right : right + side]
    soft = F.interpolate(F.avg_pool2d(pixels, 2), scale_factor=2, mode="bilinear")
    some = torch.rand((len(pixels), 1, 1, 1), generator=random)
    pixels = torch.where(some < 0.4, soft, pixels)
    gain = 1 + (torch.rand((len(pixels), 1, 1, 1), generator=random) - 0.5) * 0.2
    noise = torch.randn(pixels.shape, generator=random) * torch.rand((len(pixels), 1, 1, 1), generator=random) * 0.08
    return (pixels * gain + noise).clamp(-1, 1)
