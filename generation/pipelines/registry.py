"""The door to models: a name to its card, a name to a pipeline that is warm.

A name is `ninefold-painter-4`, which is part of this repository; the path of a folder; or the id of a model
on the Hugging Face hub (`owner/name`), read from the local cache. Only with ALLOW_MODEL_DOWNLOAD=1 does
`load` fetch a missing one, and then no code and no pickled weights. Names come from the operator (MODEL),
never from a visitor.

`card` needs no torch and is cheap after the first call. `load` keeps models warm within devices.memory_bytes.
"""

import gc
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from generation.errors import GenerationError, ModelMissing, ModelRejected
from generation.pipelines import cards, devices, folder
from generation.pipelines.base import Kind, ModelCard, Pipeline

OUR_PAINTER = "ninefold-painter-4"
BUILT_IN = {OUR_PAINTER: Path(__file__).parents[1] / "painter" / "weights" / OUR_PAINTER}
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
HUB_PATTERNS = ["model_index.json", "*/*.json", "*/*.txt", "*/*.model", "*/*.safetensors"]
HUB_LEAVE_OUT = ["*.fp16.*", "*.non_ema.*", "*.bf16.*"]

_lock = threading.Lock()
_warm: OrderedDict[tuple[str, str], Pipeline] = OrderedDict()


def default_name() -> str:
    return os.environ.get("MODEL") or OUR_PAINTER


@lru_cache(maxsize=64)
def card(name: str) -> ModelCard:
    """Raises ModelMissing or ModelRejected. Never goes to the network."""
    path, revision = locate(name)
    return cards.read(path, name, revision)


def load(name: str, device: str = "cpu", threads: int | None = None) -> Pipeline:
    """The pipeline of a model, kept warm while the memory for models lasts; the one not used for longest goes first.

    `threads` sets torch's threads for the whole process; None leaves them alone. More threads than
    idle cores make painting many times slower. A CPU repeats a picture bit for bit for as many threads.
    """
    import torch

    if threads is not None:
        torch.set_num_threads(threads)
    with _lock:
        if (name, device) not in _warm:
            if downloads_allowed():
                fetch(name, HUB_PATTERNS)
            path, _ = locate(name)
            found = card(name)
            _make_room(device, found.memory_bytes or folder.weights_bytes(path))
            _warm[name, device] = _open(found, path, device)
        _warm.move_to_end((name, device))
        return _warm[name, device]


def warm() -> list[str]:
    """The models that are loaded, the one used last at the end."""
    return [name for name, _ in _warm]


def _make_room(device: str, needed_bytes: int) -> None:
    """Let models of this device go until the next one fits beside the rest; before it is read, not after."""
    budget = devices.memory_bytes(device)
    here = [key for key in _warm if key[1] == device]
    held = sum(_warm[key].weights_bytes() for key in here)
    for key in here:
        if held + needed_bytes <= budget:
            return
        held -= _warm.pop(key).weights_bytes()
        gc.collect()
        if device.startswith("cuda"):
            import torch

            torch.cuda.empty_cache()


def variation_card(name: str) -> ModelCard | None:
    """The card of the checkpoint that paints variations for this one, named as Karlo's is; None without one."""
    try:
        return card(f"{name}-image-variations")
    except ModelMissing:
        return None


def locate(name: str) -> tuple[Path, str]:
    """The folder of a model and its revision, without the network."""
    if name in BUILT_IN:
        return BUILT_IN[name], "1"
    path = Path(name).expanduser()
    if name and path.is_dir():
        return path, "local"
    if not HUB_ID.fullmatch(name):
        raise ModelMissing(f"There is no model folder at {name}.")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        snapshot = Path(snapshot_download(name, local_files_only=True))
    except LocalEntryNotFoundError as error:
        raise ModelMissing(
            f"The model {name} is not in this machine's cache.",
            next_step="Set ALLOW_MODEL_DOWNLOAD=1 for the worker once, or name a folder in MODEL.",
        ) from error
    return snapshot, snapshot.name


def downloads_allowed() -> bool:
    return os.environ.get("ALLOW_MODEL_DOWNLOAD") == "1"


def fetch(name: str, patterns: list[str]) -> None:
    """Brings a hub model into the local cache: its safetensors and its configs, nothing else. Asks the network."""
    if name in BUILT_IN or Path(name).expanduser().is_dir() or not HUB_ID.fullmatch(name):
        return
    from huggingface_hub import snapshot_download

    try:
        snapshot_download(name, allow_patterns=patterns, ignore_patterns=HUB_LEAVE_OUT)
    except (OSError, ValueError) as error:
        raise ModelMissing(f"The model {name} could not be fetched: {error}") from error
    card.cache_clear()


def import_libraries(name: str) -> None:
    """Import what `load` of this model needs, and load no weights.

    A worker's parent does this once; its children, also one that follows a killed one, are forked with it.
    """
    _painter_of(card(name).kind)


def _open(found: ModelCard, path: Path, device: str) -> Pipeline:
    folder.check(path)
    _quieten()
    try:
        return _painter_of(found.kind)(found, path, device)
    except GenerationError:
        raise
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelRejected(f"The model {found.name} cannot be loaded: {error}") from error


def _painter_of(kind: Kind) -> Callable[[ModelCard, Path, str], Pipeline]:
    if kind == "painter":
        from generation.pipelines.painter import Painter

        return Painter
    if kind == "unclip":
        from generation.pipelines.unclip import Unclip

        return Unclip
    if kind == "unclip-variation":
        from generation.pipelines.unclip import UnclipVariation

        return UnclipVariation
    from generation.pipelines.auto import Auto

    return Auto


def _quieten() -> None:
    """A worker's log is no place for progress bars."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    loggers: tuple[Any, ...] = (diffusers_logging, transformers_logging)  # untyped
    for logger in loggers:
        logger.disable_progress_bar()
