"""The painter as a diffusers pipeline: words in, 64 x 64 pictures out; and pictures in, with words or without.

It keeps diffusers' manners (call arguments, `callback_on_step_end`, one generator per picture,
`save_pretrained` and `from_pretrained`), so that it goes through the same door as any checkpoint. Load it
by this class, never by letting a folder name code to run. The text encoder is handed in
(`generation.painter.text`) and not saved with it.

Sampling is Euler's method on the flow from time 1 (noise) to 0 (picture); with a prior it sets out in the middle,
from the prior's picture under noise (truncated diffusion, Zheng et al. 2022, arXiv:2202.09671): what the prior is
sure of, the transformer cannot lose on the way. Guidance is left out near the noise (limited interval, Kynkaanniemi
et al. 2024, arXiv:2404.07724), where it only costs variety.

The same weights work a given picture over. Image-to-image and variation start from the picture with noise on it
(SDEdit, Meng et al. 2022, arXiv:2108.01073). Inpainting puts the known pixels into what each step expects to be
the picture (the range-null decomposition of DDNM, Wang et al. 2023, arXiv:2212.00490), and lays them over the
result, so that they come back as they were. Outpainting is inpainting in windows that reach over the border.
"""

from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.pipeline_utils import DiffusionPipeline, ImagePipelineOutput
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from diffusers.utils.torch_utils import randn_tensor
from PIL import Image
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from generation.painter.enlarger import OnTile, PainterEnlarger, unseen_tile
from generation.painter.exact import by_picture
from generation.painter.patches import PainterPatches, to_pixels
from generation.painter.prior import PainterPrior
from generation.painter.text import MAX_TOKENS
from generation.painter.transformer import PainterTransformer2D

GUIDANCE_BELOW_TIME = 0.95
FIRST_TIME = 0.999
"""The transformer was trained up to this time; pure noise is taken for it."""
FIRST_TIME_AFTER_PRIOR = 0.5
"""Compared in docs/painter.md."""

StepCallback = Callable[[Any, int, Tensor, dict[str, Any]], dict[str, Any] | None]


@dataclass(frozen=True)
class Known:
    """Pixels that are given, (B, 3, side, side) in -1..1, and where: (B, 1, side, side), 1 where they stay."""

    pixels: Tensor
    stays: Tensor

    def over(self, painted: Tensor) -> Tensor:
        return self.pixels * self.stays + painted * (1 - self.stays)


@dataclass(frozen=True)
class Words:
    """One picture's prompt as states (1, L, D) and mask (1, L), or two rows with what it is not to show."""

    states: Tensor
    mask: Tensor
    has_negative: bool

    @property
    def both(self) -> tuple[Tensor, Tensor]:
        return self.states, self.mask


