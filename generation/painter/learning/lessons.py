"""What each network learns, as a loss over one batch. Nothing here knows how often or on what machine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from generation.painter.learning.run import Loss
from generation.painter.patches import PainterPatches
from generation.painter.prior import PainterPrior

TIME_MEAN, TIME_SPREAD = 0.3, 1.2
TIME_RANGE = (0.05, 0.999)
"""From `transformer.LEAST_TIME`, below which the last step of a sampler never looks, to nearly noise."""
EVEN_BELOW_TIME = 0.3
"""A picture that is this clear counts by its own error, not by that of its velocity: detail would outweigh shape."""
DROPPED_WORDS = 0.1
LATENT_NOISE = 0.12
WORD_NOISE = 0.05
"""On token states, whose numbers are about a third: a caption is not learned by heart."""
EDGE_WEIGHT = 0.5
PAINTED_ONE_IN = 4


@dataclass(frozen=True)
class Words:
    """Token states of captions: float16 (rows, longest, 384) and how many of them are words."""

    states: NDArray[np.float16]
    lengths: NDArray[np.int64]

    def batch(self, rows: Sequence[int] | NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """States (B, L, 384) and mask (B, L), L the longest of these rows."""
        lengths = torch.from_numpy(self.lengths[rows])
        longest = int(lengths.max())
        states = torch.from_numpy(np.asarray(self.states[rows, :longest])).float()
        return states, torch.arange(longest)[None] < lengths[:, None]


def to_tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """uint8 (B, side, side, 3) to (B, 3, side, side) in -1..1."""
    return torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def pick(rows: int, batch: int, random: torch.Generator) -> NDArray[np.int64]:
    chosen: NDArray[np.int64] = torch.randint(rows, (batch,), generator=random).numpy()
    return chosen


def times(batch: int, random: torch.Generator) -> Tensor:
    """Logit-normal (Esser et al. 2024, arXiv:2403.03206), one from each part of it: calmer steps."""
    even = (torch.arange(batch) + torch.rand(batch, generator=random)) / batch
    normal = torch.special.ndtri(even.clamp(1e-4, 1 - 1e-4))
    return torch.sigmoid(normal * TIME_SPREAD + TIME_MEAN).clamp(*TIME_RANGE)


@dataclass(frozen=True)
class Scenes:
    """What the prior learns from, a row a picture: latents of the picture, its ground and its body, and its view."""

    pictures: Tensor
    grounds: Tensor
    bodies: Tensor
    views: Tensor

    def batch(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        chosen = torch.from_numpy(rows)
        parts = (self.pictures, self.grounds, self.bodies)
        pictures, grounds, bodies = (part[chosen].float() for part in parts)
        return pictures, grounds, bodies, self.views[chosen]


def expect(scenes: Scenes, words: Words, batch: int, patches: PainterPatches, device: str = "cpu") -> Loss:
    """The prior's: how far its ground, its body and its picture are from a caption's.

    Painting in a style costs six times what layers do, and each picture shows it in many squares: one row in
    `PAINTED_ONE_IN` is painted, half of them over what the prior takes for the scene, half over the true one.
    """

    def loss(network: nn.Module, random: torch.Generator) -> Tensor:
        rows = pick(len(scenes.views), batch, random)
        states, mask = words.batch(rows)
        states = states + WORD_NOISE * torch.randn(states.shape, generator=random)
        pictures, grounds, bodies, views = (part.to(device) for part in scenes.batch(rows))
        prior: PainterPrior = network  # type: ignore[assignment]
        read = prior.read(states.to(device), mask.to(device))
        ground, body = prior.layers(read, views)
        painted = max(2, batch // PAINTED_ONE_IN)
        own, true = slice(0, painted // 2), slice(painted // 2, painted)
        scene = prior.together(torch.cat([ground[own], grounds[true]]), torch.cat([body[own], bodies[true]]))
        picture = patches.encode(prior.manner(scene, read[:painted]))
        return F.mse_loss(ground, grounds) + F.mse_loss(body, bodies) + F.mse_loss(picture, pictures[:painted])

    return loss


Expect = Callable[[NDArray[np.int64], Tensor, Tensor], Tensor]
"""What the prior makes of rows of a table and of their token states and mask, as latents."""


def flow(latents: Tensor, words: Words, batch: int, device: str = "cpu", prior: Expect | None = None) -> Loss:
    """The transformer's: how far its velocity is from noise - picture, the prior at hand if it has one."""

    def loss(network: nn.Module, random: torch.Generator) -> Tensor:
        rows = pick(len(latents), batch, random)
        picture = latents[torch.from_numpy(rows)].float()
        time = times(batch, random)
        noise = torch.randn(picture.shape, generator=random)
        drop = torch.rand(batch, generator=random) < DROPPED_WORDS
        states, mask = words.batch(rows)
        at = time[:, None, None, None]
        given = [(1 - at) * picture + at * noise, time, states, mask, drop]
        if prior is not None:
            with torch.no_grad():
                given.append(prior(rows, states.to(device), mask.to(device)))
        velocity = network(*(tensor.to(device) for tensor in given)).float()
        error = F.mse_loss(velocity, (noise - picture).to(device), reduction="none").mean((1, 2, 3))
        return (error * (time.to(device) / EVEN_BELOW_TIME).square().clamp(max=1)).mean()

    return loss


def likeness(painted: Tensor, wanted: Tensor) -> Tensor:
    """Mean difference of pixels, and of their differences to the right and below: blurred edges cost twice."""
    right = (painted.diff(dim=3) - wanted.diff(dim=3)).abs().mean()
    down = (painted.diff(dim=2) - wanted.diff(dim=2)).abs().mean()
    return (painted - wanted).abs().mean() + EDGE_WEIGHT * (right + down)


def enlarge(pictures: NDArray[np.uint8], batch: int, patches: nn.Module, device: str = "cpu") -> Loss:
    """The enlarger's: pictures four times as large from small ones, half of them back from the painter's latents.

    A crop of half the side keeps a step short; the small picture is the mean over squares of the large one.
    """

    def loss(network: nn.Module, random: torch.Generator) -> Tensor:
        rows = np.sort(pick(len(pictures), batch, random))
        large = to_tensor(pictures[rows])
        small = F.avg_pool2d(large, network.config.factor)  # type: ignore[arg-type, union-attr]
        with torch.no_grad():
            wrong = torch.rand((batch, 1, 1, 1), generator=random) * LATENT_NOISE
            latents = patches.encode(small)  # type: ignore[operator]
            back = patches.decode(latents + torch.randn(latents.shape, generator=random) * wrong)  # type: ignore[operator]
            given = torch.where(torch.rand((batch, 1, 1, 1), generator=random) < 0.5, small, back.clamp(-1, 1))
        side = small.shape[-1] // 2
        down, right = (int(number) for number in torch.randint(0, side + 1, (2,), generator=random))
        given = given[..., down : down + side, right : right + side]
        factor = large.shape[-1] // small.shape[-1]
        wanted = large[..., down * factor : (down + side) * factor, right * factor : (right + side) * factor]
        return likeness(network(given.to(device)).float(), wanted.to(device))

    return loss
