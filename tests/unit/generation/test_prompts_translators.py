"""Translators by name: the built-in one, MarianMT and NLLB on tiny weights, and what is refused."""

import re
from pathlib import Path

import pytest

from generation.errors import ModelMissing, ModelRejected
from generation.pipelines.translation import Checkpoint
from generation.prompts import evaluation, translators
from tests.unit.generation import tiny_translators

TEXT = "모자를 쓴 고양이, oil painting"


@pytest.mark.parametrize(
    ("save", "kind"), [(tiny_translators.save_marian, "MarianMT"), (tiny_translators.save_nllb, "NLLB")]
)
def test_checkpoint_translates_phrase_by_phrase_and_is_named_with_its_digest(save, kind: str, tmp_path: Path) -> None:
    translator = translators.load(str(save(tmp_path / "tiny-ko-en")))
    done = translator.to_english(TEXT)
    assert done.original == TEXT
    assert done.english.endswith(", oil painting")
    assert done.english != ", oil painting"
    assert re.fullmatch(rf"{kind} tiny-ko-en@local [0-9a-f]{{12}}", done.translator)
    assert translator.to_english(TEXT) == done
    assert translator.to_english("a cat").translator == ""


def test_checkpoint_says_its_target_language_first_when_it_is_nllb(tmp_path: Path) -> None:
    made = Checkpoint.open(str(tiny_translators.save_nllb(tmp_path / "nllb")))
    assert made._tokenizer.convert_ids_to_tokens(made._generate["forced_bos_token_id"]) == "eng_Latn"
    assert made._tokenizer("고양이").input_ids[0] == made._tokenizer.convert_tokens_to_ids("kor_Hang")


def test_checkpoint_is_refused_when_its_weights_are_pickled(tmp_path: Path) -> None:
    path = tiny_translators.save_marian(tmp_path / "pickled")
    (path / "model.safetensors").rename(path / "pytorch_model.bin")
    with pytest.raises(ModelRejected, match="not safetensors"):
        Checkpoint.open(str(path))


def test_checkpoint_is_refused_when_it_brings_code(tmp_path: Path) -> None:
    path = tiny_translators.save_marian(tmp_path / "code")
    (path / "modeling.py").write_text("print('run')")
    with pytest.raises(ModelRejected, match="brings code"):
        Checkpoint.open(str(path))


def test_checkpoint_is_refused_when_it_is_no_translator(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(ModelRejected, match="gpt2"):
        Checkpoint.open(str(tmp_path))


def test_checkpoint_is_missing_when_there_is_no_such_folder() -> None:
    with pytest.raises(ModelMissing):
        Checkpoint.open("./nowhere")


@pytest.mark.parametrize(("part", "rows", "least"), [("development", 150, 0.93), ("held-out", 150, 0.85)])
def test_content_words_come_out_when_the_evaluation_prompts_are_translated(part, rows: int, least: float) -> None:
    assert len(evaluation.rows(part)) == rows
    done = evaluation.score(part, lambda text: translators.load().to_english(text).english)
    assert done.share >= least, f"{done.found} of {done.asked}"


def test_evaluation_counts_a_word_as_missing_when_no_rendering_of_it_is_said() -> None:
    content = (("dog", "puppy"), ("oil_painting",), ("leaf", "leaves"))
    assert evaluation.missing("Two dogs, an oil painting of leaves", content) == ()
    assert evaluation.missing("a cat in oil, painting", content) == ("dog/puppy", "leaf/leaves")
    assert evaluation.missing("", content) == ("dog/puppy", "oil_painting", "leaf/leaves")
