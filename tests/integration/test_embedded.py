"""The services of one machine, started where somebody else has been before."""

import os
import subprocess
from pathlib import Path

import psycopg

from config.embedded import postgres
from tests.support.processes import ROOT, python
from tests.support.services import STATE


def test_postgres_starts_when_the_temporary_folder_holds_a_strangers_lock(tmp_path: Path) -> None:
    (tmp_path / ".lockfile").mkdir()  # no user at all can open it as a file
    folder = STATE / "beside" / "postgres"  # below a folder that PostgreSQL's own user may enter
    script = f"from config.embedded import postgres; print(postgres.start(postgres.Path({str(folder)!r})))"
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    said = subprocess.run(python("-c", script), cwd=ROOT, env=env, capture_output=True, text=True)
    try:
        assert said.returncode == 0, said.stderr
        with psycopg.connect(said.stdout.strip()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        postgres.stop(folder)
