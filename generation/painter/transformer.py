"""The painter's transformer: which way does this noisy latent flow, at this time, under these words?

A diffusion transformer with adaptive layer norm (DiT, Peebles & Xie 2023, arXiv:2212.09748), its modulation
shared by all blocks plus a small table per block (PixArt-alpha, Chen et al. 2023, arXiv:2310.00426). It
predicts the velocity of a straight path between noise and picture (rectified flow, Liu et al. 2022,
arXiv:2209.03003; flow matching, Lipman et al. 2023, arXiv:2210.02747): with x_t = (1 - t) picture + t
noise, v = noise - picture. Or it predicts the picture and divides (`prediction="picture"`, as Li & He 2025,
arXiv:2511.13720, argue for tokens of many numbers): noise of 128 numbers a token does not have to pass through
192 of width.

Words come in twice. Six learned queries gather the token states of the text encoder into six tokens that
stand beside the sixteen latent ones; the mean state joins the time in steering the norms. Dropped words
(the learned `text.null` tokens and a zero mean) are the unconditional branch of classifier-free guidance
(Ho & Salimans 2022, arXiv:2207.12598).

Shapes: B pictures, S = 4 latent side, W = 256 width, N = 6 text tokens, L words, D = 384 text width.
"""

import math

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

from generation.painter.exact import Linear

TIME_SCALE = 1000.0
TIME_MAX_PERIOD = 2000.0
PREDICTIONS = ("velocity", "picture")
LEAST_TIME = 0.05
"""The velocity of a predicted picture divides by the time; below this the division stops growing."""


class TextTokens(nn.Module):
    """L states of the text encoder to N tokens and one vector, whatever L is."""

    def __init__(self, width: int, text_width: int, num_tokens: int, query_width: int) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.randn(num_tokens, query_width) * 0.1)
        self.to_key = nn.Linear(text_width, query_width)
        self.to_value = nn.Linear(text_width, width)
        self.out = nn.Linear(width, width)
        self.position = nn.Parameter(torch.randn(num_tokens, width) * 0.02)
        self.null = nn.Parameter(torch.zeros(num_tokens, width))
        self.mean_out = nn.Linear(text_width, width)

    def forward(self, states: Tensor, mask: Tensor, drop: Tensor | None) -> tuple[Tensor, Tensor]:
        """states (B, L, D), mask (B, L) true at words, drop (B,) true where the words count as absent."""
        scores = self.to_key(states) @ self.query.T  # (B, L, N)
        weights = scores.masked_fill(~mask[..., None], -1e4).softmax(dim=1)
        gathered = weights.transpose(1, 2) @ self.to_value(states)  # (B, N, W)
        tokens = self.out(F.gelu(gathered)) + self.position
        words = mask[..., None].to(states.dtype)
        mean = self.mean_out((states * words).sum(1) / words.sum(1))  # (B, W)
        if drop is not None:
            tokens = torch.where(drop[:, None, None], self.null.to(tokens.dtype), tokens)
            mean = torch.where(drop[:, None], torch.zeros_like(mean), mean)
        return tokens, mean


