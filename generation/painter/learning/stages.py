"""From tables to networks: components, prior, transformer, enlarger, scorer.

Each is a run that goes on where it stopped, in a folder of its own:

    patches/fit      the principal components (a model folder)
    prior/run        the prior; transformer/run: the transformer, which needs it
    enlarger/run     super-resolution; scorer/run: the judge
"""

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from torch import Tensor, nn

from generation.painter.data import table
from generation.painter.enlarger import PainterEnlarger
from generation.painter.evaluation import scorer as judging
from generation.painter.learning import lessons, words
from generation.painter.learning.run import Run
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
        return latents_of(self.patches(), learned), words.read(self.data / "train", learned.texts)

    def _prior(self, lesson: Lesson) -> tuple[nn.Module, Any]:
        latents, known = self._captioned()
        torch.manual_seed(lesson.seed)
        network = PainterPrior(sample_size=latents.shape[-1], **self.plan.prior_shape)
        if self.start:
            network = PainterPrior.from_pretrained(self.start / "prior", torch_dtype=torch.float32)
        return network, lessons.expect(latents, known, lesson.batch, lesson.device)

    def _transformer(self, lesson: Lesson) -> tuple[nn.Module, Any]:
        latents, known = self._captioned()
        torch.manual_seed(lesson.seed)
        shape: dict[str, Any] = dict(self.plan.transformer_shape)
        network = PainterTransformer2D(sample_size=latents.shape[-1], **shape)
        if self.start:
            network = PainterTransformer2D.from_pretrained(self.start / "transformer", torch_dtype=torch.float32)
        prior = self.run("prior").average
        return network, lessons.flow(latents, known, lesson.batch, lesson.device, prior)

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
        prior: Any = self.run("prior").average
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


def latents_of(patches: PainterPatches, learned: table.Table) -> Tensor:
    """Half precision, (rows, channels, S, S)."""
    parts = []
    with torch.no_grad():
        for first in range(0, len(learned.pictures), ENCODE_AT_ONCE):
            pixels = lessons.to_tensor(learned.pictures[first : first + ENCODE_AT_ONCE])
            parts.append(patches.encode(pixels).half())
    return torch.cat(parts)


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
    loss = lessons.flow(latents_of(patches, learned), known, lesson.batch, lesson.device, prior)
    return Run(folder / "transformer" / "run", network, lesson, loss)
