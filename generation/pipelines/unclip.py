"""Karlo (`kakaobrain/karlo-v1-alpha`) and checkpoints of its shape: a prior, a decoder, two
super-resolution networks. `UnclipVariation` is its sister with an image encoder in place of the prior.

unCLIP: Ramesh et al. 2022, arXiv:2204.06125. diffusers keeps the pipelines but no longer works on them: 0.37
is the last line that loads them plainly. They have no step callback and no negative prompt. Steps are therefore
counted by forward hooks on the networks, each of which is called once per step; an exception raised in
a hook stops the painting.

Karlo was published without image-to-image and inpainting. The decoder paints pixels, so both are done by its
scheduler: it begins at a given picture with noise on it (SDEdit, arXiv:2108.01073), or puts the known pixels, with
as much noise as the step has, into what each step gives (RePaint without resampling, arXiv:2201.09865).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import UnCLIPImageVariationPipeline, UnCLIPPipeline, UnCLIPScheduler
from PIL import Image

from generation.pipelines import limits
from generation.pipelines.base import (
    ModelCard,
    OnLook,
    OnStep,
    PaintRequest,
    generator,
    memory_guard,
    unseen,
    weights_bytes,
)

PRIOR_GUIDANCE_SCALE = 4.0
SUPER_RES_STEPS = 7
"""What Karlo's last network was distilled for; the steps of a request are the prior's and the decoder's."""


class _Karlo:
    """What the two pipelines share: loading, and steps counted by hooks."""

    factory: Any  # its methods are untyped
    networks: tuple[str, ...]

    def __init__(self, card: ModelCard, path: Path, device: str) -> None:
        self.card = card
        # Not bfloat16 on a GPU: the antialiased enlargement between the stages is missing there.
        dtype = torch.float16 if device.startswith("cuda") else torch.float32
        pipe = self.factory.from_pretrained(str(path), torch_dtype=dtype, use_safetensors=True, local_files_only=True)
        self._pipe: Any = pipe.to(device)
        self._pipe.set_progress_bar_config(disable=True)

    def paint(self, requests: Sequence[PaintRequest], on_step: OnStep, on_look: OnLook = unseen) -> list[Image.Image]:
        for request in requests:
            limits.check(self.card, request)
        steps_total = sum(self._steps(request) for request in requests)
        step = 0
        images: list[Image.Image] = []

        def network_called(network: Any, _args: Any, given: dict[str, Any], out: Any) -> None:
            nonlocal step
            step += 1
            if network is self._pipe.decoder:
                around = (len(images), len(requests) - len(images) - 1)
                on_look(step, lambda: [None] * around[0] + [self._foreseen(given, out)] + [None] * around[1])
            on_step(step, steps_total)

        hooks = [
            getattr(self._pipe, name).register_forward_hook(network_called, with_kwargs=True)
            for name in self.networks
        ]
        try:
            with memory_guard():
                for request in requests:
                    images.append(self._paint(request))  # noqa: PERF401  the hook counts them meanwhile
        finally:
            for hook in hooks:
                hook.remove()
        return images

    def weights_bytes(self) -> int:
        return weights_bytes(self._pipe)

    def _foreseen(self, given: dict[str, Any], out: Any) -> Image.Image:
        """What this step of the decoder expects the picture to become. The prior before it has nothing to show."""
        noisy = given["sample"][-1].float()
        noise = out[0][-1, : noisy.shape[0]].float()
        time = int(torch.as_tensor(given["timestep"]).flatten()[0])
        kept = float(self._pipe.decoder_scheduler.alphas_cumprod[time])
        pixels = ((noisy - (1 - kept) ** 0.5 * noise) / max(kept, 1e-4) ** 0.5).clamp(-1, 1)
        values = ((pixels.permute(1, 2, 0) + 1) * 127.5).round().to(torch.uint8).cpu().numpy()
        return Image.fromarray(values)

    def _steps(self, request: PaintRequest) -> int:
        raise NotImplementedError

    def _paint(self, request: PaintRequest) -> Image.Image:
        raise NotImplementedError


