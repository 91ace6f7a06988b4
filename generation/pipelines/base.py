"""What a pipeline is to the rest of Ninefold: a request, a card, and `paint`.

Picture k of a call depends on request k alone, never on how many are painted together nor in which order. Noise
comes from one CPU generator per picture, whatever the device. Requests that differ in words and seed alone may share
a forward pass: on a CPU where that changes no bit (generation/painter/exact.py); on a GPU, where a larger product may
round differently in its last bits, wherever the model takes it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from PIL import Image

from generation.errors import OutOfMemory, PaintCancelled

if TYPE_CHECKING:
    import torch

__all__ = [
    "IMAGE_TO_IMAGE",
    "INPAINT",
    "TEXT_TO_IMAGE",
    "UPSCALE",
    "VARIATION",
    "Enlarging",
    "Kind",
    "Look",
    "ModelCard",
    "OnLook",
    "OnStep",
    "PaintCancelled",
    "PaintRequest",
    "Pipeline",
    "alike",
    "generator",
    "memory_guard",
    "together",
    "torch_threads",
    "unseen",
    "weights_bytes",
]

Kind = Literal["painter", "auto", "unclip", "unclip-variation"]

TEXT_TO_IMAGE, IMAGE_TO_IMAGE, INPAINT, VARIATION = "text-to-image", "image-to-image", "inpaint", "variation"
UPSCALE = "upscale"
"""What a model may do. A variation is of a picture alone; with words it is image-to-image. Some models enlarge."""

OnStep = Callable[[int, int], None]
"""Called as (step, steps_total) after each step, from 1. What it raises stops the painting at once."""

Look = Callable[[], list[Image.Image | None]]
"""Gives a small picture of each request of the call as it stands, or None for one that is not under way."""

OnLook = Callable[[int, Look], None]
"""Called as (step, look) before OnStep where there is something to see; to look costs time, so not every time."""


def unseen(step: int, look: Look) -> None:
    """Nobody looks."""


@dataclass(frozen=True)
class PaintRequest:
    """One picture. `generation.pipelines.limits` says whether a card's model can paint it.

    `image` is worked over: `strength` in 0..1 says how much of it goes. With `mask` (mode L), white is painted and
    black stays, nearly: a model may paint smaller than it gives, so whoever asks lays the known pixels over the
    result. Both have the size of the request.
    """

    prompt: str
    negative_prompt: str
    seed: int
    width_px: int
    height_px: int
    steps: int
    guidance_scale: float
    image: Image.Image | None = None
    mask: Image.Image | None = None
    strength: float = 1.0

    @property
    def operation(self) -> str:
        """What this asks of a model, as `ModelCard.operations` names it."""
        if self.image is None:
            return TEXT_TO_IMAGE
        if self.mask is not None:
            return INPAINT
        return IMAGE_TO_IMAGE if self.prompt.strip() else VARIATION


@dataclass(frozen=True)
class ModelCard:
    """What people are told about a model, and what its requests are held to.

    `sha256` is the digest of the listing that `sha256sum` prints for its weight files, sorted by path.
    """

    name: str
    revision: str
    sha256: str
    kind: Kind
    native_px: int
    default_steps: int
    default_guidance_scale: float
    min_steps: int
    max_steps: int
    sizes_px: tuple[tuple[int, int], ...]
    takes_negative_prompt: bool
    operations: tuple[str, ...] = field(default=(TEXT_TO_IMAGE,), kw_only=True)
    takes_weights: bool = field(default=False, kw_only=True)
    memory_bytes: int = field(default=0, kw_only=True)
    languages: tuple[str, ...]
    licence: str
    title_en: str
    title_ko: str
    data: str
    data_ko: str
    limits: str
    limits_ko: str


class Pipeline(Protocol):
    card: ModelCard

    def paint(self, requests: Sequence[PaintRequest], on_step: OnStep, on_look: OnLook = unseen) -> list[Image.Image]:
        """One RGB picture per request, in order. Steps are counted over all requests together."""
        ...

    def weights_bytes(self) -> int:
        """The memory that its weights hold."""
        ...


@runtime_checkable
class Enlarging(Protocol):
    """A pipeline that enlarges pictures by a network of its own (`recipe.UPSCALE` among its card's operations)."""

    def enlarge(self, image: Image.Image, on_step: OnStep) -> Image.Image:
        """Larger by its own factor; a step is a tile."""
        ...


def alike(one: PaintRequest, other: PaintRequest) -> bool:
    """Whether two requests may share a forward pass: no pictures to begin with, and all but words and seed equal."""
    if one.image is not None or other.image is not None or bool(one.negative_prompt) != bool(other.negative_prompt):
        return False
    return replace(one, prompt="", negative_prompt="", seed=0) == replace(
        other, prompt="", negative_prompt="", seed=0
    )


def together(requests: Sequence[PaintRequest], most: int) -> Iterator[list[PaintRequest]]:
    """The requests in their order, in groups that share a forward pass of at most so many pictures."""
    group: list[PaintRequest] = []
    for request in requests:
        if group and (len(group) >= most or not alike(group[0], request)):
            yield group
            group = []
        group.append(request)
    if group:
        yield group


def weights_bytes(pipe: Any) -> int:
    """What the networks of a diffusers pipeline hold."""
    networks = [part for part in pipe.components.values() if hasattr(part, "parameters")]
    return sum(tensor.numel() * tensor.element_size() for part in networks for tensor in part.parameters())


def generator(seed: int) -> "torch.Generator":
    """The noise of one picture: the same on every machine and device."""
    import torch

    return torch.Generator("cpu").manual_seed(seed)


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Threads of torch's CPU work in here; what was set before comes back."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def memory_guard() -> Iterator[None]:
    """Turns each shape of "no memory left" into OutOfMemory, so that one picture fails and not the queue."""
    import torch

    advice = "The machine ran out of memory while painting."
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        _release()
        raise OutOfMemory(advice) from error
    except RuntimeError as error:
        # The CPU allocator has no exception class of its own.
        if "DefaultCPUAllocator" not in str(error) and "not enough memory" not in str(error):
            raise
        raise OutOfMemory(advice) from error


def _release() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
