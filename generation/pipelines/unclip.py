"""Karlo (`kakaobrain/karlo-v1-alpha`) and checkpoints of its shape: a prior, a decoder, two
super-resolution networks.

unCLIP: Ramesh et al. 2022, arXiv:2204.06125. diffusers keeps the pipeline but no longer works on it: 0.37
is the last line that loads it plainly. It has no step callback and no negative prompt. Steps are therefore
counted by forward hooks on its four networks, each of which is called once per step; an exception raised in
a hook stops the painting.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import UnCLIPPipeline
from PIL import Image

from generation.pipelines import limits
from generation.pipelines.base import ModelCard, OnStep, PaintRequest, generator, memory_guard

PRIOR_GUIDANCE_SCALE = 4.0
SUPER_RES_STEPS = 7
"""What Karlo's last network was distilled for; the steps of a request are the prior's and the decoder's."""

NETWORKS = ("prior", "decoder", "super_res_first", "super_res_last")


class Unclip:
    def __init__(self, card: ModelCard, path: Path, device: str) -> None:
        self.card = card
        # Not bfloat16 on a GPU: the antialiased enlargement between the stages is missing there.
        dtype = torch.float16 if device.startswith("cuda") else torch.float32
        factory: Any = UnCLIPPipeline  # its methods are untyped
        pipe = factory.from_pretrained(str(path), torch_dtype=dtype, use_safetensors=True, local_files_only=True)
        self._pipe: Any = pipe.to(device)
        self._pipe.set_progress_bar_config(disable=True)

    def paint(self, requests: Sequence[PaintRequest], on_step: OnStep) -> list[Image.Image]:
        for request in requests:
            limits.check(self.card, request)
        steps_total = sum(2 * request.steps + SUPER_RES_STEPS for request in requests)
        step = 0

        def network_called(*_: Any) -> None:
            nonlocal step
            step += 1
            on_step(step, steps_total)

        hooks = [getattr(self._pipe, name).register_forward_hook(network_called) for name in NETWORKS]
        try:
            return [self._paint(request) for request in requests]
        finally:
            for hook in hooks:
                hook.remove()

    def _paint(self, request: PaintRequest) -> Image.Image:
        with memory_guard():
            painted = self._pipe(
                request.prompt,
                prior_num_inference_steps=request.steps,
                decoder_num_inference_steps=request.steps,
                super_res_num_inference_steps=SUPER_RES_STEPS,
                prior_guidance_scale=PRIOR_GUIDANCE_SCALE,
                decoder_guidance_scale=request.guidance_scale,
                generator=generator(request.seed),
            )
        image: Image.Image = painted.images[0]
        return image