class TimeEmbedding(nn.Module):
    """Sines and cosines of the time (0..1) through two layers."""

    def __init__(self, width: int, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.linear1 = Linear(channels, width)
        self.linear2 = Linear(width, width)

    def forward(self, time: Tensor) -> Tensor:
        half = self.channels // 2
        steps = torch.arange(half, device=time.device, dtype=torch.float32) / half
        angles = time.float()[:, None] * TIME_SCALE * torch.exp(-steps * math.log(TIME_MAX_PERIOD))
        waves = torch.cat([angles.sin(), angles.cos()], dim=1).to(self.linear1.weight.dtype)
        embedding: Tensor = self.linear2(F.silu(self.linear1(waves)))
        return embedding


class PainterBlock(nn.Module):
    """Attention, then a feed-forward layer, each shifted, scaled and gated by the time and the words."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = Linear(width, 3 * width)
        self.attention_out = Linear(width, width)
        self.feed_forward_in = Linear(width, 4 * width)
        self.feed_forward_out = Linear(4 * width, width)
        self.modulation_table = nn.Parameter(torch.zeros(6, width))
        nn.init.zeros_(self.attention_out.weight)
        nn.init.zeros_(self.feed_forward_out.weight)

    def forward(self, x: Tensor, modulation: Tensor) -> Tensor:
        """x (B, tokens, W), modulation (B, 6, W): scale, shift and gate, twice."""
        parts = (modulation + self.modulation_table)[:, :, None].unbind(1)  # six of (B, 1, W)
        scale1, shift1, gate1, scale2, shift2, gate2 = parts
        x = x + gate1 * self._attend(_norm(x) * (1 + scale1) + shift1)
        hidden = self.feed_forward_in(_norm(x) * (1 + scale2) + shift2)
        out: Tensor = x + gate2 * self.feed_forward_out(F.gelu(hidden, approximate="tanh"))
        return out

    def _attend(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        qkv = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, tokens, W / heads)
        mixed = F.scaled_dot_product_attention(query, key, value)
        out: Tensor = self.attention_out(mixed.transpose(1, 2).reshape(batch, tokens, width))
        return out


class PainterTransformer2D(ModelMixin, ConfigMixin):  # type: ignore[misc]  # untyped bases
    """Velocity of latents (B, 48, 4, 4) at times (B,) in 0..1 under words (B, L, 384)."""

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        sample_size: int = 4,
        in_channels: int = 48,
        width: int = 256,
        num_layers: int = 8,
        num_attention_heads: int = 4,
        text_width: int = 384,
        num_text_tokens: int = 6,
        text_query_width: int = 96,
        time_channels: int = 128,
        prediction: str = "velocity",
        expects: bool = False,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        if prediction not in PREDICTIONS:
            raise ValueError(f"prediction is one of {', '.join(PREDICTIONS)}, not {prediction!r}.")
        self.num_latent_tokens = sample_size**2
        self.latent_in = Linear((2 if expects else 1) * in_channels, width)
        self.position = nn.Parameter(torch.randn(self.num_latent_tokens, width) * 0.02)
        self.text = TextTokens(width, text_width, num_text_tokens, text_query_width)
        self.time = TimeEmbedding(width, time_channels)
        self.modulation = Linear(width, 6 * width)
        self.blocks = nn.ModuleList(PainterBlock(width, num_attention_heads) for _ in range(num_layers))
        self.latent_out = Linear(width, in_channels)
        if expects:
            nn.init.zeros_(self.latent_out.weight)
            nn.init.zeros_(self.latent_out.bias)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)  # scales and shifts start at 0, the two gates at 1
        nn.init.ones_(self.modulation.bias[2 * width : 3 * width])
        nn.init.ones_(self.modulation.bias[5 * width :])

    def forward(
        self,
        latents: Tensor,
        time: Tensor,
        text_states: Tensor | None,
        text_mask: Tensor | None,
        drop_text: Tensor | None = None,
        expected: Tensor | None = None,
        read: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """`read` is what `self.text` makes of the words, which do not change with the time; made here without it.

        `expected` is the prior's picture, of the latents' shape, for a transformer that `expects` one.

        It then predicts how the picture differs from that, so that an untrained one predicts the prior's picture.
        """
        batch, channels, side, _ = latents.shape
        if read is None:
            if text_states is None or text_mask is None:
                raise ValueError("Give the words: their states and mask, or what was read of them.")
            read = self.text(text_states, text_mask, drop_text)
        words, mean = read
        modulation = self.modulation(F.silu(self.time(time) + mean)).view(batch, 6, -1)
        seen = latents
        if self.config["expects"]:
            if expected is None:
                raise ValueError("This transformer expects the prior's picture.")
            if drop_text is not None:
                expected = torch.where(drop_text[:, None, None, None], torch.zeros_like(expected), expected)
            seen = torch.cat([latents, expected.to(latents.dtype)], dim=1)
        tokens = self.latent_in(seen.flatten(2).transpose(1, 2)) + self.position  # (B, S * S, W)
        hidden = torch.cat([tokens, words], dim=1)
        for block in self.blocks:
            hidden = block(hidden, modulation)
        out: Tensor = self.latent_out(_norm(hidden[:, : self.num_latent_tokens]))
        out = out.transpose(1, 2).reshape(batch, channels, side, side)
        if self.config["prediction"] == "velocity":
            return out
        if expected is not None and self.config["expects"]:
            out = out + expected.to(out.dtype)
        return (latents - out) / time.clamp(min=LEAST_TIME).to(out.dtype)[:, None, None, None]


def _norm(x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:])
