"""Any diffusers text-to-image folder behind the pipeline protocol, through `AutoPipelineForText2Image`.

Image-to-image and inpainting share its networks: the classes come from `AutoPipelineForImage2Image` and
`AutoPipelineForInpainting` when they are first asked for. `cards.BOTH_WAYS` says for which families.
"""

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoPipelineForImage2Image, AutoPipelineForInpainting, AutoPipelineForText2Image
from PIL import Image

from generation.errors import LimitExceeded, ModelRejected, PictureWithheld
from generation.pipelines import devices, limits
from generation.pipelines.base import (
    IMAGE_TO_IMAGE,
    INPAINT,
    TEXT_TO_IMAGE,
    ModelCard,
    OnLook,
    OnStep,
    PaintRequest,
    generator,
    memory_guard,
    together,
    unseen,
    weights_bytes,
)
from generation.pipelines.looks import Glance, glance_of


class Auto:
    def __init__(self, card: ModelCard, path: Path, device: str) -> None:
        self.card = card
        try:
            factory: Any = AutoPipelineForText2Image  # its methods are untyped
            pipe = factory.from_pretrained(
                str(path), torch_dtype=_dtype(device), use_safetensors=True, local_files_only=True
            )
        except ValueError as error:
            raise ModelRejected(
                f"{card.title_en} is not a text-to-image model that can be painted with: {error}"
            ) from error
        self._pipes = {TEXT_TO_IMAGE: self._ready(pipe.to(device))}
        self._most = devices.batch_pictures(card.kind, device)
        self._has_looked = False
        self._seen: Glance | None = None

    def _ready(self, pipe: Any) -> Any:
        if "callback_on_step_end" not in _takes(pipe):
            raise ModelRejected(
                f"{type(pipe).__name__} does not tell its steps as it paints, so a job could not be stopped."
            )
        pipe.set_progress_bar_config(disable=True)
        return pipe

    def _pipe(self, operation: str) -> Any:
        if operation not in self._pipes:
            factory: Any = {IMAGE_TO_IMAGE: AutoPipelineForImage2Image, INPAINT: AutoPipelineForInpainting}[operation]
            try:
                self._pipes[operation] = self._ready(factory.from_pipe(self._pipes[TEXT_TO_IMAGE]))
            except ValueError as error:
                raise ModelRejected(f"diffusers has no {operation} for {self.card.title_en}: {error}") from error
        return self._pipes[operation]

    def paint(self, requests: Sequence[PaintRequest], on_step: OnStep, on_look: OnLook = unseen) -> list[Image.Image]:
        for request in requests:
            limits.check(self.card, request)
            if request.negative_prompt and "negative_prompt" not in _takes(self._pipe(request.operation)):
                raise LimitExceeded(f"{self.card.title_en} takes no negative prompt; leave it empty.")
        groups = list(together(requests, self._most))
        images: list[Image.Image] = []
        for place, group in enumerate(groups):
            watch = _Watch(on_step, on_look, place, len(groups), len(images), len(requests), len(group), self._glance)
            images += self._paint(group, watch)
        return images

    def weights_bytes(self) -> int:
        return weights_bytes(self._pipes[TEXT_TO_IMAGE])

    def _glance(self, latents: torch.Tensor) -> list[Image.Image] | None:
        if latents.dim() != 4:
            return None
        if not self._has_looked:
            self._has_looked, self._seen = True, glance_of(self._pipes[TEXT_TO_IMAGE])
        return self._seen.of(latents) if self._seen else None

    def _paint(self, group: Sequence[PaintRequest], watch: "_Watch") -> list[Image.Image]:
        request = group[0]
        pipe = self._pipe(request.operation)
        takes = _takes(pipe)
        # Less than one step would be left of a weak working over.
        least_steps = math.ceil(1 / request.strength)
        given = {
            "prompt": [one.prompt for one in group],
            "negative_prompt": [one.negative_prompt for one in group] if request.negative_prompt else None,
            "width": request.width_px,
            "height": request.height_px,
            "image": request.image,
            "mask_image": request.mask,
            "strength": request.strength,
            "num_inference_steps": max(request.steps, least_steps),
            "guidance_scale": request.guidance_scale,
            "generator": [generator(one.seed) for one in group],
            "callback_on_step_end": watch.step_ended,
        }
        with memory_guard():
            painted = pipe(**{key: value for key, value in given.items() if key in takes})
        if any(getattr(painted, "nsfw_content_detected", None) or ()):
            raise PictureWithheld("The safety checker of this model blanked the picture.")
        images: list[Image.Image] = painted.images
        return images


@dataclass(frozen=True)
class _Watch:
    """Group `place` of `count`, its pictures beginning at `first` of `pictures`."""

    on_step: OnStep
    on_look: OnLook
    place: int
    count: int
    first: int
    pictures: int
    size: int
    glance: Callable[[torch.Tensor], list[Image.Image] | None]

    def step_ended(self, pipe: Any, i: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        # Some schedulers call the network twice for a step that was asked for.
        steps = pipe.num_timesteps
        latents = tensors.get("latents")
        if latents is not None:
            self.on_look(self.place * steps + i + 1, lambda: self._look(latents))
        self.on_step(self.place * steps + i + 1, self.count * steps)
        return {}

    def _look(self, latents: torch.Tensor) -> list[Image.Image | None]:
        shown: list[Image.Image | None] = [None] * self.pictures
        seen = self.glance(latents)
        if seen is not None and len(seen) == self.size:
            shown[self.first : self.first + self.size] = seen
        return shown


def _takes(pipe: Any) -> set[str]:
    return set(inspect.signature(pipe.__call__).parameters)


def _dtype(device: str) -> torch.dtype:
    if not device.startswith("cuda"):
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
