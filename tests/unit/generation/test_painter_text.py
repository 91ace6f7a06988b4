from pathlib import Path

import pytest

from generation.errors import ModelMissing, ModelRejected
from generation.painter import text


def test_text_encoder_is_accepted_when_its_weights_are_the_pinned_ones() -> None:
    text.verify(text.folder() / text.WEIGHTS)


def test_text_encoder_is_rejected_when_one_byte_differs(tmp_path: Path) -> None:
    altered = bytearray((text.folder() / text.WEIGHTS).read_bytes())
    altered[-1] ^= 1
    (tmp_path / text.WEIGHTS).write_bytes(altered)
    with pytest.raises(ModelRejected, match=text.WEIGHTS_SHA256):
        text.load(tmp_path)


def test_text_encoder_is_missing_when_folder_is_empty(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        text.load(tmp_path)
