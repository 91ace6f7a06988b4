"""Checkpoints of other shapes, by folder: Stable Diffusion through `auto`, Karlo's layout through `unclip`."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from generation.errors import CannotDo, LimitExceeded, PaintCancelled
from generation.pipelines import cards, registry
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
    seeds = [1, 2, 3, 2**32 - 1, 5, 6, 7, 0]
    together = pipeline.paint([request(side_px, seed) for seed in seeds], lambda step, steps_total: None)
    for place in (1, 3, 7):
        [alone] = pipeline.paint([request(side_px, seeds[place])], lambda step, steps_total: None)
        assert together[place].tobytes() == alone.tobytes()
    assert len({image.tobytes() for image in together}) == 8
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


def test_karlos_sister_varies_a_picture_without_words(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tiny_models.save_unclip_variation(tmp_path_factory.mktemp("models") / "karlo-image-variations")
    sister = registry.load(str(folder), threads=1)
    assert registry.variation_card(str(folder.with_name("karlo"))) == sister.card
    assert registry.variation_card(str(folder)) is None
    assert sister.card.operations == ("variation",)
    asked = [
        replace(request(32, seed), prompt="", image=Image.new("RGB", (32, 32), colour))
        for seed, colour in ((1, "red"), (1, "blue"), (2, "red"), (1, "red"))
    ]
    seen: list[tuple[int, int]] = []
    red, blue, other, again = sister.paint(asked, lambda *step: seen.append(step))
    assert red.tobytes() == again.tobytes()
    assert len({red.tobytes(), blue.tobytes(), other.tobytes()}) == 3
    assert seen[-1] == (4 * (3 + SUPER_RES_STEPS),) * 2
    with pytest.raises(CannotDo, match="It can: variation"):
        sister.paint([request(32)], lambda step, steps_total: None)


def test_karlo_paints_as_before_when_it_has_held_a_picture(karlo: Pipeline) -> None:
    def paint(asked: PaintRequest) -> bytes:
        return karlo.paint([asked], lambda step, steps_total: None)[0].tobytes()

    before = paint(request(32))
    grey = Image.new("RGB", (32, 32), "grey")
    assert paint(replace(request(32), image=grey, strength=0.5)) != before
    assert paint(replace(request(32), image=grey, mask=Image.new("L", (32, 32), 255))) != b""
    assert paint(request(32)) == before


def test_card_says_of_each_family_what_diffusers_can_do() -> None:
    from diffusers.pipelines import auto_pipeline as auto

    both = set(auto.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING) & set(auto.AUTO_INPAINT_PIPELINES_MAPPING)
    for name, found in auto.AUTO_TEXT2IMAGE_PIPELINES_MAPPING.items():
        can = cards.auto_operations(found.__name__)
        if len(can) > 1:
            assert name in both
    for name in ("stable-diffusion", "stable-diffusion-xl", "flux", "qwenimage"):
        found = auto.AUTO_TEXT2IMAGE_PIPELINES_MAPPING[name]
        assert "inpaint" in cards.auto_operations(found.__name__)


def test_karlo_refuses_request_when_negative_prompt_is_given(karlo: Pipeline) -> None:
    with pytest.raises(LimitExceeded, match="takes no negative prompt"):
        karlo.paint([replace(request(32), negative_prompt="dogs")], lambda step, steps_total: None)
    assert Path(karlo.card.name).name == karlo.card.title_en == "karlo"


def test_pictures_share_a_forward_pass_when_that_is_asked_for_and_each_can_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GPU. Products over a batch may round differently: a pixel may differ by one of 255."""
    monkeypatch.setenv("BATCH_PICTURES", "4")
    pipeline = registry.load(str(tiny_models.save_stable_diffusion(tmp_path / "batched")), threads=1)
    side_px = pipeline.card.native_px
    asked = [request(side_px, seed) for seed in (1, 2, 3)]
    seen: list[tuple[int, int]] = []
    looked: list[list[Image.Image | None]] = []
    together = pipeline.paint(
        asked, lambda *step: seen.append(step), lambda step, look: looked.append(look()) if step == 2 else None
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]
    for one, picture in zip(asked, together, strict=True):
        [alone] = pipeline.paint([one], lambda step, steps_total: None)
        assert max(high for _, high in ImageChops.difference(alone, picture).getextrema()) <= 1
    assert [picture is not None for picture in looked[0]] == [True, True, True]
    assert len({picture.tobytes() for picture in looked[0] if picture}) == 3


def test_karlo_can_be_looked_at_from_its_decoder_on(karlo: Pipeline) -> None:
    looked: list[tuple[int, tuple[int, int]]] = []

    def look_at(step: int, look: Any) -> None:
        [picture] = look()
        looked.append((step, picture.size))

    karlo.paint([request(karlo.card.native_px)], lambda step, steps_total: None, look_at)
    assert looked == [(4, (16, 16)), (5, (16, 16)), (6, (16, 16))]
