"""The figures: what the judge sees in the pictures that a painter made of captions it never learned.

Retrieval asks which of a hundred held-back captions a picture was painted from. Each part (subject, colour of the
subject, ground, place, time, style) is right if the judge's first guess is the word that was asked for, counted over
the pictures whose caption asks for one. Colours count only under styles that keep colour. The Fréchet distance is
that of FID (Heusel et al. 2017, arXiv:1706.08500) with the judge's 192 features in place of Inception's: smaller is
better, and it compares painters with each other only.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generation.painter.data.table import Row
from generation.painter.evaluation.scorer import COLOURLESS, PARTS, PainterScorer, labels
from generation.painter.learning.lessons import Words, to_tensor

AMONG = 100
AT_ONCE = 100
Figures = dict[str, float]


@torch.no_grad()
def judge(
    scorer: PainterScorer, pictures: NDArray[np.uint8], rows: Sequence[Row], words: Words, real: NDArray[np.uint8]
) -> Figures:
    """Shares in 0..1 and one distance. `words` belong to `rows`; `real` are other held-back pictures."""
    seen = features(scorer, pictures)
    figures = {"retrieval among 100": _retrieval(scorer, seen, words)}
    answers, hidden = labels(rows), torch.nn.functional.silu(seen)
    colourful = torch.tensor([row.composed().style not in COLOURLESS for row in rows])
    for part in PARTS:
        asked = answers[part] > 0
        if part in {"paint", "ground"}:
            asked &= colourful
        if asked.any():
            guess: Tensor = scorer.parts[part](hidden).argmax(1)
            figures[part] = float((guess == answers[part])[asked].float().mean())
    figures["distance"] = distance(seen, features(scorer, real))
    return figures


def features(scorer: PainterScorer, pictures: NDArray[np.uint8]) -> Tensor:
    parts = [
        scorer.features(to_tensor(pictures[first : first + AT_ONCE])) for first in range(0, len(pictures), AT_ONCE)
    ]
    return torch.cat(parts)


def _retrieval(scorer: PainterScorer, seen: Tensor, words: Words) -> float:
    """Over whole hundreds; fewer pictures are compared among themselves."""
    texts = scorer.embed_texts(*words.batch(np.arange(len(words.lengths))))
    images = scorer.embed_images(seen)
    hits, asked = 0, 0
    for first in range(0, max(1, len(images) - AMONG + 1), AMONG):
        part = slice(first, first + AMONG)
        best = (images[part] @ texts[part].T).argmax(1)
        hits += int((best == torch.arange(len(best))).sum())
        asked += len(best)
    return hits / asked


def distance(one: Tensor, other: Tensor) -> float:
    """Fréchet distance of two Gaussians fitted to the rows."""
    mean = (one.mean(0) - other.mean(0)).double()
    cov_one, cov_other = torch.cov(one.T.double()), torch.cov(other.T.double())
    root = _root(cov_one)
    middle = _root(root @ cov_other @ root)
    return float(mean @ mean + (cov_one + cov_other - 2 * middle).trace())


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    return root
