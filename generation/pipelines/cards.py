"""The card of a model folder: from its `card.json` where a person wrote one, else from what its configs tell.

What nobody wrote down is said to be unknown; nothing is guessed about data, licence or languages.
"""

import json
from pathlib import Path
from typing import Any

from generation.errors import ModelRejected
from generation.painter import text
from generation.pipelines import folder
from generation.pipelines.base import IMAGE_TO_IMAGE, INPAINT, TEXT_TO_IMAGE, UPSCALE, VARIATION, Kind, ModelCard

CARD = "card.json"
KINDS: dict[str, Kind] = {
    "PainterPipeline": "painter",
    "UnCLIPPipeline": "unclip",
    "UnCLIPImageVariationPipeline": "unclip-variation",
}
OPERATIONS: dict[Kind, tuple[str, ...]] = {
    "painter": (TEXT_TO_IMAGE, IMAGE_TO_IMAGE, INPAINT, VARIATION),
    "unclip": (TEXT_TO_IMAGE, IMAGE_TO_IMAGE, INPAINT),
    "unclip-variation": (VARIATION,),
}
BOTH_WAYS = (
    "StableDiffusion",
    "StableDiffusionXL",
    "StableDiffusion3",
    "Flux",
    "KandinskyV22",
    "QwenImage",
    "ZImage",
)
"""Families for which diffusers can work pictures over, with a mask or without; a test asks diffusers."""
ASPECTS = ((1, 1), (4, 3), (3, 4), (3, 2), (2, 3), (16, 9), (9, 16))
SIDE_STEP_PX = 64
UNKNOWN_EN = "Not written down by whoever made this model."
UNKNOWN_KO = "이 모델을 만든 쪽에서 밝히지 않았습니다."


def read(path: Path, name: str, revision: str) -> ModelCard:
    """Hashes the weights, so the first reading of a large model takes a while."""
    folder.check(path)
    kind = KINDS.get(folder.index(path)["_class_name"], "auto")
    # The text encoder of the painter lives in a package; its hash is pinned and part of what the painter is.
    elsewhere = {text.PART: text.WEIGHTS_SHA256} if kind == "painter" else None
    facts: dict[str, Any] = _facts(path, kind, name)
    facts |= _written(path)
    facts["sizes_px"] = tuple((int(width), int(height)) for width, height in facts["sizes_px"])
    facts["languages"] = tuple(facts["languages"])
    facts["operations"] = tuple(facts["operations"])
    given = {"name": name, "revision": facts.pop("revision", revision), "kind": kind}
    try:
        return ModelCard(**given, sha256=folder.weights_sha256(path, elsewhere), **facts)
    except TypeError as error:
        raise ModelRejected(f"{CARD} of {path.name} has a field that a card does not have: {error}.") from error


def _written(path: Path) -> dict[str, Any]:
    file = path / CARD
    written = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    return {key: value for key, value in written.items() if key not in {"name", "kind", "sha256"}}


def _facts(path: Path, kind: Kind, name: str) -> dict[str, Any]:
    native_px = _native_px(path, kind)
    class_name = folder.index(path)["_class_name"]
    is_karlo = kind in ("unclip", "unclip-variation")
    title = Path(name).name
    return {
        "native_px": native_px,
        "default_steps": 25 if is_karlo else 30,
        "default_guidance_scale": 8.0 if is_karlo else 7.0,
        "min_steps": 2 if is_karlo else 1,
        "max_steps": 100,
        "sizes_px": [(native_px, native_px)] if kind != "auto" else _sizes(native_px),
        "takes_negative_prompt": not is_karlo,
        "operations": (OPERATIONS.get(kind) or auto_operations(class_name)) + _enlarging(path, kind),
        "takes_weights": class_name == "StableDiffusionPipeline",
        "memory_bytes": folder.weights_bytes(path),
        "languages": [],
        "licence": UNKNOWN_EN,
        "title_en": title,
        "title_ko": title,
        "data": UNKNOWN_EN,
        "data_ko": UNKNOWN_KO,
        "limits": UNKNOWN_EN,
        "limits_ko": UNKNOWN_KO,
    }


def _enlarging(path: Path, kind: Kind) -> tuple[str, ...]:
    return (UPSCALE,) if kind == "painter" and folder.config(path, "enlarger") else ()


def auto_operations(class_name: str) -> tuple[str, ...]:
    """What diffusers can do with a checkpoint of this text-to-image class."""
    family = class_name.removesuffix("CombinedPipeline").removesuffix("Pipeline")
    return (TEXT_TO_IMAGE, IMAGE_TO_IMAGE, INPAINT) if family in BOTH_WAYS else (TEXT_TO_IMAGE,)


def _native_px(path: Path, kind: Kind) -> int:
    """The side that the networks were made for; 512 where their configs do not tell."""
    if kind == "painter":
        side = folder.config(path, "autoencoder").get("sample_size")
    elif kind != "auto":
        side = folder.config(path, "super_res_last").get("sample_size")
    else:
        network = folder.config(path, "unet") or folder.config(path, "transformer")
        side, levels = network.get("sample_size"), folder.config(path, "vae").get("block_out_channels")
        if isinstance(side, int) and isinstance(levels, list):
            side *= 2 ** (len(levels) - 1)
    return side if isinstance(side, int) else 512


def _sizes(native_px: int) -> list[tuple[int, int]]:
    """Common shapes of about the native area, in steps that every latent model takes."""
    if native_px < 4 * SIDE_STEP_PX:
        return [(native_px, native_px)]
    sizes = []
    for wide, high in ASPECTS:
        scale = native_px / (wide * high) ** 0.5
        sizes.append((_round(wide * scale), _round(high * scale)))
    return sizes


def _round(side: float) -> int:
    return max(SIDE_STEP_PX, round(side / SIDE_STEP_PX) * SIDE_STEP_PX)
