"""The painter as a diffusers pipeline: words in, 64 x 64 pictures out.

It keeps diffusers' manners (call arguments, `callback_on_step_end`, one generator per picture,
`save_pretrained` and `from_pretrained`), so that it goes through the same door as any checkpoint. Load it
by this class, never by letting a folder name code to run. The text encoder is handed in
(`generation.painter.text`) and not saved with it.

Sampling is Euler's method on the flow from time 1 (noise) to 0 (picture). Guidance is left out near the noise
(limited interval, Kynkaanniemi et al. 2024, arXiv:2404.07724), where it only costs variety.
"""

from collections.abc import Callable
from os import PathLike
from typing import Any

import torch
from diffusers.pipelines.pipeline_utils import DiffusionPipeline, ImagePipelineOutput
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from diffusers.utils.torch_utils import randn_tensor
from PIL import Image
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from generation.painter.autoencoder import PainterAutoencoder, to_pixels
from generation.painter.text import MAX_TOKENS
from generation.painter.transformer import PainterTransformer2D

GUIDANCE_BELOW_TIME = 0.95
FIRST_TIME = 0.999
"""The transformer was trained up to this time; pure noise is taken for it."""

StepCallback = Callable[[Any, int, Tensor, dict[str, Any]], dict[str, Any] | None]


class PainterPipeline(DiffusionPipeline):
    model_cpu_offload_seq = "text_encoder->transformer->autoencoder"  # type: ignore[assignment]
    _optional_components = ["text_encoder", "tokenizer"]
    _callback_tensor_inputs = ["latents"]

    def __init__(
        self,
        autoencoder: PainterAutoencoder,
        transformer: PainterTransformer2D,
        scheduler: FlowMatchEulerDiscreteScheduler,
        text_encoder: PreTrainedModel | None = None,
        tokenizer: PreTrainedTokenizerBase | None = None,
    ) -> None:
        super().__init__()
        self.register_modules(  # type: ignore[no-untyped-call]
            autoencoder=autoencoder,
            transformer=transformer,
            scheduler=scheduler,
            text_encoder=text_encoder,
            tokenizer=tokenizer,
        )

    @classmethod
    def from_pretrained(cls, *args: Any, **kwargs: Any) -> "PainterPipeline":
        """As diffusers does, and copies the weights out of the mapped file.

        There they lie wherever its header ends; products over memory of another alignment are summed in another
        order, and the same weights would paint pictures that differ in the last bits.
        """
        pipe: PainterPipeline = super().from_pretrained(*args, **kwargs)
        for network in (pipe.autoencoder, pipe.transformer):
            for tensor in (*network.parameters(), *network.buffers()):
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

    def set_times(self, steps: int) -> None:
        times = torch.linspace(1, 0, steps + 1)[:-1].clamp(max=FIRST_TIME)
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
    ) -> ImagePipelineOutput | tuple[Any]:
        """Paints one picture per prompt.

        `output_type` is "pil", "pt" (pixels in -1..1) or "latent". Without a negative prompt the other
        branch of guidance is the learned absence of words. Give `prompt`, or `prompt_embeds` with
        `prompt_mask`.
        """
        if prompt is not None:
            prompts = [prompt] if isinstance(prompt, str) else list(prompt)
            negatives = self._negatives(negative_prompt, len(prompts))
            states, mask = self.encode_prompt(prompts + (negatives or []))
        elif prompt_embeds is not None and prompt_mask is not None and negative_prompt is None:
            negatives, states, mask = None, prompt_embeds, prompt_mask
        else:
            raise ValueError("Give a prompt, or prompt_embeds with prompt_mask and no negative prompt.")
        batch = len(states) // 2 if negatives else len(states)
        if not negatives:
            states, mask = torch.cat([states, states]), torch.cat([mask, mask])
        drop = torch.zeros(2 * batch, dtype=torch.bool, device=states.device)
        drop[batch:] = not negatives

        config = self.transformer.config
        shape = (batch, config.in_channels, config.sample_size, config.sample_size)
        if latents is None:
            latents = randn_tensor(shape, generator=generator, device=states.device, dtype=states.dtype)
        self.set_times(num_inference_steps)

        for i, timestep in enumerate(self.progress_bar(self.scheduler.timesteps)):
            time = self.scheduler.sigmas[i]
            copies = 2 if guidance_scale != 1 and bool(time < GUIDANCE_BELOW_TIME) else 1
            rows = copies * batch
            velocity = self.transformer(
                latents.repeat(copies, 1, 1, 1), time.expand(rows), states[:rows], mask[:rows], drop[:rows]
            )
            if copies == 2:
                with_words, without = velocity.float().chunk(2)
                velocity = without + guidance_scale * (with_words - without)
            latents = self.scheduler.step(velocity, timestep, latents, return_dict=False)[0]
            if callback_on_step_end is not None:
                tensors = {"latents": latents} if "latents" in callback_on_step_end_tensor_inputs else {}
                changed = callback_on_step_end(self, i, timestep, tensors) or {}
                latents = changed.get("latents", latents)

        images: Any = latents if output_type == "latent" else self._develop(latents, output_type)
        self.maybe_free_model_hooks()  # type: ignore[no-untyped-call]
        return ImagePipelineOutput(images=images) if return_dict else (images,)

    def _develop(self, latents: Tensor, output_type: str) -> Any:
        pixels = self.autoencoder.decode(latents.to(self.autoencoder.dtype))
        if output_type == "pt":
            return pixels.clamp(-1, 1)
        if output_type != "pil":
            raise ValueError(f"output_type is pil, pt or latent, not {output_type!r}.")
        return [Image.fromarray(picture) for picture in to_pixels(pixels).cpu().numpy()]

    @staticmethod
    def _negatives(negative_prompt: str | list[str] | None, count: int) -> list[str] | None:
        """One per prompt, or None when there is nothing to avoid."""
        if not negative_prompt:
            return None
        if isinstance(negative_prompt, str):
            return [negative_prompt] * count
        if len(negative_prompt) != count:
            raise ValueError(f"{count} prompts, but {len(negative_prompt)} negative prompts.")
        return list(negative_prompt) if any(negative_prompt) else None
