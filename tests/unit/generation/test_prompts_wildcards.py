"""Wildcards and weights: what a line stands for, counted before it is written out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.errors import LimitExceeded
from generation.prompts import presets, weights, wildcards


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a boat", ["a boat"]),
        ("a {red|blue} boat", ["a red boat", "a blue boat"]),
        ("a {|old }house", ["a house", "a old house"]),
        ("{a {big|small} cat|dogs}", ["a big cat", "a small cat", "dogs"]),
        ("{파란|빨간} {배|집}", ["파란 배", "파란 집", "빨간 배", "빨간 집"]),
        ("a | b", ["a | b"]),
    ],
)
def test_wildcards_are_written_out_in_reading_order(text: str, lines: list[str]) -> None:
    assert wildcards.combinations(text, 10) == lines
    assert wildcards.count(text) == len(lines)


def test_wildcard_lists_are_counted_in_both_languages_when_named() -> None:
    animals = wildcards.words("animal")
    assert wildcards.count("{a|b} __animal__") == 2 * len(animals)
    assert wildcards.combinations("__animal__", 99) == list(animals)
    for name in wildcards.names():
        assert len(wildcards.words(name)) == len(set(wildcards.words(name))) >= 4, name
        assert not any(wildcards.has_any(word) for word in wildcards.words(name))
        assert name.endswith("_ko") or f"{name}_ko" in wildcards.names()


@pytest.mark.parametrize("text", ["{a|b", "a}", "{{{{{{a}}}}}}", "__nosuchlist__"])
def test_wildcards_are_refused_with_the_reason_when_they_are_unclear(text: str) -> None:
    with pytest.raises(LimitExceeded) as refused:
        wildcards.count(text)
    assert (refused.value.code, bool(refused.value.next_step)) == ("wildcard", True)


def test_wildcards_name_their_number_and_write_nothing_out_when_there_are_too_many() -> None:
    text = "{a|b|c|d|e|f|g|h|i|j}" * 60
    assert wildcards.count(text) == 10**60
    with pytest.raises(LimitExceeded, match="1,000,000"):
        wildcards.combinations(text, 36)


@given(st.text(alphabet="{|}_a 가", max_size=30))
def test_count_is_the_number_of_lines_when_a_text_is_understood(text: str) -> None:
    try:
        there = wildcards.count(text)
    except LimitExceeded:
        return
    if there <= 200:
        assert len(wildcards.combinations(text, 200)) == there


def test_weights_are_parted_and_stripped_when_they_are_well_formed() -> None:
    text = "a (red scarf:1.3) and (a crowd: 0.5), (plain) 12:30"
    assert [(piece.text, piece.weight) for piece in weights.pieces(text)] == [
        ("a ", 1.0), ("red scarf", 1.3), (" and ", 1.0), ("a crowd", 0.5), (", (plain) 12:30", 1.0),
    ]  # fmt: skip
    assert weights.strip(text) == "a red scarf and a crowd, (plain) 12:30"


@pytest.mark.parametrize("weight", ["0", "9", "0.05"])
def test_weight_is_refused_when_it_is_out_of_bounds(weight: str) -> None:
    with pytest.raises(LimitExceeded, match="between"):
        weights.pieces(f"(cat:{weight})")


def test_weights_are_carried_into_the_translation_when_its_words_are_there() -> None:
    said = weights.carry_over([weights.Piece("red hat", 1.2), weights.Piece("sea", 0.5)], "a cat in a red hat")
    assert said == "a cat in a (red hat:1.2), (sea:0.5)"


def test_presets_have_two_names_and_a_group_and_are_sixty_at_least() -> None:
    library = presets.library()
    assert len(library) >= 60
    assert {preset.group for preset in library.values()} == set(presets.GROUPS)
    for preset in library.values():
        assert preset.name
        assert any("가" <= letter <= "힣" for letter in preset.name_ko)
        assert preset.adds.isascii()
        assert len(presets.by_group()[preset.group]) >= 9


def test_presets_are_refused_when_unknown_or_two_of_a_group() -> None:
    with pytest.raises(LimitExceeded, match="nosuch"):
        presets.choose(["nosuch"])
    with pytest.raises(LimitExceeded, match="each group"):
        presets.choose(["oil-painting", "pencil"])
    assert [p.slug for p in presets.choose(["neon", "pencil"])] == ["pencil", "neon"]
