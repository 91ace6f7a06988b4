"""How long the built-in painter takes: to load, and for one and four pictures of 512 px on one thread."""

import subprocess
import sys
import time

from generation import enlarge
from generation.pipelines import registry
from generation.pipelines.base import PaintRequest
from tests.benchmarks.conftest import Figure

SIZE_PX = 512


def test_painter_loads_and_paints(figure: Figure) -> None:
    name = registry.default_name()
    card = registry.card(name)
    code = (
        "import time, torch, diffusers, transformers; from generation.pipelines import registry, painter;"
        f"began = time.perf_counter(); registry.load({name!r}); print(time.perf_counter() - began)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    figure("painter loads", float(loaded.stdout), "s", of="libraries already imported")

    pipeline = registry.load(name)
    for count in (1, 4):
        asked = [
            PaintRequest(
                "a red apple",
                "",
                seed,
                card.native_px,
                card.native_px,
                card.default_steps,
                card.default_guidance_scale,
            )
            for seed in range(count)
        ]
        began = time.perf_counter()
        for picture in pipeline.paint(asked, lambda step, total: None):
            enlarge.enlarge(picture, SIZE_PX, enlarge.best_method(card.native_px, SIZE_PX))
        figure(f"{count} x {SIZE_PX} px", time.perf_counter() - began, "s")
