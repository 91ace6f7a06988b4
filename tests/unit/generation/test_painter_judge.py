"""The figures, on pictures whose answer is known."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from generation.painter.data import captions, compositions, table
from generation.painter.data.compositions import Composition
from generation.painter.evaluation import judge, scorer, sheet
from generation.painter.learning.lessons import Words
from generation.prompts.translate import to_english


def row(number: int, composition: Composition) -> table.Row:
    parts = {name: getattr(composition, name) for name in Composition.__dataclass_fields__}
    return table.Row(number, number, "", 64, 64, "", "", composition=parts)


def test_distance_is_nothing_to_itself_and_grows_when_one_side_moves() -> None:
    one = torch.randn(400, 8, generator=torch.Generator().manual_seed(0))
    assert judge.distance(one, one) == pytest.approx(0, abs=1e-6)
    assert judge.distance(one, one + 1) == pytest.approx(8, rel=1e-3)
    assert judge.distance(one, one * 2) > 1


def test_labels_leave_out_what_nobody_asked_for() -> None:
    found = scorer.labels([
        row(0, Composition("fox", "blue", ground="red", style="oil")),
        row(1, Composition(place="space")),
        row(2, Composition(abstract="geometric", paint="red", ground="blue")),
    ])  # fmt: skip
    assert [int(number) for number in found["subject"] > 0] == [1, 0, 0]
    assert [int(number) for number in found["place"] > 0] == [0, 1, 0]
    assert found["time"].tolist() == [0, 0, 0]  # space has no hour, a ground neither
    assert found["ground"][2] == found["paint"][2] == 0
    assert scorer.PARTS["style"][int(found["style"][0])] == "oil"


def test_judge_learns_a_few_pictures_and_marks_them_right() -> None:
    torch.manual_seed(0)
    colours = ("red", "green", "blue", "white")
    rows = [row(i, Composition("fox", ground=colour)) for i, colour in enumerate(colours)]
    pictures = np.stack([
        np.broadcast_to(np.array(compositions.palette.COLOURS[colour], np.uint8), (64, 64, 3)) for colour in colours
    ])  # fmt: skip
    rng = np.random.default_rng(0)
    known = Words(rng.normal(size=(4, 3, 384)).astype(np.float16), np.array([3, 3, 3, 3]))
    network = scorer.PainterScorer(widths=(16, 16, 16), features=24)
    loss = scorer.lesson(table.Table(rows, pictures), known, 4)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for step in range(60):
        optimiser.zero_grad()
        loss(network, torch.Generator().manual_seed(step)).backward()
        optimiser.step()
    figures = judge.judge(network.eval(), pictures, rows, known, pictures)
    assert figures["ground"] == figures["subject"] == 1
    assert figures["distance"] == pytest.approx(0, abs=1e-3)
    wrong = judge.judge(network, pictures[::-1], rows, known, pictures)
    assert wrong["ground"] == 0
    assert wrong["retrieval among 100"] < figures["retrieval among 100"]


def test_sheet_has_sixty_four_prompts_in_both_languages() -> None:
    english, korean = sheet.prompts(), sheet.prompts("ko")
    assert len(english) == len(set(english)) == len(korean) == 64


def test_korean_prompt_reads_as_a_caption_that_the_painter_learned_for_its_composition() -> None:
    """The same words paint the same picture, so a pair that reads the same is a pair that looks the same.

    What is left over: 별 is one star or many.
    """
    rng = np.random.default_rng(5)
    drawn = [compositions.draw(rng, held_back=bool(i % 2)) for i in range(200)]
    other = []
    for composition in drawn:
        learned = {captions.english(composition, np.random.default_rng(seed)) for seed in range(30)}
        read = to_english(captions.korean(composition)).english
        if read not in learned | {captions.english(composition)}:
            other.append(read)
    assert len(other) <= 4, other
    assert all("stars" in read for read in other)


def test_sheet_shows_every_picture_with_its_words() -> None:
    drawn = sheet.draw(np.zeros((10, 64, 64, 3), np.uint8), ["a very long caption about a fox in the snow"] * 10)
    assert drawn.size == (8 * 128, 2 * (128 + 24))


def test_curve_is_drawn_from_logs_and_leaves_out_what_is_missing(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps({"pictures": i * 32, "loss": 2 / i}) + "\n" for i in range(1, 9)))
    drawn = sheet.curve({"transformer": log, "none": tmp_path / "missing.jsonl"})
    assert len(drawn.getcolors(100_000)) > 3
