"""One training run: AdamW, a running mean of the weights, a log, and a checkpoint that resumes exactly.

Every step draws its batch and its noise from a generator that is seeded by the run's seed and the step's number, so
that a state of the run is its weights, their running mean, the optimiser's moments and one number. A run that is
stopped and resumed takes the same steps, bit for bit, as one that never stopped (on the same machine and threads).

The log is `log.jsonl`, one line of `step, loss, learning_rate, pictures, seconds` per `log_every` steps; seconds are
those of the process that wrote the line. Interrupt it (SIGINT, SIGTERM) and it saves before it ends.
"""

import copy
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from generation.painter.learning.settings import Lesson

STATE = "state.pt"
LOG = "log.jsonl"

Loss = Callable[[nn.Module, torch.Generator], Tensor]
"""The loss of one step; everything random in it comes from the generator."""


class Run:
    def __init__(self, folder: Path, network: nn.Module, lesson: Lesson, loss: Loss) -> None:
        """Goes on from the folder's checkpoint if it has one."""
        torch.set_num_threads(lesson.threads)
        self.folder, self.lesson, self.loss = folder, lesson, loss
        self.network = network.to(lesson.device)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.step = 0
        self.optimiser = torch.optim.AdamW(
            [parameter for parameter in self.network.parameters() if parameter.requires_grad],
            lr=lesson.learning_rate,
            betas=lesson.betas,
            weight_decay=lesson.weight_decay,
        )
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / STATE).is_file():
            self._restore()
        self._stopped = False

    def go(self, until: int | None = None) -> nn.Module:
        """Trains up to that step (default: all of them) and returns the mean weights."""
        until = min(until or self.lesson.steps, self.lesson.steps)
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        losses: list[float] = []
        began = time.perf_counter()
        try:
            self.network.train()
            while self.step < until and not self._stopped:
                losses.append(self._advance())
                if self.step % self.lesson.log_every == 0 or self.step == until:
                    self._write_log(sum(losses) / len(losses), time.perf_counter() - began)
                    losses.clear()
                if self.step % self.lesson.save_every == 0:
                    self.save()
            self.save()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return self.average

    def rate(self) -> float:
        """The learning rate of the coming step."""
        lesson = self.lesson
        warm = min(1.0, (self.step + 1) / max(1, lesson.warmup_steps))
        cool = min(1.0, (lesson.steps - self.step) / max(1.0, lesson.cooldown * lesson.steps))
        return lesson.learning_rate * warm * cool

    def _advance(self) -> float:
        lesson = self.lesson
        rate = self.rate()
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        random = torch.Generator().manual_seed(lesson.seed * 1_000_003 + self.step)
        kind = torch.device(lesson.device).type
        with torch.autocast(kind, torch.bfloat16, enabled=lesson.precision == "bfloat16"):
            loss = self.loss(self.network, random)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), lesson.clip)
        self.optimiser.step()
        self.step += 1
        with torch.no_grad():
            weight = 1 - min(lesson.average, self.step / (self.step + 20))
            for mean, now in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(now, weight)
            for kept, given in zip(self.average.buffers(), self.network.buffers(), strict=True):
                kept.copy_(given)
        return float(loss.detach())

    def save(self) -> None:
        """Atomic: a crash leaves the former checkpoint."""
        state = {
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        part = self.folder / f"{STATE}.part"
        torch.save(state, part)
        part.replace(self.folder / STATE)

    def _restore(self) -> None:
        state: dict[str, Any] = torch.load(self.folder / STATE, map_location=self.lesson.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]

    def _write_log(self, loss: float, seconds: float) -> None:
        line = {
            "step": self.step,
            "loss": round(loss, 5),
            "learning_rate": round(self.rate(), 8),
            "pictures": self.step * self.lesson.batch,
            "seconds": round(seconds, 1),
        }
        with (self.folder / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")

    def _stop(self, *_: Any) -> None:
        self._stopped = True
