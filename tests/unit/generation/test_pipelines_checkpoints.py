"""Checkpoints of other shapes, by folder: Stable Diffusion through `auto`, Karlo's layout through `unclip`."""

from dataclasses import replace
from pathlib import Path

import pytest

from generation.errors import LimitExceeded, PaintCancelled
from generation.pipelines import registry
from generation.pipelines.base import PaintRequest, Pipeline
from generation.pipelines.unclip import SUPER_RES_STEPS
from tests.unit.generation import tiny_models


def request(side_px: int, seed: int = 1) -> PaintRequest:
    return PaintRequest(
        prompt="a cat",
        negative_prompt="",
        seed=seed,
        width_px=side_px,
        height_px=side_px,
        steps=3,
        guidance_scale=2.0,
    )


@pytest.fixture(scope="module")
def stable_diffusion(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = tiny_models.save_stable_diffusion(tmp_path_factory.mktemp("models") / "stable-diffusion")
    return registry.load(str(folder), threads=1)


@pytest.fixture(scope="module")
def karlo(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = tiny_models.save_unclip(tmp_path_factory.mktemp("models") / "karlo")
    return registry.load(str(folder), threads=1)


def check_independence(pipeline: Pipeline, side_px: int) -> None:
    together = pipeline.paint([request(side_px, 1), request(side_px, 2)], lambda step, steps_total: None)
    alone = pipeline.paint([request(side_px, 2)], lambda step, steps_total: None)
    assert together[1].tobytes() == alone[0].tobytes()
    assert together[0].tobytes() != together[1].tobytes()
    assert {image.size for image in together} == {(side_px, side_px)}


def check_cancelling(pipeline: Pipeline, side_px: int, at: int) -> None:
    seen: list[int] = []

    def cancel(step: int, steps_total: int) -> None:
        seen.append(step)
        if step == at:
            raise PaintCancelled

    with pytest.raises(PaintCancelled):
        pipeline.paint([request(side_px)], cancel)
    assert seen == list(range(1, at + 1))


def test_stable_diffusion_picture_is_the_same_when_painted_alone_or_in_a_batch(
    stable_diffusion: Pipeline,
) -> None:
    assert stable_diffusion.card.kind == "auto"
    check_independence(stable_diffusion, stable_diffusion.card.native_px)


def test_stable_diffusion_stops_at_once_when_callback_cancels(stable_diffusion: Pipeline) -> None:
    check_cancelling(stable_diffusion, 16, at=2)


def test_stable_diffusion_counts_steps_over_the_batch_when_painting_two(stable_diffusion: Pipeline) -> None:
    seen: list[tuple[int, int]] = []
    stable_diffusion.paint([request(16), request(16)], lambda *step: seen.append(step))
    assert seen == [(step, 6) for step in range(1, 7)]


def test_stable_diffusion_heeds_negative_prompt_when_given(stable_diffusion: Pipeline) -> None:
    plain, negative = stable_diffusion.paint(
        [request(16), replace(request(16), negative_prompt="a dog")], lambda step, steps_total: None
    )
    assert plain.tobytes() != negative.tobytes()


def test_karlo_picture_is_the_same_when_painted_alone_or_in_a_batch(karlo: Pipeline) -> None:
    assert karlo.card.kind == "unclip"
    check_independence(karlo, karlo.card.native_px)


def test_karlo_counts_steps_of_all_networks_when_painting(karlo: Pipeline) -> None:
    seen: list[tuple[int, int]] = []
    karlo.paint([request(32)], lambda *step: seen.append(step))
    steps_total = 3 + 3 + SUPER_RES_STEPS
    assert seen == [(step, steps_total) for step in range(1, steps_total + 1)]


def test_karlo_stops_at_once_when_callback_cancels_in_the_decoder(karlo: Pipeline) -> None:
    check_cancelling(karlo, 32, at=5)


def test_karlo_refuses_request_when_negative_prompt_is_given(karlo: Pipeline) -> None:
    with pytest.raises(LimitExceeded, match="takes no negative prompt"):
        karlo.paint([replace(request(32), negative_prompt="dogs")], lambda step, steps_total: None)
    assert Path(karlo.card.name).name == karlo.card.title_en == "karlo"
