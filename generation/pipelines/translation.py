"""MarianMT and NLLB checkpoints as translators of prompts, through transformers, by folder or hub id.

Refuses what `folder` refuses in models (pickled weights, code of its own, Python files) and every architecture but
these two. Reads the local cache alone unless ALLOW_MODEL_DOWNLOAD=1. Runs on the CPU in float32 with beams and
without sampling, so that the same prompt comes out the same.

Marian: Junczys-Dowmunt et al. 2018, arXiv:1804.00344; NLLB: arXiv:2207.04672. `Helsinki-NLP/opus-mt-ko-en` and
`facebook/nllb-200-distilled-600M` (CC BY-NC: mind its licence) are of these kinds.
"""

import re
import threading
from pathlib import Path
from typing import Any

from generation.errors import ModelRejected
from generation.pipelines import folder, registry
from generation.prompts.language import is_hangul
from generation.prompts.translate import Translation

KINDS = {"marian": "MarianMT", "m2m_100": "NLLB"}
"""`model_type` of the checkpoints that are taken; NLLB is an M2M-100 with other languages."""
NLLB_KOREAN, NLLB_ENGLISH = "kor_Hang", "eng_Latn"
HUB_PATTERNS = ["*.json", "*.safetensors", "*.txt", "*.model", "*.spm"]
SAFE: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
BEAMS = 4
MAX_TOKENS = 256
_PARTS = re.compile(r"([,，、;；\n]+|(?<=[.!?。])\s+)")


class Checkpoint:
    """One loaded checkpoint. One thread at a time is let into it."""

    def __init__(self, name: str, model: Any, tokenizer: Any, generate: dict[str, Any]) -> None:
        self.name = name
        self._model, self._tokenizer, self._generate = model, tokenizer, generate
        self._lock = threading.Lock()

    @classmethod
    def open(cls, name: str) -> "Checkpoint":
        """ModelMissing where it is not on this machine, ModelRejected where it must not or cannot be run."""
        if registry.downloads_allowed():
            registry.fetch(name, HUB_PATTERNS)
        path, revision = registry.locate(name)
        folder.check_parts(path)
        kind = str(folder.config(path, ".").get("model_type", ""))
        if kind not in KINDS:
            raise ModelRejected(
                f"{Path(name).name} is a {kind or 'nameless'} model; translators are MarianMT or NLLB.",
                next_step="Name a MarianMT or NLLB checkpoint in TRANSLATOR, or leave it empty.",
            )
        import torch
        from transformers import AutoModelForSeq2SeqLM

        try:
            tokenizer = _tokenizer(path, kind)
            model: Any = AutoModelForSeq2SeqLM.from_pretrained(
                str(path), use_safetensors=True, dtype=torch.float32, **SAFE
            )
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise ModelRejected(f"The translator {Path(name).name} cannot be loaded: {error}") from error
        most = min(MAX_TOKENS, getattr(model.config, "max_position_embeddings", MAX_TOKENS) - 2)
        generate: dict[str, Any] = {"num_beams": BEAMS, "do_sample": False, "max_new_tokens": most}
        if kind == "m2m_100":
            generate["forced_bos_token_id"] = tokenizer.convert_tokens_to_ids(NLLB_ENGLISH)
        digest = folder.weights_sha256(path)[:12]
        return cls(f"{KINDS[kind]} {Path(name).name}@{revision[:12]} {digest}", model.eval(), tokenizer, generate)

    def to_english(self, text: str) -> Translation:
        """Phrase by phrase, so that commas keep their places and English phrases pass through untouched."""
        if not any(map(is_hangul, text)):
            return Translation(text, text, "")
        said = [self._say(part) if any(map(is_hangul, part)) else part for part in _PARTS.split(text)]
        return Translation(text, " ".join("".join(said).split()), self.name)

    def _say(self, korean: str) -> str:
        import torch

        lead = " " if korean[:1].isspace() else ""
        with self._lock, torch.inference_mode():
            given = self._tokenizer(
                korean.strip(), return_tensors="pt", truncation=True, max_length=self._generate["max_new_tokens"]
            )
            out = self._model.generate(**given, **self._generate)
        english = str(self._tokenizer.batch_decode(out, skip_special_tokens=True)[0]).strip()
        return lead + english.rstrip(".")


def _tokenizer(path: Path, kind: str) -> Any:
    """The tokenizer of the folder; Marian's own class needs the package sentencepiece, a tokenizer.json does not."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    classes: tuple[Any, Any] = (AutoTokenizer, PreTrainedTokenizerFast)  # untyped
    if kind == "m2m_100":
        return classes[0].from_pretrained(str(path), src_lang=NLLB_KOREAN, **SAFE)
    fast = (path / "tokenizer.json").is_file()
    try:
        return classes[fast].from_pretrained(str(path), **SAFE)
    except ImportError as error:
        raise ModelRejected(
            f"{path.name} keeps its words as sentencepiece models, and the package that reads them is missing.",
            next_step="Install sentencepiece, or save the tokenizer as tokenizer.json.",
        ) from error
