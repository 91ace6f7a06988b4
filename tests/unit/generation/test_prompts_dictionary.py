"""The committed dictionary: what it holds, and that it is what its source says."""

import json
import re

from generation.prompts import dictionary


def test_art_words_are_all_in_the_dictionary_when_it_was_built_from_them() -> None:
    words = dictionary.load()
    stale = [korean for korean, entry in dictionary.art_words().items() if words.get(korean) != entry]
    assert stale == []
    assert len(dictionary.art_words()) >= 700


def test_dictionary_names_its_source_and_licence_when_opened() -> None:
    about = json.loads(dictionary.WORDS.read_text(encoding="utf-8"))["about"]
    assert "emojibase-data" in about
    assert "MIT" in about
    assert "Miles Johnson" in about


def test_every_word_can_be_said_when_looked_up() -> None:
    for korean, entry in dictionary.load().items():
        assert not re.search("[가-힣]", entry.english + entry.where), korean
        assert entry.english or entry.kind in ("drop", "style", "verb", "modifier"), korean
        assert entry.where or entry.kind not in ("place", "time"), korean


def test_no_word_is_written_twice_when_the_hand_written_list_is_read() -> None:
    lines = [line for line in dictionary.ART_WORDS.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    assert len(lines) == len(dictionary.art_words())


def test_build_pairs_labels_and_lets_our_words_win_when_emoji_data_is_given(tmp_path) -> None:
    for folder, names in (
        ("ko", ["등대", "우리만의 것", "깃발", "팔"]),
        ("en", ["beacon", "a thing", "flag", "arm: dark"]),
    ):
        (tmp_path / folder).mkdir()
        rows = [
            {"hexcode": str(number), "label": name, "group": 9 if number == 2 else 4}
            for number, name in enumerate(names)
        ]
        (tmp_path / folder / "data.json").write_text(json.dumps(rows), encoding="utf-8")
    assert dictionary.emoji_words(tmp_path).keys() == {"등대", "우리만의것"}
    built = json.loads(dictionary.build(tmp_path))["words"]
    assert built["등대"] == ["lighthouse", "noun"]
    assert built["우리만의것"] == ["a thing", "noun"]


def test_main_says_what_to_install_when_emoji_data_is_missing(tmp_path, capsys) -> None:
    assert dictionary.main([str(tmp_path)]) == 1
    assert "install the npm package" in capsys.readouterr().err
