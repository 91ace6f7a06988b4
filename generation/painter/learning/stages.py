"""From tables to networks: components, prior, transformer, enlarger, scorer.

Each is a run that goes on where it stopped, in a folder of its own:

    patches/fit      the principal components (a model folder)
    prior/run        the prior; transformer/run: the transformer, which needs it
    enlarger/run     super-resolution; scorer/run: the judge
"""

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from numpy.typing import NDArray
from torch import Tensor, nn

from generation.painter.data import compositions, table
from generation.painter.enlarger import PainterEnlarger
from generation.painter.evaluation import scorer as judging
from generation.painter.learning import lessons, words
from generation.painter.learning.run import STATE, Run
from generation.painter.learning.settings import Lesson, Plan
from generation.painter.patches import PainterPatches
from generation.painter.pipeline import PainterPipeline
from generation.painter.prior import PainterPrior
from generation.painter.transformer import PainterTransformer2D

WEIGHTS = Path(__file__).parents[1] / "weights"
SHIFT = 1.0
FIT_PICTURES = 6000
ENCODE_AT_ONCE = 1000
TRIAL_STEPS = 3
FINETUNE_RATE = 2e-4
RATE_FROM_START = 0.3
"""Weights that are good already would be shaken loose by a first run's learning rate."""
STAGES = ("prior", "transformer", "enlarger", "scorer")


@dataclasses.dataclass(frozen=True)
class Workshop:
    """Where the tables lie, where the runs lie, the plan, and the weights to start from (None: from nothing)."""

    data: Path
    folder: Path
    plan: Plan
    start: Path | None = None

    def patches(self) -> PainterPatches:
        """The components of the training pictures, or of the start; kept, since everything after depends on them."""
        if self.start:
            return _patches_at(self.start / "autoencoder")
        kept = self.folder / "patches" / "fit"
        if not (kept / "config.json").is_file():
            torch.manual_seed(0)
            patches = PainterPatches(sample_size=self.plan.size_px, **self.plan.patches_shape)
            patches.fit(lessons.to_tensor(np.array(table.read(self.data / "train").pictures[:FIT_PICTURES])))
            patches.save_pretrained(kept)
        return _patches_at(kept)

    def run(self, stage: str, steps: int | None = None) -> Run:
        """The run of one of `STAGES`, at the step where it stopped."""
        lesson: Lesson = getattr(self.plan, stage)
        if steps:
            lesson = dataclasses.replace(lesson, steps=steps)
        if self.start and stage == "transformer":
            lesson = dataclasses.replace(lesson, learning_rate=lesson.learning_rate * RATE_FROM_START)
        network, loss = getattr(self, f"_{stage}")(lesson)
        return Run(self.folder / stage / "run", network, lesson, loss)

    def _captioned(self) -> tuple[Tensor, lessons.Words]:
        """Latents of the training pictures, and the states of their captions."""
        learned = table.read(self.data / "train")
        return encoded(self.patches(), learned.pictures), words.read(self.data / "train", learned.texts)

    def _prior(self, lesson: Lesson) -> tuple[nn.Module, Any]:
        learned = table.read(self.data / "train")
        if learned.layers is None:
            raise ValueError(f"{self.data / 'train'} has no layers, of which the prior learns: make the table anew.")
        latents, known = self._captioned()
        patches: Any = self.patches()
        torch.manual_seed(lesson.seed)
        network: Any = self._new_prior()
        if not self.start:
            network.ground_patches.fit(lessons.to_tensor(np.array(learned.layers[:FIT_PICTURES, ..., :3])))
            network.body_patches.fit(to_body(np.array(learned.layers[:FIT_PICTURES, ..., 3:])))
        scenes = lessons.Scenes(
            latents,
            encoded(network.ground_patches, learned.layers[..., :3]),
            encoded(network.body_patches, learned.layers[..., 3:], to_body),
            views_of(learned),
        )
        return network, lessons.expect(scenes, known, lesson.batch, patches.to(lesson.device), lesson.device)

    def _transformer(self, lesson: Lesson) -> tuple[nn.Module, Any]:
        latents, known = self._captioned()
        torch.manual_seed(lesson.seed)
        shape: dict[str, Any] = dict(self.plan.transformer_shape)
        network = PainterTransformer2D(sample_size=latents.shape[-1], **shape)
        if self.start:
            network = PainterTransformer2D.from_pretrained(self.start / "transformer", torch_dtype=torch.float32)
        patches: Any = self.patches()
        prior: Any = self.prior()
        views = views_of(table.read(self.data / "train"))
        expected = expecting(prior.to(lesson.device), patches.to(lesson.device), views)
        return network, lessons.flow(latents, known, lesson.batch, lesson.device, expected)

    def prior(self) -> PainterPrior:
        """As far as its run has got, without what it takes to go on; or as at the start."""
        network: PainterPrior = self._new_prior()
        kept = self.folder / "prior" / "run" / STATE
        if kept.is_file():
            network.load_state_dict(torch.load(kept, map_location="cpu", weights_only=True)["average"])
        network.eval()
        return network

    def _new_prior(self) -> PainterPrior:
        if self.start:
            prior: PainterPrior = PainterPrior.from_pretrained(self.start / "prior", torch_dtype=torch.float32)
            return prior
        untrained: PainterPrior = PainterPrior(self.plan.size_px, compositions.VIEWS, **self.plan.prior_shape)
        return untrained

    def _enlarger(self, lesson: Lesson) -> tuple[nn.Module, Any]:
        pictures = table.read(self.data / "large").pictures
        torch.manual_seed(lesson.seed)
        network = PainterEnlarger()
        if self.start and (self.start / "enlarger").is_dir():
            network = PainterEnlarger.from_pretrained(self.start / "enlarger", torch_dtype=torch.float32)
        return network, lessons.enlarge(pictures, lesson.batch, self.patches(), lesson.device)

    def _scorer(self, lesson: Lesson) -> tuple[nn.Module, Any]:
        learned = table.read(self.data / "judge")
        torch.manual_seed(lesson.seed + 100)
        known = words.read(self.data / "judge", learned.texts)
        return judging.PainterScorer(), judging.lesson(learned, known, lesson.batch)

    def export(self, out: Path) -> PainterPipeline:
        """The mean weights of all runs as a model folder in half precision. `card.json` is left to a person."""
        enlarger: Any = None
        if (self.folder / "enlarger" / "run").is_dir():
            enlarger = self.run("enlarger").average
        patches: Any = self.patches()
        transformer: Any = self.run("transformer").average
        prior: Any = self.prior()
        scheduler = FlowMatchEulerDiscreteScheduler(num_train_timesteps=1000, shift=SHIFT)
        pipe = PainterPipeline(
            patches.half(), transformer.half(), scheduler, prior=prior.half(),
            enlarger=enlarger and enlarger.half(),
        )  # fmt: skip
        pipe.save_pretrained(out)
        return pipe


