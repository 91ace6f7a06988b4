"""Any diffusers text-to-image folder behind the pipeline protocol, through `AutoPipelineForText2Image`.

Image-to-image and inpainting share its networks: the classes come from `AutoPipelineForImage2Image` and
`AutoPipelineForInpainting` when they are first asked for. `cards.BOTH_WAYS` says for which families.
"""

import inspect
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoPipelineForImage2Image, AutoPipelineForInpainting, AutoPipelineForText2Image
from PIL import Image

from generation.errors import LimitExceeded, ModelRejected, PictureWithheld
from generation.pipelines import limits
from generation.pipelines.base import (
    IMAGE_TO_IMAGE,
    INPAINT,
    TEXT_TO_IMAGE,
    ModelCard,
    OnStep,
    PaintRequest,
    generator,
    memory_guard,
)


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

    def paint(self, requests: Sequence[PaintRequest], on_step: OnStep) -> list[Image.Image]:
        for request in requests:
            limits.check(self.card, request)
            if request.negative_prompt and "negative_prompt" not in _takes(self._pipe(request.operation)):
                raise LimitExceeded(f"{self.card.title_en} takes no negative prompt; leave it empty.")
        return [self._paint(request, on_step, k, len(requests)) for k, request in enumerate(requests)]

    def _paint(self, request: PaintRequest, on_step: OnStep, place: int, count: int) -> Image.Image:
        def step_ended(pipe: Any, i: int, _timestep: Any, _tensors: Any) -> dict[str, Any]:
            # Some schedulers call the network twice for a step that was asked for.
            steps = getattr(pipe, "num_timesteps", request.steps)
            on_step(place * steps + i + 1, count * steps)
            return {}

        pipe = self._pipe(request.operation)
        takes = _takes(pipe)
        # Less than one step would be left of a weak working over.
        least_steps = math.ceil(1 / request.strength)
        given = {
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt or None,
            "width": request.width_px,
            "height": request.height_px,
            "image": request.image,
            "mask_image": request.mask,
            "strength": request.strength,
            "num_inference_steps": max(request.steps, least_steps),
            "guidance_scale": request.guidance_scale,
            "generator": generator(request.seed),
            "callback_on_step_end": step_ended,
        }
        with memory_guard():
            painted = pipe(**{key: value for key, value in given.items() if key in takes})
        if any(getattr(painted, "nsfw_content_detected", None) or ()):
            raise PictureWithheld("The safety checker of this model blanked the picture.")
        image: Image.Image = painted.images[0]
        return image


def _takes(pipe: Any) -> set[str]:
    return set(inspect.signature(pipe.__call__).parameters)


def _dtype(device: str) -> torch.dtype:
    if not device.startswith("cuda"):
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
