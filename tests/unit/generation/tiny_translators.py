"""Real MarianMT and NLLB models on tiny seeded weights: safetensors and a tokenizer.json."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (  # fmt: skip
    M2M100Config,
    M2M100ForConditionalGeneration,
    MarianConfig,
    MarianMTModel,
    NllbTokenizer,
    PreTrainedTokenizerFast,
)

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
WORDS = ["▁고양이", "▁모자", "를", "▁쓴", "▁a", "▁cat", "▁hat", "▁red", "▁lake", "▁snow", ","]
SIZES = {
    "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "max_position_embeddings": 64,
    "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "init_std": 0.5,
}  # fmt: skip


def save_marian(path: Path) -> Path:
    torch.manual_seed(1)
    vocabulary = {word: place for place, word in enumerate(SPECIAL + WORDS)}
    config = MarianConfig(vocab_size=len(vocabulary), decoder_start_token_id=1, forced_eos_token_id=None, **SIZES)
    _save(MarianMTModel(config), path)
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Metaspace()
    words.decoder = decoders.Metaspace()
    words.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=64
    ).save_pretrained(path)
    return path


def save_nllb(path: Path) -> Path:
    torch.manual_seed(2)
    vocabulary = {word: place for place, word in enumerate(SPECIAL + WORDS)}
    tokenizer = NllbTokenizer(vocab=vocabulary, merges=[], src_lang="kor_Hang", tgt_lang="eng_Latn")
    tokenizer.save_pretrained(path)
    config = M2M100Config(vocab_size=len(tokenizer), decoder_start_token_id=2, **SIZES)
    _save(M2M100ForConditionalGeneration(config), path, tokenizer.convert_tokens_to_ids("eng_Latn"))
    return path


def _save(model: Any, path: Path, first: int = 2) -> None:
    """Without training they would end at once: let them say three words, and no marks."""
    words = range(len(SPECIAL), len(SPECIAL + WORDS))
    model.generation_config.update(
        min_new_tokens=4, suppress_tokens=[n for n in range(model.config.vocab_size) if n not in {2, first, *words}]
    )
    model.save_pretrained(path)
