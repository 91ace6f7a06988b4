import os
import subprocess

from django.conf import LazySettings
from django.core.checks import Error

from config import checks
from tests.support.processes import ROOT, python


def test_check_refuses_when_another_role_is_told_where_the_key_is(settings: LazySettings, monkeypatch) -> None:
    settings.ROLE = "web"
    monkeypatch.setenv("MINTER_KEYSTORE", "/somewhere/minter.json")
    [found] = checks.only_the_chain_role_holds_the_minter_key()
    assert isinstance(found, Error)
    assert found.id == "ninefold.E001"


def test_check_passes_when_the_chain_role_is_told_where_the_key_is(settings: LazySettings, monkeypatch) -> None:
    settings.ROLE = "chain"
    monkeypatch.setenv("MINTER_KEYSTORE", "/somewhere/minter.json")
    assert checks.only_the_chain_role_holds_the_minter_key() == []


def test_check_refuses_in_production_when_the_web_could_read_the_key(settings: LazySettings, tmp_path) -> None:
    settings.ROLE, settings.PRODUCTION, settings.STATE_DIR = "web", True, tmp_path
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "minter.json").write_text("{}")
    assert [found.id for found in checks.only_the_chain_role_holds_the_minter_key()] == ["ninefold.E002"]


def test_web_server_does_not_start_when_it_holds_the_key() -> None:
    env = {**os.environ, "NINEFOLD_ROLE": "web", "MINTER_KEYSTORE": "/somewhere/minter.json"}
    done = subprocess.run(python("-c", "import config.wsgi"), cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode != 0
    assert "ninefold.E001" in done.stderr
