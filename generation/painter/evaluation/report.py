"""One painter measured: figures as JSON, the sheet as a picture. The same call for every painter."""

import json
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from generation.painter.data import table
from generation.painter.evaluation import sheet
from generation.painter.evaluation.judge import Figures, judge
from generation.painter.evaluation.scorer import PainterScorer
from generation.painter.learning import words
from generation.painter.learning.lessons import Words
from generation.painter.pipeline import PainterPipeline
from generation.painter.prior import MIDDLE

PAINTED = 200
AT_ONCE = 20
SEED = 900


def paint(
    pipe: PainterPipeline,
    captions: list[str],
    steps: int,
    guidance_scale: float,
    hang: tuple[float, ...] | None = None,
) -> NDArray[np.uint8]:
    """One picture a caption, from a noise of its own each: uint8 (captions, side, side, 3)."""
    done = []
    for first in range(0, len(captions), AT_ONCE):
        part = captions[first : first + AT_ONCE]
        generators = [torch.Generator().manual_seed(SEED + first + i) for i in range(len(part))]
        painted = pipe(
            part, num_inference_steps=steps, guidance_scale=guidance_scale, generator=generators, hang=hang
        )
        done += [np.asarray(image) for image in painted.images]  # type: ignore[union-attr]
    return np.stack(done)


def measure(
    pipe: PainterPipeline,
    scorer: PainterScorer,
    held_back: Path,
    steps: int,
    guidance_scale: float,
    count: int = PAINTED,
) -> Figures:
    """Paints the first captions of the held-back table, subjects in the middle as the judge knows them.

    The distance is to the rest of the table.
    """
    learned = table.read(held_back)
    known = words.read(held_back, learned.texts)
    began = time.perf_counter()
    pictures = paint(pipe, learned.texts[:count], steps, guidance_scale, MIDDLE)
    seconds = (time.perf_counter() - began) / count
    part = Words(known.states[:count], known.lengths[:count])
    figures = judge(scorer, pictures, learned.rows[:count], part, learned.pictures[count:])
    return figures | {"seconds a picture": seconds}


def ceiling(scorer: PainterScorer, held_back: Path, count: int = PAINTED) -> Figures:
    """The same figures of the real held-back pictures: what a perfect painter would get from this judge."""
    learned = table.read(held_back)
    known = words.read(held_back, learned.texts)
    part = Words(known.states[:count], known.lengths[:count])
    return judge(scorer, learned.pictures[:count], learned.rows[:count], part, learned.pictures[count:])


def write(folder: Path, pipe: PainterPipeline, figures: Figures, steps: int, guidance_scale: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures.json").write_text(json.dumps({k: round(v, 4) for k, v in figures.items()}, indent=2) + "\n")
    captions = sheet.prompts()
    sheet.draw(paint(pipe, captions, steps, guidance_scale), captions).save(folder / "sheet.png", optimize=True)