class Unclip(_Karlo):
    factory = UnCLIPPipeline
    networks = ("prior", "decoder", "super_res_first", "super_res_last")

    def _steps(self, request: PaintRequest) -> int:
        return request.steps + _decoder_steps(request) + SUPER_RES_STEPS

    def _paint(self, request: PaintRequest) -> Image.Image:
        plain, noise = self._pipe.decoder_scheduler, generator(request.seed)
        scheduler: Any = _HoldingScheduler  # untyped
        held = scheduler.from_config(plain.config)
        latents = held.hold(self._pipe, request, noise) if request.image is not None else None
        self._pipe.decoder_scheduler = held
        try:
            painted = self._pipe(
                request.prompt,
                prior_num_inference_steps=request.steps,
                decoder_num_inference_steps=request.steps,
                super_res_num_inference_steps=SUPER_RES_STEPS,
                prior_guidance_scale=PRIOR_GUIDANCE_SCALE,
                decoder_guidance_scale=request.guidance_scale,
                decoder_latents=latents,
                generator=noise,
            )
        finally:
            self._pipe.decoder_scheduler = plain
        image: Image.Image = painted.images[0]
        return image


class UnclipVariation(_Karlo):
    factory = UnCLIPImageVariationPipeline
    networks = ("decoder", "super_res_first", "super_res_last")

    def _steps(self, request: PaintRequest) -> int:
        return request.steps + SUPER_RES_STEPS

    def _paint(self, request: PaintRequest) -> Image.Image:
        painted = self._pipe(
            request.image.convert("RGB") if request.image is not None else None,
            decoder_num_inference_steps=request.steps,
            super_res_num_inference_steps=SUPER_RES_STEPS,
            decoder_guidance_scale=request.guidance_scale,
            generator=generator(request.seed),
        )
        image: Image.Image = painted.images[0]
        return image


_Scheduler: Any = UnCLIPScheduler  # untyped


class _HoldingScheduler(_Scheduler):  # type: ignore[misc]
    """The decoder's own scheduler, which may begin late and may hold a picture's known pixels in place."""

    timesteps: torch.Tensor
    _kept_steps: int | None = None
    _picture: torch.Tensor | None = None
    _stays: torch.Tensor | None = None  # 1 where the picture's pixels stay

    def hold(self, pipe: Any, request: PaintRequest, noise: torch.Generator) -> torch.Tensor:
        """The latents to begin with: (1, 3, side, side)."""
        side = pipe.decoder.config.sample_size
        like = {"device": pipe.device, "dtype": pipe.decoder.dtype}
        assert request.image is not None
        image = request.image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
        self._picture = (torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 127.5 - 1).to(**like)
        if request.mask is not None:
            mask = np.array(request.mask.resize((side, side), Image.Resampling.BOX))
            self._stays = torch.from_numpy(mask == 0)[None, None].to(**like)
        self._kept_steps = _decoder_steps(request)
        self.set_timesteps(request.steps, pipe.device)
        begins_late = self._kept_steps < request.steps
        return self._noised(int(self.timesteps[0]), noise) if begins_late else self._noise(noise)

    def set_timesteps(self, num_inference_steps: int, device: Any = None) -> None:
        super().set_timesteps(num_inference_steps, device)
        if self._kept_steps is not None:
            self.timesteps = self.timesteps[-self._kept_steps :]

    def step(self, *args: Any, prev_timestep: Any = None, generator: Any = None, **more: Any) -> Any:
        done = super().step(*args, prev_timestep=prev_timestep, generator=generator, **more)
        if self._stays is not None and self._picture is not None:
            known = self._picture if prev_timestep is None else self._noised(int(prev_timestep), generator)
            done.prev_sample = known * self._stays + done.prev_sample * (1 - self._stays)
        return done

    def _noised(self, timestep: int, noise: torch.Generator) -> torch.Tensor:
        at = torch.tensor([timestep], device=self.timesteps.device)
        noised: torch.Tensor = self.add_noise(self._picture, self._noise(noise), at)
        return noised

    def _noise(self, noise: torch.Generator) -> torch.Tensor:
        assert self._picture is not None
        drawn = torch.randn(self._picture.shape, generator=noise, dtype=self._picture.dtype)
        return drawn.to(self._picture.device)


def _decoder_steps(request: PaintRequest) -> int:
    """A weak working over begins late, with as many steps as are left."""
    return max(1, round(request.steps * request.strength)) if request.image is not None else request.steps
