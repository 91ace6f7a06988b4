"""The painter from end to end: `python -m generation.painter COMMAND`.

    make FOLDER --minutes 60      data, training and evaluation; again to go on where it stopped
    learn FOLDER STAGE --steps N  one stage of it
    export FOLDER OUT             the trained networks as a model folder
    evaluate FOLDER MODEL         figures and sheet of a model folder, into FOLDER/evaluation
    finetune TABLE OUT            all weights, on an artist's own table in COYO's shape (see data/table.py)

`--from MODEL` starts from a model folder instead of from nothing; `make` starts from the committed weights
if they are of this kind. `--plan large` is meant for a GPU.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from generation.painter import text
from generation.painter.evaluation import report, sheet
from generation.painter.evaluation.scorer import PainterScorer
from generation.painter.learning import stages
from generation.painter.learning.settings import PLANS
from generation.painter.learning.stages import Workshop
from generation.painter.pipeline import PainterPipeline

COMMITTED = stages.WEIGHTS / "ninefold-painter-4"
SHARES = {"prior": 0.3, "transformer": 0.5, "enlarger": 0.08, "scorer": 0.12}
STEPS, GUIDANCE_SCALE = 12, 1.5


def main() -> None:
    given = _arguments()
    if given.command == "finetune":
        start = given.start or COMMITTED
        run = stages.finetune(given.table, start, given.out / "run", PLANS[given.plan], given.steps)
        network = run.go()
        pipe: Any = PainterPipeline.from_pretrained(str(start), torch_dtype=torch.float16)
        pipe.register_modules(transformer=network.half())
        pipe.save_pretrained(given.out)
        return
    start = given.start
    if given.command == "make" and start is None and (COMMITTED / "autoencoder").is_dir():
        start = COMMITTED
    workshop = Workshop(given.folder / "data", given.folder, PLANS[given.plan], start)
    if given.command == "make":
        _make(workshop, given.minutes)
    elif given.command == "learn":
        workshop.run(given.stage, given.steps).go()
    elif given.command == "export":
        workshop.export(given.out)
    else:
        _evaluate(workshop, given.model, given.steps or STEPS, given.guidance)


def _make(workshop: Workshop, minutes: float) -> None:
    from generation.painter.data.__main__ import counts, make

    make(workshop.data, counts(workshop.plan.pictures))
    for stage in stages.STAGES:
        steps = stages.steps_in(workshop, stage, minutes * SHARES[stage])
        workshop.run(stage, steps).go()
    workshop.export(workshop.folder / "model")
    _evaluate(workshop, workshop.folder / "model", STEPS, GUIDANCE_SCALE)
    if workshop.start:
        _evaluate(workshop, workshop.start, STEPS, GUIDANCE_SCALE)
    logs = {stage: workshop.folder / stage / "run" / "log.jsonl" for stage in ("prior", "transformer")}
    sheet.curve(logs).save(workshop.folder / "evaluation" / "curve.png")


def _evaluate(workshop: Workshop, model: Path, steps: int, guidance_scale: float) -> None:
    judge: PainterScorer = workshop.run("scorer").average  # type: ignore[assignment]
    tokenizer, encoder = text.load()
    pipe: Any = PainterPipeline.from_pretrained(
        str(model), tokenizer=tokenizer, text_encoder=encoder, torch_dtype=torch.float32, use_safetensors=True
    )
    pipe.set_progress_bar_config(disable=True)
    held_back = workshop.data / "held-back"
    figures = report.measure(pipe, judge, held_back, steps, guidance_scale)
    report.write(workshop.folder / "evaluation" / model.name, pipe, figures, steps, guidance_scale)
    best = report.ceiling(judge, held_back)
    print(json.dumps({"model": model.name, "figures": figures, "real pictures": best}, indent=2))  # noqa: T201


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train, measure and fine-tune the painter.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("make", "learn", "export", "evaluate", "finetune"):
        command = commands.add_parser(name)
        command.add_argument("table" if name == "finetune" else "folder", type=Path)
        command.add_argument("--plan", choices=PLANS, default="small")
        command.add_argument("--from", dest="start", type=Path)
        if name == "make":
            command.add_argument("--minutes", type=float, default=60)
        if name == "learn":
            command.add_argument("stage", choices=stages.STAGES)
        if name in {"export", "finetune"}:
            command.add_argument("out", type=Path)
        if name == "evaluate":
            command.add_argument("model", type=Path)
            command.add_argument("--guidance", type=float, default=GUIDANCE_SCALE)
        if name in {"learn", "evaluate", "finetune"}:
            command.add_argument("--steps", type=int, default=400 if name == "finetune" else None)
    return parser.parse_args()


if __name__ == "__main__":
    main()
