"""Which language a prompt is in."""

import pytest

from generation.prompts import language


@pytest.mark.parametrize("text", ["노을 지는 바닷가", "cyberpunk 스타일의 서울", "고양이!", "ㅋㅋ"])
def test_language_is_korean_when_a_tenth_of_the_letters_is_hangul(text: str) -> None:
    assert language.detect(text) == "ko"


@pytest.mark.parametrize("text", ["a lighthouse at sunset", "", "1234 !?", "海辺の灯台", "a" * 100 + "가"])
def test_language_is_english_when_hangul_is_absent_or_an_accident(text: str) -> None:
    assert language.detect(text) == "en"
