"""The fixed sheet: 64 prompts, the same at every milestone, in one picture; and loss curves.

`sheet.tsv` holds the prompts, English and Korean. The first 48 are held-back compositions, drawn once by program and
kept whatever came of them; the others were written by hand.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

COLUMNS = 8
SHOWN_PX = 128
CAPTION_PX = 24
WORDS_A_LINE = 24
CURVE_PX = (900, 420)
MARGIN_PX = 50
INKS = ("#1b4f9c", "#b3402a", "#2a7a44", "#7a4b9a")


def prompts(language: str = "en") -> list[str]:
    text = Path(__file__).with_name("sheet.tsv").read_text("utf-8")
    return [row[language] for row in csv.DictReader(io.StringIO(text), delimiter="\t")]


def draw(pictures: NDArray[np.uint8], captions: Sequence[str], columns: int = COLUMNS) -> Image.Image:
    """Pictures under each other in rows, each with the words it was painted from."""
    lines = -(-len(pictures) // columns)
    high = SHOWN_PX + CAPTION_PX
    sheet = Image.new("RGB", (columns * SHOWN_PX, lines * high), "white")
    pen = ImageDraw.Draw(sheet)
    for i, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        left, top = i % columns * SHOWN_PX, i // columns * high
        shown = Image.fromarray(np.asarray(picture)).resize((SHOWN_PX - 4,) * 2, Image.Resampling.BICUBIC)
        sheet.paste(shown, (left + 2, top + 2))
        pen.text((left + 3, top + SHOWN_PX - 1), _broken(caption), fill="black", font_size=9, spacing=1)
    return sheet


def curve(logs: Mapping[str, Path]) -> Image.Image:
    """Loss by pictures seen, both on logarithmic scales."""
    series = {name: _read(log) for name, log in logs.items()}
    points = np.log10(np.concatenate([line for line in series.values() if len(line)]))
    low, high = points.min(0), points.max(0) + 1e-6
    image = Image.new("RGB", CURVE_PX, "white")
    pen = ImageDraw.Draw(image)
    size = np.array(CURVE_PX) - 2 * MARGIN_PX

    def at(point: NDArray[np.float64]) -> tuple[float, float]:
        x, y = (np.log10(point) - low) / (high - low) * size
        return MARGIN_PX + float(x), CURVE_PX[1] - MARGIN_PX - float(y)

    pen.rectangle((MARGIN_PX, MARGIN_PX, CURVE_PX[0] - MARGIN_PX, CURVE_PX[1] - MARGIN_PX), outline="#888888")
    for value in (low, high):
        x, y = at(10**value)
        pen.text((x - 20, CURVE_PX[1] - MARGIN_PX + 6), f"{10 ** value[0]:,.0f}", fill="black", font_size=12)
        pen.text((4, y - 6), f"{10 ** value[1]:.3f}", fill="black", font_size=12)
    pen.text((CURVE_PX[0] // 2 - 60, CURVE_PX[1] - 26), "pictures seen", fill="black", font_size=12)
    for i, (name, line) in enumerate(series.items()):
        if len(line):
            pen.line([at(point) for point in line], fill=INKS[i % len(INKS)], width=2)
            pen.text((CURVE_PX[0] - 240, MARGIN_PX + 8 + 16 * i), name, fill=INKS[i % len(INKS)], font_size=13)
    return image


def _read(log: Path) -> NDArray[np.float64]:
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.is_file() else []
    return np.array([(row["pictures"], row["loss"]) for row in rows], np.float64).reshape(-1, 2)


def _broken(caption: str) -> str:
    """Two lines at most."""
    first = caption[:WORDS_A_LINE].rsplit(" ", 1)[0] if len(caption) > WORDS_A_LINE else caption
    return f"{first}\n{caption[len(first) :].strip()[: WORDS_A_LINE + 4]}"
