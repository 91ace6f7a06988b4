"""The data of the painter: `python -m generation.painter.data FOLDER [--pictures N]`.

With `--attributions`, FOLDER is the file whose list of licences is written anew.

Makes FOLDER/packages (fetched once through npm), FOLDER/drawings.npz, and the tables FOLDER/train,
FOLDER/held-back, FOLDER/judge (other seeds, for the scorer) and FOLDER/large (256 px, for super-resolution). A table
that is there in the asked length is left alone.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from generation.painter.data import drawings, table
from generation.painter.data.compose import Studio
from generation.painter.learning.settings import SMALL

MARKS = (
    "<!-- painter: written by python -m generation.painter.data --attributions docs/attributions.md -->",
    "<!-- /painter -->",
)
SEEDS = {"train": 11, "held-back": 12, "judge": 13, "large": 14}
LARGE_PX = 256
"""Side of the pictures that super-resolution learns from."""


def studio(folder: Path) -> Studio:
    """The drawings, rasterised once and kept."""
    kept = folder / "drawings.npz"
    if not kept.is_file():
        drawings.fetch(folder / "packages")
        drawn = drawings.load(folder / "packages")
        sheets: dict[str, Any] = {f"{one.rendering}|{one.subject.en}": one.pixels for one in drawn}
        np.savez_compressed(kept, **sheets)
    with np.load(kept) as found:
        return Studio(
            drawings.Drawing(subject, source.rendering, found[f"{source.rendering}|{subject.en}"])
            for source in drawings.SOURCES
            for subject in drawings.subjects()
        )


def counts(pictures: int) -> dict[str, int]:
    """How many rows each table has beside so many training pictures."""
    return {"held-back": 900, "train": pictures, "judge": pictures // 6, "large": pictures // 30}


def make(folder: Path, counts: dict[str, int]) -> None:
    painter = studio(folder)
    for name, count in counts.items():
        rows = folder / name / table.ROWS
        if not (rows.is_file() and len(rows.read_text("utf-8").splitlines()) == count):
            size_px = LARGE_PX if name == "large" else 64
            table.write(
                folder / name, painter, count, SEEDS[name], size_px,
                held_back=name == "held-back", layers=name == "train",
            )  # fmt: skip


def attribute(file: Path) -> None:
    """Writes the sources and their licences between the marks in `docs/attributions.md`."""
    head, rest = file.read_text("utf-8").split(MARKS[0])
    _, tail = rest.split(MARKS[1])
    lines = ["| drawings | licence | where they are used |", "|---|---|---|"]
    lines += [source.attribution() for source in drawings.SOURCES]
    file.write_text(head + MARKS[0] + "\n" + "\n".join(lines) + "\n" + MARKS[1] + tail, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the painter's pictures and captions.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=SMALL.pictures)
    parser.add_argument("--attributions", action="store_true", help="write the list of licences and do nothing else")
    given = parser.parse_args()
    if given.attributions:
        attribute(given.folder)
        return
    make(given.folder, counts(given.pictures))


if __name__ == "__main__":
    main()
