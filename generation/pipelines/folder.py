"""A model folder as diffusers lays it out, looked at before anything in it is trusted.

Loading a diffusers folder can run code in three ways: pickled weights, Python files in the folder, and
class names in `model_index.json` that point into any installed module. All three are refused here. Knows no
torch.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generation.errors import ModelMissing, ModelRejected

INDEX = "model_index.json"
PICKLED = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".msgpack", ".h5", ".onnx"}
"""Weights that are not safetensors. Some of these run code when they are read; none of them is needed."""

LIBRARIES = (
    "diffusers",
    "transformers",
    "stable_diffusion",  # diffusers.pipelines.stable_diffusion: the safety checker
    "kandinsky",  # diffusers.pipelines.kandinsky: its text encoder
    "unclip",  # diffusers.pipelines.unclip: Karlo's text projection
    "generation.painter.enlarger",
    "generation.painter.patches",
    "generation.painter.prior",
    "generation.painter.transformer",
)


def index(path: Path) -> dict[str, Any]:
    """`model_index.json`, or ModelMissing or ModelRejected."""
    if not path.is_dir():
        raise ModelMissing(f"There is no model folder at {path.name}.")
    file = path / INDEX
    if not file.is_file():
        # Any folder of the disk may be named here: look at its own files, do not walk it.
        _check_pickles(path, sorted(path.iterdir()))
        raise ModelMissing(f"The folder {path.name} is not a diffusers model: it has no {INDEX}.")
    return _read_object(file)


def check(path: Path) -> None:
    """Raises ModelRejected if loading this folder could run code, or would need pickled weights."""
    listed = index(path)
    check_parts(path)
    class_name = listed.get("_class_name")
    if not isinstance(class_name, str):
        raise ModelRejected(f"The model {path.name} wants to run a pipeline class of its own.")
    for name, value in listed.items():
        if name.startswith("_") or not isinstance(value, list):
            continue
        library = value[0] if len(value) == 2 else value
        if library is not None and library not in LIBRARIES:
            raise ModelRejected(f"The part {name} of {path.name} comes from {library}, which is not trusted.")


def check_parts(path: Path) -> None:
    """The same for a folder without a model_index.json: one transformers model."""
    files = sorted(path.rglob("*"))
    _check_pickles(path, files)
    _check_code(path, files)


def _check_pickles(path: Path, files: list[Path]) -> None:
    for file in files:
        if file.suffix in PICKLED and not any(file.parent.glob("*.safetensors")):
            raise ModelRejected(
                f"The weights {file.relative_to(path)} of {path.name} are not safetensors; "
                "files of that kind can run code when they are read.",
                next_step="Save the model again with save_pretrained(..., safe_serialization=True).",
            )


def _check_code(path: Path, files: list[Path]) -> None:
    for file in files:
        if file.suffix == ".py":
            raise ModelRejected(f"The model {path.name} brings code of its own ({file.relative_to(path)}).")
        if file.name in {"config.json", "tokenizer_config.json"} and "auto_map" in _read_object(file):
            raise ModelRejected(f"{file.relative_to(path)} of {path.name} points to code outside the libraries.")


def weights_sha256(path: Path, elsewhere: Mapping[str, str] | None = None) -> str:
    """One digest for all weights: that of `sha256sum`'s listing, sorted by path.

    The same as `find . -name '*.safetensors' -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum | sha256sum`
    in the folder, if nothing is `elsewhere`: parts that the model uses but does not keep, as path and known
    sha256.
    """
    digests = dict(elsewhere or {})
    for file in path.rglob("*.safetensors"):
        with file.open("rb") as opened:
            digests[file.relative_to(path).as_posix()] = hashlib.file_digest(opened, "sha256").hexdigest()
    if not digests:
        raise ModelMissing(f"The model {path.name} has no weights.")
    listing = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))
    return hashlib.sha256(listing.encode()).hexdigest()


def weights_bytes(path: Path) -> int:
    """How large the weight files are together; what a loaded model takes is this or a little more."""
    return sum(file.stat().st_size for file in path.rglob("*.safetensors"))


def config(path: Path, part: str) -> dict[str, Any]:
    """The `config.json` of one part; empty if it has none."""
    file = path / part / "config.json"
    return _read_object(file) if file.is_file() else {}


def _read_object(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_bytes())
    except ValueError as error:
        raise ModelRejected(f"{file.name} of {file.parent.name} is not JSON.") from error
    if not isinstance(value, dict):
        raise ModelRejected(f"{file.name} of {file.parent.name} is not a JSON object.")
    return value
