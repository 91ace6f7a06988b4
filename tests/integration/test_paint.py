import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image


def paint(prompt: str, out: Path, seed: int = 7) -> dict[str, object]:
    said = StringIO()
    call_command("paint", prompt, seed=seed, out=out, stdout=said, stderr=StringIO())
    return dict(json.loads(said.getvalue()))


def test_paint_writes_the_same_bytes_when_the_seed_is_the_same(tmp_path: Path) -> None:
    one, other, third = (tmp_path / f"{name}.png" for name in "abc")
    recipe = paint("노을 지는 바다, 유화", one)
    paint("노을 지는 바다, 유화", other)
    paint("노을 지는 바다, 유화", third, seed=8)
    assert one.read_bytes() == other.read_bytes() != third.read_bytes()
    assert "sunset" in str(recipe["prompt"])
    with Image.open(one) as picture:
        assert picture.size == (1024, 1024)


@pytest.mark.parametrize(
    ("prompt", "name", "seed", "says"),
    [("", "a.png", 1, "empty"), ("x" * 2001, "a.png", 1, "2,001"), ("a\0b", "a.png", 1, "NUL"),
     ("a cat", "a.jpg", 1, ".png"), ("a cat", "a.png", -1, "seed")],
)  # fmt: skip
def test_paint_refuses_with_a_sentence_when_asked_badly(
    tmp_path: Path, prompt: str, name: str, seed: int, says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        paint(prompt, tmp_path / name, seed)
    assert not list(tmp_path.iterdir())
