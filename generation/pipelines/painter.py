"""Ninefold's own painter behind the pipeline protocol.

It paints on one CPU thread. Its matrices are so small that a second thread saves a sixth of the time on an idle
machine and, by waiting for its turn at every product, costs forty times as much on a busy one. A picture then
also does not depend on how many threads the process has.

Where the card promises more pixels than the networks paint, the painter's own super-resolution makes them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from generation.painter import text
from generation.painter.pipeline import PainterPipeline
from generation.pipelines import devices, limits
from generation.pipelines.base import (
    ModelCard,
    OnLook,
    OnStep,
    PaintRequest,
    generator,
    memory_guard,
    together,
    torch_threads,
    unseen,
    weights_bytes,
)


class Painter:
    def __init__(self, card: ModelCard, path: Path, device: str) -> None:
        self.card = card
        tokenizer, text_encoder = text.load()
        # Kept in half precision, painted in single: on a CPU that is both exact and faster.
        factory: Any = PainterPipeline  # what it has from diffusers is untyped
        pipe = factory.from_pretrained(
            str(path),
            tokenizer=tokenizer,
            text_encoder=text_encoder,
            torch_dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
        )
        self._pipe: Any = pipe.to(device)
        self._most = devices.batch_pictures(card.kind, device)
        self._pipe.set_progress_bar_config(disable=True)
        self._enlarges = card.native_px > self._pipe.autoencoder.config.sample_size
        if self._enlarges and self._pipe.enlarger is None:
            raise ValueError(f"its card promises {card.native_px} px, and it has no network that enlarges")

    def paint(self, requests: Sequence[PaintRequest], on_step: OnStep, on_look: OnLook = unseen) -> list[Image.Image]:
        for request in requests:
            limits.check(self.card, request)
        groups = list(together(requests, self._most))
        steps_total = sum(group[0].steps for group in groups)
        done = 0
        images: list[Image.Image] = []
        for group in groups:
            before, after = len(images), len(requests) - len(images) - len(group)

            def step_ended(pipe: Any, i: int, _timestep: Any, tensors: Any, *, done: int = done, before: int = before,
                           after: int = after) -> dict[str, Any]:  # fmt: skip
                on_look(done + i + 1, lambda: [None] * before + pipe.look(tensors["foreseen"]) + [None] * after)
                on_step(done + i + 1, steps_total)
                return {}

            with memory_guard(), torch_threads(1):
                painted = self._call(group, step_ended)
                images += self._pipe.enlarge(painted.images) if self._enlarges else painted.images
            done += group[0].steps
        return images

    def enlarge(self, image: Image.Image, on_step: OnStep) -> Image.Image:
        """Four times the side; a step is a tile."""
        with memory_guard(), torch_threads(1):
            [large] = self._pipe.enlarge([image.convert("RGB")], on_step)
        done: Image.Image = large
        return done

    def weights_bytes(self) -> int:
        return weights_bytes(self._pipe)

    def _call(self, group: Sequence[PaintRequest], step_ended: Any) -> Any:
        request = group[0]
        given: dict[str, Any] = {
            "negative_prompt": [one.negative_prompt for one in group],
            "num_inference_steps": request.steps,
            "guidance_scale": request.guidance_scale,
            "generator": [generator(one.seed) for one in group],
            "callback_on_step_end": step_ended,
            "callback_on_step_end_tensor_inputs": ("foreseen",),
        }
        if request.image is None:
            return self._pipe([one.prompt for one in group], **given)
        side = self._pipe.autoencoder.config.sample_size
        image = request.image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
        if not request.prompt.strip():
            del given["negative_prompt"]
            return self._pipe.vary(image, request.strength, **given)
        # Every pixel that a mask touches is painted: what is known is laid over the larger picture later.
        mask = None if request.mask is None else request.mask.resize((side, side), Image.Resampling.BOX)
        if mask is not None:
            mask = mask.point(lambda value: 255 if value else 0)
        return self._pipe([request.prompt], image=image, mask_image=mask, strength=request.strength, **given)