def _patches_at(path: Path) -> PainterPatches:
    patches: PainterPatches = PainterPatches.from_pretrained(path, torch_dtype=torch.float32)
    return patches


@torch.no_grad()
def encoded(
    patches: PainterPatches, pictures: NDArray[np.uint8], tensor: Callable[[Any], Tensor] = lessons.to_tensor
) -> Tensor:
    """Half precision, (rows, channels, S, S)."""
    starts = range(0, len(pictures), ENCODE_AT_ONCE)
    return torch.cat([patches.encode(tensor(pictures[at : at + ENCODE_AT_ONCE])).half() for at in starts])


def to_body(layers: NDArray[np.uint8]) -> Tensor:
    """uint8 (B, side, side, 4) to (B, 4, side, side) in 0..1."""
    return torch.from_numpy(np.array(layers)).permute(0, 3, 1, 2).float() / 255


def views_of(learned: table.Table) -> Tensor:
    """Which view each row shows; the first where nobody said."""
    return torch.tensor([row.composed().view for row in learned.rows])


def expecting(prior: PainterPrior, patches: PainterPatches, views: Tensor) -> lessons.Expect:
    """The prior of these rows, in latents."""

    def expected(rows: NDArray[np.int64], states: Tensor, mask: Tensor) -> Tensor:
        return patches.encode(prior(states, mask, views[torch.from_numpy(rows)].to(states.device)))

    return expected


def steps_in(workshop: Workshop, stage: str, minutes: float) -> int:
    """How many steps of a stage fit into that time on this machine: measured once, and kept with the run.

    A run's learning rate depends on its number of steps; a resumed run must have the same.
    """
    kept = workshop.folder / stage / "steps.json"
    if not kept.is_file():
        lesson = getattr(workshop.plan, stage)
        network, loss = getattr(workshop, f"_{stage}")(dataclasses.replace(lesson, steps=TRIAL_STEPS))
        trial = Run(workshop.folder / stage / "trial", network, dataclasses.replace(lesson, save_every=10**9), loss)
        began = time.perf_counter()
        trial.go(until=TRIAL_STEPS)
        per_step = (time.perf_counter() - began) / TRIAL_STEPS
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({"steps": max(10, round(minutes * 60 / per_step))}))
    steps: int = json.loads(kept.read_text())["steps"]
    return steps


def finetune(artists: Path, start: Path, folder: Path, plan: Plan, steps: int) -> Run:
    """All of the transformer's weights, further on an artist's own table; components and prior stay as they are."""
    lesson = dataclasses.replace(
        plan.transformer, steps=steps, learning_rate=FINETUNE_RATE, warmup_steps=min(50, steps // 10)
    )
    learned = table.read(artists)
    patches = PainterPatches.from_pretrained(start / "autoencoder", torch_dtype=torch.float32)
    network = PainterTransformer2D.from_pretrained(start / "transformer", torch_dtype=torch.float32)
    known = words.read(folder / "words", learned.texts)
    prior = PainterPrior.from_pretrained(start / "prior", torch_dtype=torch.float32).eval()
    expected = expecting(prior.to(lesson.device), patches, views_of(learned))
    loss = lessons.flow(encoded(patches, learned.pictures), known, lesson.batch, lesson.device, expected)
    return Run(folder / "transformer" / "run", network, lesson, loss)
