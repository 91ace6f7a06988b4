import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import confine
from config.embedded import supervision
from tests.support.processes import ROOT, python


def run(state: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`command` behind the door, with the state folder's keys closed to it."""
    return subprocess.run(
        python("config/confine.py", *command), cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "STATE_DIR": str(state), "NINEFOLD_ROLE": "web", **env},
    )  # fmt: skip


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/minter.json").write_text("the key")
    for name in ("pictures", "drafts"):
        (tmp_path / name).mkdir()
    (tmp_path / "way in").symlink_to("keys")
    return tmp_path


def test_every_role_but_the_chain_starts_confined() -> None:
    for name, command in supervision.procfile().items():
        assert command.startswith(f"env NINEFOLD_ROLE={name} ")
        assert ("python config/confine.py " in command) == (name != "chain"), name


@pytest.mark.parametrize("way", ["keys/minter.json", "way in/minter.json", "pictures/../keys/minter.json"])
def test_a_confined_process_cannot_read_the_key_by_any_way(state: Path, way: str) -> None:
    assert (state / way).read_text() == "the key"  # its user may
    said = run(state, "sh", "-c", 'exec cat "$0"', str(state / way))
    assert said.returncode == 1
    assert "Permission denied" in said.stderr
    assert "the key" not in said.stdout


def test_a_confined_process_cannot_bring_a_key_to_where_it_may_read(state: Path) -> None:
    script = f"""
import os, pathlib
keys, pictures = pathlib.Path({str(state / "keys")!r}), pathlib.Path({str(state / "pictures")!r})
(keys / "new").write_text("made later")
for step in (
    lambda: os.link(keys / "minter.json", pictures / "linked"),
    lambda: os.rename(keys / "minter.json", pictures / "moved"),
    lambda: os.rename(keys, keys.with_name("renamed")),
    lambda: os.rename(keys.parent, keys.parent.with_name("renamed")),
    lambda: (keys / "new").read_text(),
):
    try: print("done", step())
    except OSError as error: print(type(error).__name__, error.errno)
"""
    said = run(state, *python("-c", script))
    assert {line.split()[0] for line in said.stdout.splitlines()} == {"OSError", "PermissionError"}, said
    assert len(said.stdout.splitlines()) == 5
    assert not any((state / "pictures").iterdir())


def test_a_confined_process_cannot_look_into_one_that_may_read_the_key(state: Path) -> None:
    with subprocess.Popen(["sleep", "30"]) as other:
        try:
            seen = f"/proc/{other.pid}/exe"
            assert os.readlink(seen)
            said = run(state, "readlink", seen)
        finally:
            other.kill()
    assert said.returncode == 1
    assert not said.stdout


def test_a_confined_process_reads_and_writes_everything_else(state: Path) -> None:
    script = f"""
import tempfile, pathlib
draft, pictures = pathlib.Path({str(state / "drafts/one")!r}), pathlib.Path({str(state / "pictures")!r})
draft.write_text("painted")
draft.replace(pictures / "one")
with tempfile.NamedTemporaryFile() as file:
    pathlib.Path(file.name).write_text("passing")
    print((pictures / "one").read_text(), open(file.name).read())
"""
    said = run(state, *python("-c", script))
    assert said.stdout.strip() == "painted passing", said.stderr
    assert not said.stderr


def test_a_kernel_without_it_is_told_of_and_refused_in_production(state: Path) -> None:
    script = (
        "import sys; sys.path.insert(0, 'config'); import confine, platform\n"
        "platform.system = lambda: 'Plan9'; confine.main(['echo', 'started'])\n"
    )
    env = {**os.environ, "STATE_DIR": str(state), "NINEFOLD_ROLE": "gpu"}
    for production, code, output in (("0", 0, "started\n"), ("1", 1, "")):
        said = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env={**env, "PRODUCTION": production},
            capture_output=True, text=True,
        )  # fmt: skip
        assert (
            f"The gpu process is not kept from the files in {state / 'keys'}: Plan9 has no Landlock." in said.stderr
        )
        assert (said.returncode, said.stdout) == (code, output)


def test_the_keys_count_as_readable_only_where_one_can_be_opened(state: Path) -> None:
    assert confine.can_read_any(state / "keys")
    assert not confine.can_read_any(state / "nothing here")
    script = f"from config import confine; print(confine.can_read_any(confine.Path({str(state / 'keys')!r})))"
    said = run(state, *python("-c", script))
    assert said.stdout.strip() == "False", said.stderr
