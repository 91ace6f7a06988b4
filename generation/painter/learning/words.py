"""Captions read once by the text encoder and kept: what the transformer and the scorer see of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from generation.painter import text
from generation.painter.learning.lessons import Words

STATES, LENGTHS = "states.npy", "lengths.npy"
BATCH = 128


def read(folder: Path, captions: Sequence[str]) -> Words:
    """The states of a table's captions, from its folder if they were read before."""
    if not (folder / LENGTHS).is_file() or len(np.load(folder / LENGTHS)) != len(captions):
        encode(captions, folder)
    return Words(np.load(folder / STATES, mmap_mode="r"), np.load(folder / LENGTHS))


@torch.no_grad()
def encode(captions: Sequence[str], folder: Path) -> None:
    """Captions of like length go together, and each different one once."""
    tokenizer, encoder = text.load()
    unique = sorted(set(captions), key=lambda caption: (len(caption), caption))
    where = {caption: row for row, caption in enumerate(unique)}
    found = np.zeros((len(unique), text.MAX_TOKENS, encoder.config.hidden_size), np.float16)
    count = np.zeros(len(unique), np.int64)
    for first in range(0, len(unique), BATCH):
        part = unique[first : first + BATCH]
        tokens = tokenizer(part, padding=True, truncation=True, max_length=text.MAX_TOKENS, return_tensors="pt")
        states = encoder(**tokens).last_hidden_state
        found[first : first + len(part), : states.shape[1]] = states.numpy()
        count[first : first + len(part)] = tokens["attention_mask"].sum(1).numpy()
    rows: NDArray[np.int64] = np.array([where[caption] for caption in captions])
    folder.mkdir(parents=True, exist_ok=True)
    out = np.lib.format.open_memmap(folder / STATES, mode="w+", dtype=np.float16, shape=(len(rows), *found.shape[1:]))
    for first in range(0, len(rows), 4096):
        out[first : first + 4096] = found[rows[first : first + 4096]]
    out.flush()
    np.save(folder / LENGTHS, count[rows])