class PainterPipeline(DiffusionPipeline):
    model_cpu_offload_seq = "text_encoder->prior->transformer->autoencoder"  # type: ignore[assignment]
    _optional_components = ["text_encoder", "tokenizer", "prior", "enlarger"]
    _callback_tensor_inputs = ["latents", "foreseen"]

    def __init__(
        self,
        autoencoder: PainterPatches,
        transformer: PainterTransformer2D,
        scheduler: FlowMatchEulerDiscreteScheduler,
        text_encoder: PreTrainedModel | None = None,
        tokenizer: PreTrainedTokenizerBase | None = None,
        prior: PainterPrior | None = None,
        enlarger: PainterEnlarger | None = None,
    ) -> None:
        super().__init__()
        self.register_modules(  # type: ignore[no-untyped-call]
            autoencoder=autoencoder,
            transformer=transformer,
            scheduler=scheduler,
            text_encoder=text_encoder,
            tokenizer=tokenizer,
            prior=prior,
            enlarger=enlarger,
        )

    @classmethod
    def from_pretrained(cls, *args: Any, **kwargs: Any) -> "PainterPipeline":
        """As diffusers does, and copies the weights out of the mapped file.

        There they lie wherever its header ends; products over memory of another alignment are summed in another
        order, and the same weights would paint pictures that differ in the last bits.
        """
        pipe: PainterPipeline = super().from_pretrained(*args, **kwargs)
        for network in (pipe.autoencoder, pipe.prior, pipe.transformer, pipe.enlarger):
            for tensor in (*network.parameters(), *network.buffers()) if network is not None else ():
                tensor.data = tensor.data.clone()
        return pipe

    def save_pretrained(self, save_directory: str | PathLike[str], *args: Any, **kwargs: Any) -> None:
        """As diffusers does, but without the text encoder, which comes from its own package."""
        text_encoder, tokenizer = self.text_encoder, self.tokenizer
        self._set_text_encoder(None, None)
        try:
            super().save_pretrained(save_directory, *args, **kwargs)
        finally:
            self._set_text_encoder(text_encoder, tokenizer)

    def _set_text_encoder(self, text_encoder: Any, tokenizer: Any) -> None:
        self.register_modules(  # type: ignore[no-untyped-call]
            text_encoder=text_encoder, tokenizer=tokenizer
        )

    def encode_prompt(self, prompts: list[str]) -> tuple[Tensor, Tensor]:
        """Token states (B, L, 384) and their mask (B, L); L is the longest prompt's, 20 at most."""
        if self.text_encoder is None or self.tokenizer is None:
            raise ValueError("This painter has no text encoder: pass text_encoder= and tokenizer= when loading it.")
        tokens = self.tokenizer(
            prompts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        ).to(self._execution_device)
        states = self.text_encoder(**tokens).last_hidden_state
        return states.to(self.transformer.dtype), tokens["attention_mask"].bool()

    def set_times(self, steps: int, strength: float = 1.0) -> None:
        """Evenly from `strength` (1 is pure noise) to 0; the scheduler's shift may move them towards the noise."""
        times = torch.linspace(strength, 0, steps + 1)[:-1].clamp(max=FIRST_TIME)
        self.scheduler.set_timesteps(sigmas=times.tolist(), device=self._execution_device)
        self.scheduler.set_begin_index(0)

    @property
    def num_timesteps(self) -> int:
        return len(self.scheduler.timesteps)

    @torch.no_grad()
    def __call__(
        self,
        prompt: str | list[str] | None = None,
        negative_prompt: str | list[str] | None = None,
        num_inference_steps: int = 40,
        guidance_scale: float = 3.0,
        generator: torch.Generator | list[torch.Generator] | None = None,
        latents: Tensor | None = None,
        prompt_embeds: Tensor | None = None,
        prompt_mask: Tensor | None = None,
        output_type: str = "pil",
        return_dict: bool = True,
        callback_on_step_end: StepCallback | None = None,
        callback_on_step_end_tensor_inputs: tuple[str, ...] = ("latents",),
        image: Image.Image | list[Image.Image] | None = None,
        strength: float = 1.0,
        mask_image: Image.Image | None = None,
        hang: tuple[float, ...] | None = None,
    ) -> ImagePipelineOutput | tuple[Any]:
        """Paints one picture per prompt.

        `output_type` is "pil", "pt" (pixels in -1..1) or "latent". Without a negative prompt the other
        branch of guidance is the learned absence of words. Give `prompt`, or `prompt_embeds` with
        `prompt_mask`.

        On a CPU each picture is, bit for bit, the one that its prompt and generator give alone. `foreseen`, for the
        callback, is what the step expects the picture's latents to become.

        With `image` alone (one, or one per prompt, of the painter's own size), `strength` in 0..1 says how much of
        it goes: image-to-image. With `mask_image` too, white is painted and black stays: inpainting.

        `hang` says for all pictures how the prior's layers hang (`prior.MIDDLE`); without it each noise says its own.
        """
        words = self._words(prompt, negative_prompt, prompt_embeds, prompt_mask)
        if not 0 < strength <= 1:
            raise ValueError(f"strength lies above 0 and is at most 1, not {strength}.")
        batch, exact = len(words), self._execution_device.type == "cpu"
        given = None if image is None else self._pixels(image, batch)
        known = None if given is None or mask_image is None else Known(given, self._stays(mask_image, batch))

        config = self.transformer.config
        shape = (batch, config.in_channels, config.sample_size, config.sample_size)
        if latents is None:
            device, dtype = words[0].states.device, words[0].states.dtype
            latents = randn_tensor(shape, generator=generator, device=device, dtype=dtype)
        # Two rows a picture: with its words, and without or with the negative ones.
        read, drop, expected = self._read(words, latents, hang)
        begun = None
        if given is not None and strength < 1:
            begun = self.autoencoder.encode(given).to(latents.dtype)
        elif expected is not None:
            begun, strength = expected[::2], FIRST_TIME_AFTER_PRIOR
        self.set_times(num_inference_steps, strength)
        if begun is not None:
            first = self.scheduler.sigmas[0]
            latents = (1 - first) * begun + first * latents

        for i, timestep in enumerate(self.progress_bar(self.scheduler.timesteps)):
            time = self.scheduler.sigmas[i]
            copies = 2 if guidance_scale != 1 and bool(time < GUIDANCE_BELOW_TIME) else 1
            every = slice(None, None, 3 - copies)
            with by_picture(copies if exact else 0):
                velocity = self.transformer(
                    latents.repeat_interleave(copies, 0), time.expand(copies * batch), None, None, drop[every],
                    None if expected is None else expected[every], (read[0][every], read[1][every]),
                )  # fmt: skip
            if copies == 2:
                with_words, without = velocity.float()[0::2], velocity.float()[1::2]
                velocity = without + guidance_scale * (with_words - without)
            if known is not None:
                velocity = self._keep(known, latents, velocity, time)
            foreseen = latents - time * velocity
            latents = self.scheduler.step(velocity, timestep, latents, return_dict=False)[0]
            if callback_on_step_end is not None:
                there = {"latents": latents, "foreseen": foreseen}
                tensors = {name: there[name] for name in callback_on_step_end_tensor_inputs}
                changed = callback_on_step_end(self, i, timestep, tensors) or {}
                latents = changed.get("latents", latents)

        images: Any = latents if output_type == "latent" else self._develop(latents, output_type, known)
        self.maybe_free_model_hooks()  # type: ignore[no-untyped-call]
        return ImagePipelineOutput(images=images) if return_dict else (images,)

    def vary(
        self, image: Image.Image, strength: float = 0.7, prompt: str = "", **kwargs: Any
    ) -> ImagePipelineOutput | tuple[Any]:
        """Another picture like this one. Without a prompt, whatever the painter takes it for."""
        if prompt:
            return self(prompt, image=image, strength=strength, **kwargs)
        config = self.transformer.config
        states = torch.zeros(1, 1, config.text_width, device=self._execution_device, dtype=self.transformer.dtype)
        nothing = torch.ones(1, 1, dtype=torch.bool, device=self._execution_device)
        # With zero guidance only the branch without words is left.
        kwargs["guidance_scale"] = 0.0
        strength = min(strength, GUIDANCE_BELOW_TIME - 0.01)
        return self(prompt_embeds=states, prompt_mask=nothing, image=image, strength=strength, **kwargs)

    def outpaint(
        self,
        prompt: str,
        image: Image.Image,
        left: int = 0,
        top: int = 0,
        right: int = 0,
        bottom: int = 0,
        **kwargs: Any,
    ) -> Image.Image:
        """The picture with that many pixels more on each side; the given pixels come back as they were.

        It works in windows of the painter's size that are half known, from the middle outwards. The picture must be
        at least that size both ways.
        """
        side: int = self.autoencoder.config.sample_size
        if min(image.size) < side:
            raise ValueError(f"The picture is {image.width} x {image.height} px; the least is {side} x {side}.")
        canvas = Image.new("RGB", (image.width + left + right, image.height + top + bottom))
        canvas.paste(image, (left, top))
        stays = Image.new("L", canvas.size, 0)
        stays.paste(255, (left, top, left + image.width, top + image.height))
        for x, y in _windows(canvas.size, (left, top), image.size, side):
            box = (x, y, x + side, y + side)
            free = stays.crop(box).point(lambda value: 255 - value)
            if free.getextrema() == (0, 0):
                continue
            done: Any = self(prompt, image=canvas.crop(box), mask_image=free, **kwargs)
            canvas.paste(done.images[0], (x, y))
            stays.paste(255, box)
        return canvas

    def enlarge(self, images: list[Image.Image], on_tile: OnTile = unseen_tile) -> list[Image.Image]:
        """Four times the side by the painter's own network; ValueError if it came without one."""
        if self.enlarger is None:
            raise ValueError("This painter has no super-resolution network.")
        return [enlarged(self.enlarger, image, on_tile) for image in images]

    def _keep(self, known: Known, latents: Tensor, velocity: Tensor, time: Tensor) -> Tensor:
        """The velocity towards the expected picture with the known pixels put into it."""
        expected = known.over(self.autoencoder.decode(latents - time * velocity))
        kept: Tensor = (latents - self.autoencoder.encode(expected).to(latents.dtype)) / time
        return kept

    def _pixels(self, image: Image.Image | list[Image.Image], batch: int) -> Tensor:
        images = [image] if isinstance(image, Image.Image) else image
        side = self.autoencoder.config.sample_size
        if any(one.size != (side, side) for one in images):
            raise ValueError(f"A picture that is worked over has {side} x {side} px.")
        if len(images) not in {1, batch}:
            raise ValueError(f"{batch} prompts, but {len(images)} pictures.")
        pixels = torch.cat([_tensor(one) for one in images])
        return pixels.expand(batch, -1, -1, -1).to(self._execution_device)

    def _stays(self, mask_image: Image.Image, batch: int) -> Tensor:
        side = self.autoencoder.config.sample_size
        if mask_image.size != (side, side):
            raise ValueError(f"The mask has {side} x {side} px, as the picture.")
        white = torch.from_numpy(np.array(mask_image.convert("L"))) > 127
        return (~white).float()[None, None].expand(batch, -1, -1, -1).to(self._execution_device)

    def look(self, foreseen: Tensor) -> list[Image.Image]:
        """What a painting under way will look like, from the callback's `foreseen`."""
        pixels = self.autoencoder.decode(foreseen.to(self.autoencoder.dtype))
        return [Image.fromarray(picture) for picture in to_pixels(pixels).cpu().numpy()]

    def _develop(self, latents: Tensor, output_type: str, known: Known | None = None) -> Any:
        # One by one: convolutions over a batch may round differently.
        pixels = torch.cat(
            [self.autoencoder.decode(one.to(self.autoencoder.dtype)) for one in latents.chunk(len(latents))]
        )
        if known is not None:
            pixels = known.over(pixels)
        if output_type == "pt":
            return pixels.clamp(-1, 1)
        if output_type != "pil":
            raise ValueError(f"output_type is pil, pt or latent, not {output_type!r}.")
        return [Image.fromarray(picture) for picture in to_pixels(pixels).cpu().numpy()]

    def _words(
        self, prompt: str | list[str] | None, negative: str | list[str] | None, embeds: Tensor | None,
        mask: Tensor | None,
    ) -> list[Words]:  # fmt: skip
        """Each picture's own: encoded by themselves, so that no prompt is padded for another's sake."""
        if prompt is None:
            if embeds is None or mask is None or negative is not None:
                raise ValueError("Give a prompt, or prompt_embeds with prompt_mask and no negative prompt.")
            return [
                Words(*one, has_negative=False)
                for one in zip(embeds.chunk(len(embeds)), mask.chunk(len(mask)), strict=True)
            ]
        prompts = [prompt] if isinstance(prompt, str) else list(prompt)
        negatives = [negative or ""] * len(prompts) if negative is None or isinstance(negative, str) else negative
        if len(negatives) != len(prompts):
            raise ValueError(f"{len(prompts)} prompts, but {len(negatives)} negative prompts.")
        return [
            Words(*self.encode_prompt([said, unsaid] if unsaid else [said]), has_negative=bool(unsaid))
            for said, unsaid in zip(prompts, negatives, strict=True)
        ]

    def _read(
        self, words: list[Words], latents: Tensor, hang: tuple[float, ...] | None
    ) -> tuple[tuple[Tensor, Tensor], Tensor, Tensor | None]:
        """(words as the transformer reads them, which rows drop them, the prior's pictures), two rows a picture."""
        read, drops, expected = [], [], []
        for one, noise in zip(words, latents.chunk(len(latents)), strict=True):
            states, mask = (
                part if one.has_negative else part.repeat(2, *[1] * (part.dim() - 1)) for part in one.both
            )
            drop = torch.tensor([False, not one.has_negative], device=states.device)
            read.append(self.transformer.text(states, mask, drop))
            drops.append(drop)
            if self.prior is not None:
                view = self.prior.view_of(noise).repeat(2)
                hung = self.prior.hang_of(noise) if hang is None else torch.tensor([hang], device=states.device)
                picture = self.prior(states, mask, view, hung.repeat(2, 1))
                expected.append(self.autoencoder.encode(picture).to(latents.dtype))
        tokens, means = zip(*read, strict=True)
        return (torch.cat(tokens), torch.cat(means)), torch.cat(drops), torch.cat(expected) if expected else None


