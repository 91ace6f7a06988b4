import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from generation.errors import ModelMissing, ModelRejected, OutOfMemory
from generation.painter import text
from generation.pipelines import registry
from generation.pipelines.base import memory_guard
from tests.unit.generation import tiny_models

NAME = registry.OUR_PAINTER


def write_model(
    path: Path, parts: dict[str, list[str | None]], class_name: object = "StableDiffusionPipeline"
) -> Path:
    path.mkdir()
    (path / "model_index.json").write_text(json.dumps({"_class_name": class_name, **parts}))
    return path


def test_card_tells_what_our_painter_is_when_asked_by_name() -> None:
    card = registry.card(NAME)
    assert (card.kind, card.native_px, card.sizes_px) == ("painter", 256, ((256, 256),))
    assert (card.default_steps, card.default_guidance_scale) == (12, 1.5)
    assert card.languages == ("en",)
    assert all([card.title_ko, card.licence, card.data, card.data_ko, card.limits, card.limits_ko])
    assert registry.card(NAME) is card


def test_card_digest_is_that_of_the_listing_when_hashed_by_hand() -> None:
    folder = registry.BUILT_IN[NAME]
    listing = ""
    for part in ("autoencoder", "enlarger", "prior", "transformer"):
        name = f"{part}/diffusion_pytorch_model.safetensors"
        listing = listing + f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
    lines = sorted([*listing.splitlines(), f"{text.WEIGHTS_SHA256}  {text.PART}"], key=lambda line: line[66:])
    expected = hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()
    assert registry.card(NAME).sha256 == expected


def test_card_costs_no_torch_when_asked_for_in_the_web_process() -> None:
    code = (
        "import sys; from generation.pipelines import limits, registry; registry.card('ninefold-painter-4');"
        "print([name for name in ('torch', 'diffusers', 'transformers', 'django') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_default_name_follows_the_environment_when_model_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODEL", raising=False)
    assert registry.default_name() == NAME
    monkeypatch.setenv("MODEL", "/models/karlo")
    assert registry.default_name() == "/models/karlo"


def test_model_stays_warm_when_loaded_twice() -> None:
    assert registry.load(NAME) is registry.load(NAME)


def test_card_digest_changes_when_one_weight_changes(tmp_path: Path) -> None:
    folder = tiny_models.save_stable_diffusion(tmp_path / "model")
    before = registry.card(str(folder)).sha256
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    altered = bytearray(weights.read_bytes())
    altered[-1] ^= 1
    weights.write_bytes(altered)
    registry.card.cache_clear()
    assert registry.card(str(folder)).sha256 != before


def test_load_rejects_model_when_its_weights_are_pickled(tmp_path: Path) -> None:
    folder = tiny_models.save_stable_diffusion(tmp_path / "model")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    torch.save({}, weights.with_suffix(".bin"))
    weights.unlink()
    with pytest.raises(ModelRejected, match=r"unet/diffusion_pytorch_model\.bin .* are not safetensors"):
        registry.load(str(folder))


def test_card_rejects_folder_when_it_holds_only_bin_weights(tmp_path: Path) -> None:
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelRejected, match="not safetensors"):
        registry.card(str(tmp_path))


def test_load_rejects_model_when_it_brings_code(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", {"unet": ["mine", "Unet"]})
    (folder / "unet").mkdir()
    (folder / "unet" / "mine.py").write_text("raise SystemExit('this ran')\n")
    with pytest.raises(ModelRejected):
        registry.load(str(folder))


@pytest.mark.parametrize("library", ["subprocess", "os", "generation.tasks", "diffusers.utils", ["diffusers"]])
def test_load_rejects_model_when_a_part_names_another_module(tmp_path: Path, library: str) -> None:
    with pytest.raises(ModelRejected, match="which is not trusted"):
        registry.load(str(write_model(tmp_path / "model", {"unet": [library, "Popen"]})))


def test_load_rejects_model_when_pipeline_class_is_its_own(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", {}, class_name=["my_pipeline", "MyPipeline"])
    with pytest.raises(ModelRejected, match="pipeline class of its own"):
        registry.load(str(folder))


def test_load_rejects_model_when_a_config_points_to_remote_code(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", {"text_encoder": ["transformers", "AutoModel"]})
    (folder / "text_encoder").mkdir()
    (folder / "text_encoder" / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "x--y.Z"}}))
    with pytest.raises(ModelRejected, match="code outside the libraries"):
        registry.load(str(folder))


def test_card_says_what_is_wrong_when_index_is_not_json(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text("{")
    with pytest.raises(ModelRejected, match="not JSON"):
        registry.card(str(tmp_path))


@pytest.mark.parametrize("name", ["", "no-such-model", "/no/such/folder", str(Path(__file__).parent), "a/b/c"])
def test_card_says_missing_when_nothing_has_that_name(name: str) -> None:
    with pytest.raises(ModelMissing):
        registry.card(name)


def test_load_stays_off_the_network_when_hub_model_is_not_cached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.delenv("ALLOW_MODEL_DOWNLOAD", raising=False)
    with pytest.raises(ModelMissing, match="not in this machine's cache") as raised:
        registry.load("kakaobrain/karlo-v1-alpha")
    assert "ALLOW_MODEL_DOWNLOAD" in raised.value.next_step


def test_memory_error_is_retryable_when_allocation_fails() -> None:
    with pytest.raises(OutOfMemory) as raised, memory_guard():
        torch.empty(2**50)
    assert raised.value.retryable


def test_model_not_used_for_longest_goes_first_when_memory_is_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = str(tiny_models.save_stable_diffusion(tmp_path / "first"))
    second = str(shutil.copytree(first, tmp_path / "second"))
    registry._warm.clear()
    kept = registry.load(NAME)
    registry.load(first)
    assert registry.load(NAME) is kept
    assert registry.warm() == [first, NAME]
    room = kept.weights_bytes() + registry.card(second).memory_bytes
    monkeypatch.setenv("MODEL_MEMORY_GB", str((room + 1000) / 2**30))
    registry.load(second)
    assert registry.warm() == [NAME, second]
    monkeypatch.setenv("MODEL_MEMORY_GB", "0")
    registry.load(first)
    assert registry.warm() == [first]
