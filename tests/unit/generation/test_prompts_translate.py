"""Korean prompts in English: order of words, what is kept, what is left out, and how much comes through."""

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.prompts import dictionary
from generation.prompts.translate import TRANSLATOR, Translation, to_english


@pytest.mark.parametrize(
    ("korean", "english"),
    [
        ("노을 지는 바닷가의 등대", "a lighthouse on the beach at sunset"),
        ("모자를 쓴 고양이", "a cat wearing a hat"),
        ("모자를 쓰고 있는 고양이", "a cat wearing a hat"),
        ("밤의 도시, 수묵화", "a city at night, ink wash painting"),
        ("파란 배경의 빨간 사과", "a red apple on a blue background"),
        ("눈 덮인 산과 호수, 유화", "snowy mountains and a lake, oil painting"),
        ("고양이가 창가에 앉아 있다", "a cat sitting by the window"),
        ("하늘을 날아가는 붉은 용", "a red dragon flying in the sky"),
        ("하늘을 나는 배", "a ship flying in the sky"),
        ("숲속 작은 오두막", "a small cabin in the forest"),
        ("달빛 아래 춤추는 소녀", "a girl dancing under the moonlight"),
        ("춤추는 소녀", "a dancing girl"),
        ("머리가 긴 마법사와 검은 고양이", "a wizard with long hair and a black cat"),
        ("빨간 지붕의 하얀 집", "a white house with a red roof"),
        ("유리로 만든 성", "a castle made of glass"),
        ("사막을 건너는 낙타 세 마리", "three camels crossing a desert"),
        ("세 명의 기사", "three knights"),
        ("아이들이 공원에서 축구하는 장면", "children playing soccer in the park"),
        ("기사와 용이 싸우는 모습", "a knight and a dragon fighting"),
        ("호수가 있는 마을", "a village with a lake"),
        ("사이버펑크 스타일의 서울", "Seoul, cyberpunk style"),
        ("바람에 흔들리는 보리밭, 반 고흐 풍", "a barley field swaying in the wind, in the style of Van Gogh"),
        ("바다를 그린 유화", "oil painting of the sea"),
        ("산 위의 성을 그려줘", "a castle on a mountain"),
        ("새벽", "at dawn"),
    ],
)
def test_korean_is_said_in_english_order_when_translated(korean: str, english: str) -> None:
    assert to_english(korean) == Translation(korean, english, TRANSLATOR, ())


def test_english_is_returned_as_it_came_when_there_is_no_hangul() -> None:
    text = "a lighthouse,  at SUNSET\n(masterpiece:1.2)"
    assert to_english(text) == Translation(text, text, "", ())


def test_english_words_and_phrases_pass_through_when_they_stand_in_korean_text() -> None:
    assert to_english("cyberpunk 도시, neon lights, 8k").english == "a cyberpunk city, neon lights, 8k"


def test_unknown_words_are_named_and_left_out_when_the_dictionary_lacks_them() -> None:
    done = to_english("뷁뛟 옆의 고양이")
    assert "cat" in done.english
    assert done.unknown
    assert not re.search("[가-힣]", done.english)


def test_nothing_is_said_when_no_word_is_known() -> None:
    done = to_english("뷁뛟")
    assert done.english == ""
    assert "뷁뛟" in "".join(done.unknown)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(dictionary.load())) | st.text(max_size=6), max_size=8),
    st.sampled_from(" ,의를이에"),
)
def test_translation_ends_without_hangul_and_twice_the_same_when_given_anything(words: list[str], glue: str) -> None:
    text = f"{glue} ".join(words)
    done = to_english(text)
    assert done == to_english(text)
    assert done.original == text
    assert not re.search("[가-힣]", done.english)


def test_kiwi_stays_unloaded_when_only_english_was_seen() -> None:
    code = (
        "import sys; from generation.prompts import translate; translate.to_english('a cat');"
        "sys.exit(any(name in sys.modules for name in ('kiwipiepy', 'torch', 'django')))"
    )
    assert subprocess.run([sys.executable, "-W", "error", "-c", code], check=False).returncode == 0


def test_words_are_said_behind_the_sentence_when_the_order_loses_them() -> None:
    done = to_english("양복을 입은 사람들이 우산을 들고 하늘에서 비처럼 내려오는 마그리트풍 그림")
    assert all(word in done.english for word in ("Magritte", "suit", "people", "umbrella", "sky", "rain"))