def enlarged(enlarger: PainterEnlarger, image: Image.Image, on_tile: OnTile = unseen_tile) -> Image.Image:
    """Four times the side, in the memory of the result and a tile."""
    pixels = _tensor(image).to(enlarger.device)
    factor = enlarger.config["factor"]
    large = Image.new("RGB", (image.width * factor, image.height * factor))
    for left, top, tile in enlarger.tiles(pixels, on_tile=on_tile):
        large.paste(Image.fromarray(to_pixels(tile).cpu().numpy()[0]), (left, top))
    return large


def _tensor(image: Image.Image) -> Tensor:
    """(1, 3, height, width) in -1..1"""
    return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)[None].float() / 127.5 - 1


def _windows(canvas: tuple[int, int], at: tuple[int, int], size: tuple[int, int], side: int) -> list[tuple[int, int]]:
    """Corners of windows over the whole canvas, half a side apart, those nearest to the given picture first."""
    half = side // 2

    def along(length: int, start: int) -> list[int]:
        places = {
            min(max(start + step * half, 0), length - side) for step in range(-length // half, length // half + 1)
        }
        return sorted(places)

    corners = [(x, y) for x in along(canvas[0], at[0]) for y in along(canvas[1], at[1])]
    middle = (at[0] + (size[0] - side) / 2, at[1] + (size[1] - side) / 2)
    return sorted(corners, key=lambda corner: (abs(corner[0] - middle[0]) + abs(corner[1] - middle[1]), corner))
