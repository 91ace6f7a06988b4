"""What a training run is told. `SMALL` is for a processor core or two, `LARGE` for a GPU."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Lesson:
    """One network's run. Times are counted in steps, so that a run is the same on every machine."""

    steps: int
    batch: int
    learning_rate: float
    warmup_steps: int = 100
    cooldown: float = 0.3
    """The part of all steps, at the end, over which the learning rate falls to zero in a straight line."""
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 0.02
    clip: float = 1.0
    average: float = 0.998
    """Decay of the running mean of the weights, which is what is kept."""
    seed: int = 1
    save_every: int = 200
    log_every: int = 20
    threads: int = 1
    device: str = "cpu"
    precision: str = "float32"
    """`bfloat16` computes products in half the bits where the machine can; weights stay in single precision."""


@dataclass(frozen=True)
class Plan:
    pictures: int
    size_px: int
    prior: Lesson
    transformer: Lesson
    enlarger: Lesson
    scorer: Lesson
    transformer_shape: dict[str, int | str | bool] = field(default_factory=dict)
    patches_shape: dict[str, int] = field(default_factory=dict)
    prior_shape: dict[str, int] = field(default_factory=dict)


SMALL = Plan(
    pictures=36_000,
    size_px=64,
    prior=Lesson(steps=3000, batch=64, learning_rate=1e-3, average=0.995),
    transformer=Lesson(steps=6000, batch=32, learning_rate=1e-3, warmup_steps=200),
    enlarger=Lesson(steps=500, batch=8, learning_rate=2e-3, average=0.99),
    scorer=Lesson(steps=420, batch=64, learning_rate=2e-3, average=0.99),
    transformer_shape={
        "in_channels": 128, "width": 192, "num_layers": 8, "num_attention_heads": 3, "num_text_tokens": 6,
        "prediction": "picture", "expects": True,
    },
)  # fmt: skip

LARGE = Plan(
    pictures=400_000,
    size_px=64,
    prior=Lesson(steps=40_000, batch=512, learning_rate=5e-4, device="cuda", precision="bfloat16"),
    transformer=Lesson(
        steps=200_000,
        batch=256,
        learning_rate=4e-4,
        average=0.9999,
        save_every=2000,
        device="cuda",
        precision="bfloat16",
    ),
    enlarger=Lesson(steps=20_000, batch=64, learning_rate=1e-3, device="cuda", precision="bfloat16"),
    scorer=Lesson(steps=10_000, batch=512, learning_rate=1e-3, device="cuda", precision="bfloat16"),
    transformer_shape={
        "in_channels": 192, "width": 512, "num_layers": 12, "num_attention_heads": 8, "num_text_tokens": 8,
        "prediction": "picture", "expects": True,
    },
    patches_shape={"latent_channels": 192},
    prior_shape={"ground_width": 1024, "body_width": 2048, "manner_width": 1024},
)  # fmt: skip

PLANS = {"small": SMALL, "large": LARGE}
