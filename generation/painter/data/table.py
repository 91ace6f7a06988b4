"""A table in the shape of COYO: one picture and its words a row, with the scores, source and licence beside them.

`table.jsonl` has a line a picture; `pictures.npy` has their pixels, uint8 (rows, side, side, 3), in the same order
and mapped into memory when read, so that a table may be larger than memory. `layers.npy`, for tables made here to be
learned from, has what they were made of before a style: ground, body and cover (rows, side, side, 7). COYO's columns
keep their names (github.com/kakaobrain/coyo-dataset); a score that nobody computed is null. `text_ko` and what a
picture is composed of stand beside them for tables made here, and may be missing in others.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.painter.data import captions, compositions
from generation.painter.data.compose import Studio
from generation.painter.data.drawings import SOURCES

ROWS = "table.jsonl"
PIXELS = "pictures.npy"
LAYERS = "layers.npy"
SOURCE = "ninefold/compositions"
LICENCE = "Apache-2.0; drawings " + ", ".join(sorted({f"{source.package} {source.licence}" for source in SOURCES}))


@dataclass(frozen=True)
class Row:
    id: int
    image: int
    """Its place in `pictures.npy`."""
    text: str
    width: int
    height: int
    source: str
    licence: str
    text_ko: str | None = None
    clip_similarity: float | None = None
    aesthetic_score: float | None = None
    watermark_score: float | None = None
    nsfw_score: float | None = None
    composition: dict[str, Any] | None = None

    def composed(self) -> compositions.Composition:
        return compositions.Composition(**(self.composition or {}))


@dataclass(frozen=True)
class Table:
    rows: Sequence[Row]
    pictures: NDArray[np.uint8]
    layers: NDArray[np.uint8] | None = None

    @property
    def texts(self) -> list[str]:
        return [row.text for row in self.rows]


def write(
    folder: Path,
    studio: Studio,
    count: int,
    seed: int,
    size_px: int = 64,
    held_back: bool = False,
    layers: bool = False,
) -> None:
    """Row i depends on the seed and i alone: a longer table begins with a shorter one's rows."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = _mapped(folder / PIXELS, (count, size_px, size_px, 3))
    parts = _mapped(folder / LAYERS, (count, size_px, size_px, 7)) if layers else None
    with (folder / ROWS).open("w", encoding="utf-8") as lines:
        for row in compose(count, seed, size_px, held_back):
            composition = row.composed()
            made_of = studio.layers(composition, size_px)
            pictures[row.image] = studio.style(made_of, composition, size_px)
            if parts is not None:
                parts[row.image] = made_of.pixels(size_px)
            lines.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
    for file in (pictures, parts):
        if file is not None:
            file.flush()


def _mapped(file: Path, shape: tuple[int, ...]) -> np.memmap[Any, np.dtype[np.uint8]]:
    return np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=shape)


def compose(count: int, seed: int, size_px: int, held_back: bool = False) -> Iterator[Row]:
    """The rows of a table, whose pictures are still to be painted."""
    for i in range(count):
        rng = np.random.default_rng([seed, int(held_back), i])
        composition = compositions.draw(rng, held_back)
        text = captions.english(composition, None if held_back else rng)
        yield Row(
            id=i,
            image=i,
            text=text,
            text_ko=captions.korean(composition),
            width=size_px,
            height=size_px,
            source=SOURCE,
            licence=LICENCE,
            composition=asdict(composition),
        )


def read(folder: Path) -> Table:
    """A table written here, or by an artist: `pictures.npy` may then be a folder of files named in `image`."""
    lines = (folder / ROWS).read_text("utf-8").splitlines()
    given = [json.loads(line) for line in lines if line.strip()]
    if (folder / PIXELS).is_file():
        pixels = np.load(folder / PIXELS, mmap_mode="r")[: len(given)]
        layered = (folder / LAYERS).is_file()
        layers = np.load(folder / LAYERS, mmap_mode="r")[: len(given)] if layered else None
        return Table([Row(**row) for row in given], pixels, layers)
    pictures = np.stack([_opened(folder / row["image"]) for row in given])
    defaults = {"width": 64, "height": 64, "source": folder.name, "licence": ""}
    known = set(Row.__dataclass_fields__)
    rows = [
        Row(**{**defaults, **{key: value for key, value in row.items() if key in known}, "id": i, "image": i})
        for i, row in enumerate(given)
    ]
    return Table(rows, pictures)


def _opened(file: Path, size_px: int = 64) -> NDArray[np.uint8]:
    """The middle square of a picture file."""
    with Image.open(file) as image:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = image.convert("RGB").crop((left, top, left + side, top + side))
        return np.asarray(square.resize((size_px, size_px), Image.Resampling.LANCZOS))
