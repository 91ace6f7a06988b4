"""What a pipeline is to the rest of Ninefold: a request, a card, and `paint`.

Picture k of a call depends on request k alone, never on how many are painted together nor in which order.
Noise comes from one CPU generator per picture, whatever the device; and since a larger matrix product may
round differently in its last bit (seen with two threads on CPU), pictures are painted one after another.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from PIL import Image

from generation.errors import OutOfMemory, PaintCancelled

if TYPE_CHECKING:
    import torch

__all__ = [
    "IMAGE_TO_IMAGE",
    "INPAINT",
    "TEXT_TO_IMAGE",
    "VARIATION",
    "Kind",
    "ModelCard",
    "OnStep",
    "PaintCancelled",
    "PaintRequest",
    "Pipeline",
    "generator",
    "memory_guard",
    "torch_threads",
]

Kind = Literal["painter", "auto", "unclip", "unclip-variation"]

TEXT_TO_IMAGE, IMAGE_TO_IMAGE, INPAINT, VARIATION = "text-to-image", "image-to-image", "inpaint", "variation"
"""What a model may do. A variation is of a picture alone; with words it is image-to-image."""

OnStep = Callable[[int, int], None]
"""Called as (step, steps_total) after each step, from 1. What it raises stops the painting at once."""


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

    def paint(self, requests: Sequence[PaintRequest], on_step: OnStep) -> list[Image.Image]:
        """One RGB picture per request, in order. Steps are counted over all requests together."""
        ...


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
