"""How the painter's networks learn, on networks and tables small enough for a test."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from generation.painter.data import drawings, table
from generation.painter.data.compose import Studio
from generation.painter.data.compositions import Composition
from generation.painter.learning import lessons, stages
from generation.painter.learning.run import LOG, Run
from generation.painter.learning.settings import PLANS, SMALL, Lesson
from generation.painter.patches import PainterPatches
from generation.painter.prior import PainterPrior
from generation.painter.transformer import PainterTransformer2D

SHAPE = {"in_channels": 24, "width": 32, "num_layers": 1, "num_attention_heads": 2, "prediction": "picture"}
PRIOR_SHAPE = {
    "ground_channels": 24, "ground_width": 32, "body_channels": 24, "body_width": 32, "manner_width": 24, "styles": 4,
    "token_width": 16, "num_tokens": 2,
}  # fmt: skip
LESSON = Lesson(steps=6, batch=4, learning_rate=1e-3, warmup_steps=2, save_every=2, log_every=2)


def tiny_words(rows: int) -> lessons.Words:
    rng = np.random.default_rng(0)
    return lessons.Words(rng.normal(size=(rows, 5, 384)).astype(np.float16), rng.integers(2, 6, rows))


def tiny_run(folder: Path, lesson: Lesson = LESSON) -> Run:
    torch.manual_seed(0)
    network = PainterTransformer2D(sample_size=4, **SHAPE)
    latents = torch.randn(12, 24, 4, 4, generator=torch.Generator().manual_seed(1))
    return Run(folder, network, lesson, lessons.flow(latents, tiny_words(12), lesson.batch))


def weights(network: nn.Module) -> list[torch.Tensor]:
    return [tensor.detach().clone() for tensor in network.state_dict().values()]


def pictures(count: int = 16, side: int = 64) -> np.ndarray:
    """Soft blobs of colour: smooth, as pictures are."""
    rng = np.random.default_rng(2)
    small = [Image.fromarray(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8)) for _ in range(count)]
    return np.stack([np.asarray(one.resize((side, side), Image.Resampling.BICUBIC)) for one in small])


@pytest.fixture(scope="module")
def patches() -> PainterPatches:
    torch.manual_seed(0)
    fitted = PainterPatches(latent_channels=24)
    fitted.fit(lessons.to_tensor(pictures(64)))
    return fitted


def test_run_takes_the_same_steps_when_stopped_and_resumed(tmp_path: Path) -> None:
    whole = tiny_run(tmp_path / "whole")
    whole.go()
    tiny_run(tmp_path / "parts").go(until=3)
    resumed = tiny_run(tmp_path / "parts")
    assert resumed.step == 3
    resumed.go()
    for one, other in ((whole.network, resumed.network), (whole.average, resumed.average)):
        assert all(torch.equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


def test_run_is_another_when_its_seed_is(tmp_path: Path) -> None:
    first, second = tiny_run(tmp_path / "1"), tiny_run(tmp_path / "2", dataclasses.replace(LESSON, seed=2))
    assert not all(torch.equal(a, b) for a, b in zip(weights(first.go()), weights(second.go()), strict=True))


def test_learning_rate_rises_stays_and_falls_to_nothing(tmp_path: Path) -> None:
    run = tiny_run(tmp_path, dataclasses.replace(LESSON, steps=10, cooldown=0.5))
    rates = []
    for step in range(11):
        run.step = step
        rates.append(run.rate() / LESSON.learning_rate)
    assert rates[:3] == [0.5, 1, 1]
    assert rates[5:] == pytest.approx([1, 0.8, 0.6, 0.4, 0.2, 0])


def test_log_tells_loss_and_pictures_when_the_run_goes_on(tmp_path: Path) -> None:
    tiny_run(tmp_path).go()
    lines = [json.loads(line) for line in (tmp_path / LOG).read_text("utf-8").splitlines()]
    assert [(line["step"], line["pictures"]) for line in lines] == [(2, 8), (4, 16), (6, 24)]
    assert all(line["loss"] > 0 for line in lines)


def test_loss_falls_when_a_few_pictures_are_learned_by_heart(tmp_path: Path) -> None:
    run = tiny_run(tmp_path, Lesson(steps=80, batch=12, learning_rate=3e-3, warmup_steps=5, log_every=10))
    run.go()
    losses = [json.loads(line)["loss"] for line in (tmp_path / LOG).read_text("utf-8").splitlines()]
    assert losses[-1] < 0.9 * losses[0]


def test_velocity_leads_to_the_predicted_picture_in_one_step() -> None:
    torch.manual_seed(0)
    velocity_of = PainterTransformer2D(sample_size=4, **SHAPE)
    picture_of = PainterTransformer2D(sample_size=4, **(SHAPE | {"prediction": "velocity"}))
    picture_of.load_state_dict(velocity_of.state_dict())
    latents, time = torch.randn(2, 24, 4, 4), torch.tensor([0.9, 0.4])
    states, mask = torch.randn(2, 3, 384), torch.ones(2, 3, dtype=torch.bool)
    with torch.no_grad():
        velocity = velocity_of(latents, time, states, mask)
        picture = picture_of(latents, time, states, mask)
    torch.testing.assert_close(latents - time[:, None, None, None] * velocity, picture, atol=1e-4, rtol=1e-4)


def test_transformer_refuses_a_prediction_that_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="picture"):
        PainterTransformer2D(prediction="noise")


def test_patches_keep_smooth_pictures_and_give_latents_of_unit_variance(patches: PainterPatches) -> None:
    pixels = lessons.to_tensor(pictures(64))
    with torch.no_grad():
        latents = patches.encode(pixels)
        error = (patches.decode(latents) - pixels).square().mean()
    assert latents.shape == (64, 24, 4, 4)
    assert float(latents.var()) == pytest.approx(1, rel=0.1)
    assert float(error) < 1e-3


def test_patches_survive_being_saved_when_loaded_again(patches: PainterPatches, tmp_path: Path) -> None:
    patches.save_pretrained(tmp_path)
    again = PainterPatches.from_pretrained(tmp_path, torch_dtype=torch.float32)
    pixels = lessons.to_tensor(pictures(2))
    with torch.no_grad():
        torch.testing.assert_close(again(pixels), patches(pixels))


def test_prior_learns_a_pictures_ground_body_and_style_by_its_words_and_view(tmp_path: Path) -> None:
    """Two captions in two views each: the ground is light or dark by the view, a body is in the second alone."""
    torch.manual_seed(0)
    studio = Studio(
        drawings.Drawing(subject, source.rendering, np.full((drawings.SHEET_PX, drawings.SHEET_PX, 4), 255, np.uint8))
        for source in drawings.SOURCES
        for subject in drawings.subjects()
    )
    asked = [
        Composition(place="space", view=view, **extra)
        for extra in ({}, {"subject": "fox", "style": "pencil"})
        for view in (0, 1)
    ]
    layers = [studio.layers(one, 64) for one in asked]
    painted = np.stack([studio.style(made_of, one, 64) for made_of, one in zip(layers, asked, strict=True)])
    parts = np.stack([made_of.pixels(64) for made_of in layers])
    states = np.zeros((4, 2, 384), np.float16)
    states[:2, 1, :10], states[2:, 1, 10:20] = 1, 1
    known = lessons.Words(states, np.array([2, 2, 2, 2]))
    prior = PainterPrior(**PRIOR_SHAPE)
    prior.ground_patches.fit(lessons.to_tensor(parts[..., :3]))
    prior.body_patches.fit(stages.to_body(parts[..., 3:]))
    patches = PainterPatches(latent_channels=24)
    patches.fit(lessons.to_tensor(painted))
    views = torch.tensor([one.view for one in asked])
    scenes = lessons.Scenes(
        stages.encoded(patches, painted),
        stages.encoded(prior.ground_patches, parts[..., :3]),
        stages.encoded(prior.body_patches, parts[..., 3:], stages.to_body),
        views,
    )
    wanted = patches.encode(lessons.to_tensor(painted))
    before = (patches.encode(prior(*known.batch(range(4)), views)) - wanted).square().mean()
    lesson = Lesson(steps=150, batch=16, learning_rate=3e-3, warmup_steps=5)
    learned = Run(tmp_path, prior, lesson, lessons.expect(scenes, known, 16, patches)).go()
    with torch.no_grad():
        after = (patches.encode(learned(*known.batch(range(4)), views)) - wanted).square().mean()
    assert after < 0.05 * before


def test_view_hangs_on_the_noise_and_every_view_is_as_likely() -> None:
    prior = PainterPrior(**PRIOR_SHAPE)
    noise = torch.randn(2000, 24, 4, 4, generator=torch.Generator().manual_seed(0))
    found = prior.view_of(noise)
    assert torch.equal(found[:5], prior.view_of(noise[:5]))
    assert torch.bincount(found, minlength=4).tolist() == pytest.approx([500] * 4, rel=0.15)


def test_untrained_manner_leaves_the_scene_as_it_is() -> None:
    prior = PainterPrior(**PRIOR_SHAPE)
    scene = lessons.to_tensor(pictures(2))
    with torch.no_grad():
        torch.testing.assert_close(prior.manner(scene, torch.randn(2, 16 * 3)), scene)


def test_prior_is_refused_a_table_without_layers(tmp_path: Path) -> None:
    table.write(tmp_path / "data" / "train", tiny_studio(), 2, seed=1)
    with pytest.raises(ValueError, match="layers"):
        stages.Workshop(tmp_path / "data", tmp_path / "runs", SMALL).run("prior")


def test_transformer_that_expects_a_picture_wants_one_and_forgets_it_with_the_words() -> None:
    torch.manual_seed(0)
    network = PainterTransformer2D(sample_size=4, **SHAPE, expects=True)
    nn.init.normal_(network.latent_out.weight)
    latents, time, states = torch.randn(1, 24, 4, 4), torch.tensor([0.5]), torch.randn(1, 3, 384)
    given = (latents, time, states, torch.ones(1, 3, dtype=torch.bool))
    with pytest.raises(ValueError, match="prior"):
        network(*given)
    one, other = torch.randn(1, 24, 4, 4), torch.randn(1, 24, 4, 4)
    for drop, same in ((False, False), (True, True)):
        dropped = torch.tensor([drop])
        assert torch.equal(network(*given, dropped, one), network(*given, dropped, other)) == same


def test_untrained_transformer_predicts_the_picture_that_it_expects() -> None:
    torch.manual_seed(0)
    network = PainterTransformer2D(sample_size=4, **SHAPE, expects=True)
    latents, expected, time = torch.randn(1, 24, 4, 4), torch.randn(1, 24, 4, 4), torch.tensor([0.5])
    with torch.no_grad():
        velocity = network(latents, time, torch.randn(1, 3, 384), torch.ones(1, 3).bool(), None, expected)
    torch.testing.assert_close(latents - 0.5 * velocity, expected)


def test_times_are_spread_over_the_whole_way_in_every_batch() -> None:
    found = lessons.times(16, torch.Generator().manual_seed(0))
    assert found.min() < 0.2
    assert found.max() > 0.9
    assert found.diff().min() >= 0


def tiny_studio() -> Studio:
    pixels = np.full((drawings.SHEET_PX, drawings.SHEET_PX, 4), 255, np.uint8)
    return Studio(
        drawings.Drawing(subject, source.rendering, pixels)
        for source in drawings.SOURCES
        for subject in drawings.subjects()
    )


def artists_table(folder: Path) -> Path:
    """What an artist has: pictures in a folder, and a line each."""
    folder.mkdir()
    lines = []
    for i, picture in enumerate(pictures(4, 96)):
        Image.fromarray(picture).save(folder / f"{i}.png")
        lines.append(json.dumps({"image": f"{i}.png", "text": f"a blob number {i}", "aesthetic_score": 5.1}))
    (folder / table.ROWS).write_text("\n".join(lines), "utf-8")
    return folder


def test_artists_own_table_is_read_when_its_pictures_are_files(tmp_path: Path) -> None:
    found = table.read(artists_table(tmp_path / "own"))
    assert found.pictures.shape == (4, 64, 64, 3)
    assert found.texts[2] == "a blob number 2"
    assert found.rows[2].aesthetic_score == 5.1
    assert found.rows[2].nsfw_score is None


def test_fine_tuning_starts_from_the_given_weights_and_changes_them(
    patches: PainterPatches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = tmp_path / "start"
    torch.manual_seed(3)
    network = PainterTransformer2D(sample_size=4, **SHAPE, expects=True)
    network.save_pretrained(start / "transformer")
    PainterPrior(**PRIOR_SHAPE).save_pretrained(start / "prior")
    patches.save_pretrained(start / "autoencoder")
    monkeypatch.setattr(stages.words, "read", lambda folder, captions: tiny_words(len(captions)))
    plan = dataclasses.replace(SMALL, transformer=dataclasses.replace(LESSON, batch=2))
    run = stages.finetune(artists_table(tmp_path / "own"), start, tmp_path / "out", plan, steps=2)
    assert all(torch.equal(a, b) for a, b in zip(weights(network), weights(run.network), strict=True))
    run.go()
    assert not all(torch.equal(a, b) for a, b in zip(weights(network), weights(run.network), strict=True))


def test_workshop_goes_from_tables_to_a_model_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every stage for two steps, from nothing, and once more from what came out."""
    data, two = tmp_path / "data", dataclasses.replace(LESSON, steps=2, batch=2)
    for name, side in (("train", 64), ("judge", 64), ("large", 256)):
        table.write(data / name, tiny_studio(), 4, seed=1, size_px=side, layers=name == "train")
    plan = dataclasses.replace(
        SMALL,
        **dict.fromkeys(stages.STAGES, two),
        transformer_shape=SHAPE | {"expects": True},
        prior_shape=PRIOR_SHAPE,
        patches_shape={"latent_channels": 24},
    )
    monkeypatch.setattr(stages.words, "read", lambda folder, captions: tiny_words(len(captions)))
    workshop = stages.Workshop(data, tmp_path / "runs", plan)
    for stage in stages.STAGES:
        workshop.run(stage).go()
    pipe = workshop.export(tmp_path / "model")
    assert {path.name for path in (tmp_path / "model").iterdir()} >= {
        "autoencoder",
        "prior",
        "transformer",
        "enlarger",
    }
    again = stages.Workshop(data, tmp_path / "more", plan, start=tmp_path / "model")
    started = again.run("transformer")
    for a, b in zip(weights(pipe.transformer), weights(started.network), strict=True):
        torch.testing.assert_close(a.float(), b)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_plan_fits_its_own_networks(plan: stages.Plan) -> None:
    channels = plan.patches_shape.get("latent_channels", 128)
    assert plan.transformer_shape["in_channels"] == channels
    assert int(plan.transformer_shape["width"]) % int(plan.transformer_shape["num_attention_heads"]) == 0
