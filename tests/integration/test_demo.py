"""The whole way as a newcomer has it, with its workers killed under it: the same numbers come out.

Runs `python -m config.demo` in a folder of its own: embedded PostgreSQL, Redis, chain node, every process.
"""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redis

from config import health
from config.demo import cast
from config.embedded import ports, postgres, supervision
from minting import units
from tests.support.processes import ROOT, Process, poll, python
from tests.support.services import STATE

PAINTED = sum(len(sitting.seeds) for sitting in cast.SITTINGS)
COMPOSED = sum(sitting.panels for sitting in cast.SITTINGS)
RETOUCHED = sum(bool(sitting.retouched_by) for sitting in cast.SITTINGS)
SOLD = [sitting for sitting in cast.SITTINGS if sitting.sold]
KEPT = [sitting for sitting in cast.SITTINGS if not sitting.price]
EXPECTED = {
    "jobs": PAINTED + COMPOSED,
    "jobs_open": 0,
    "jobs_failed": 0,
    "pictures": PAINTED + COMPOSED + RETOUCHED,
    "pins": 4 * len(cast.SITTINGS) + 9 * COMPOSED + 1,  # each panel too, and the contract's description
    "pins_wanted": 0,
    "pins_failing": 0,
    "pins_mended_today": 0,
    "transactions_open": 0,
    "tokens": len(SOLD) + len(KEPT),
    "series": 0,
    "auctions": 0,
    "offers": 0,
    "sales": len(SOLD),
    "donations": len(SOLD),
    "donated_wei": str(sum(units.parse_ether(sitting.price) // 10 for sitting in SOLD)),
    "donated_ether": units.ether(sum(units.parse_ether(sitting.price) // 10 for sitting in SOLD)),
    "credits_wei": "0",
}


class Demo:
    """A running demonstration and what a vandal needs to know of it."""

    def __init__(self, state: Path) -> None:
        self.state, self.port = state, ports.free()
        clean = {
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "SECRET_KEY": "",
            "SITE_FEE_ADDRESS": "",
            "JOB_LEASE_SECONDS": "5",
        }
        self.env = {**clean, "STATE_DIR": str(state), "PORT": str(self.port)}
        self.log = state.parent / "demo.log"
        self.process: Process | None = None

    def start(self) -> None:
        self.log.unlink(missing_ok=True)
        self.process = Process("demo", python("-m", "config.demo"), self.log, self.env)

    def wait_for_line(self, words: str, seconds: float = 240) -> None:
        assert self.process
        self.process.wait_for_line(words, seconds)

    def stop(self) -> None:
        if self.process:
            self.process.stop(90)
        assert not supervision.is_running(self.state), "the process manager outlived the demonstration"
        assert postgres.pid(self.state / "postgres") is None, "PostgreSQL outlived the demonstration"

    def variables(self) -> dict[str, str]:
        return dict(json.loads((self.state / "env.json").read_text()))

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return bytes(answer.read())

    def health(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.get("/healthz")))
        except urllib.error.HTTPError as error:  # 503 says in the same words which part is down
            with error:
                return dict(json.load(error))

    def counts(self) -> dict[str, Any]:
        """As of now: the page repeats an answer of up to two seconds ago, from before the last thing happened."""
        asked = time.monotonic()
        poll(lambda: time.monotonic() > asked + health.FRESH_SECONDS, health.FRESH_SECONDS + 5)
        return dict(self.health()["counts"])

    def kill(self, name: str, *, child: bool = False) -> None:
        """SIGKILL to a process by its Procfile name, or to its pool child."""
        pid = supervision.pids(self.state)[name]
        victim = poll(lambda: psutil.Process(pid).children(), 20)[0] if child else psutil.Process(pid)
        victim.send_signal(signal.SIGKILL)

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in {**os.environ, **self.env}.items() if value}
        return subprocess.run(python("manage.py", *words), cwd=ROOT, env=env, capture_output=True, text=True)

    def query(self, statement: str) -> Any:
        with psycopg.connect(self.variables()["DATABASE_URL"]) as connection:
            return connection.execute(statement).fetchone()


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    folder = STATE / "demo"  # below a folder that PostgreSQL's own user may enter
    folder.mkdir()
    made = Demo(folder / "state")
    made.start()
    yield made
    made.stop()


def when(demo: Demo, statement: str) -> None:
    poll(lambda: (demo.query(statement) or [False])[0], 120, f"never: {statement}")


def test_demo_comes_to_the_same_numbers_when_everything_is_killed_on_the_way(demo: Demo) -> None:
    demo.wait_for_line("admitted on chain")
    when(demo, "SELECT count(*) > 0 FROM generation_job WHERE status = 'running' AND step > 2")
    demo.kill("gpu", child=True)  # in the middle of a picture
    when(demo, "SELECT count(*) >= 4 FROM generation_image")
    when(demo, "SELECT count(*) > 0 FROM generation_job WHERE status = 'running' AND step > 2")
    demo.kill("gpu")  # the whole worker
    with redis.Redis.from_url(demo.variables()["REDIS_URL"]) as client:
        client.flushall()
    when(demo, "SELECT count(*) >= 8 FROM generation_image")
    for name in ("pin", "chain", "sweeper", "indexer"):
        demo.kill(name)
    demo.wait_for_line("Ninefold is open: ")
    poll(lambda: demo.health()["up"], 60, "not every part came back")
    assert demo.counts() == EXPECTED


def test_demo_pages_show_what_was_made_when_it_is_open(demo: Demo) -> None:
    demo.wait_for_line("Ninefold is open: ")
    exhibition = demo.get("/exhibitions/first-light/").decode()
    for sitting in cast.SITTINGS:
        assert sitting.title.replace("'", "&#x27;") in exhibition
    ledger = json.loads(demo.get("/ledger.json"))
    assert EXPECTED["donated_wei"] in json.dumps(ledger)


def test_every_cid_of_the_demo_opens_at_the_gateway_when_asked(demo: Demo) -> None:
    with psycopg.connect(demo.variables()["DATABASE_URL"]) as connection:
        rows = connection.execute("SELECT cid, size_bytes, mime FROM minting_pin").fetchall()
    assert len(rows) == EXPECTED["pins"]
    for cid, size_bytes, mime in rows:
        data = demo.get(f"/ipfs/{cid}")
        assert len(data) == size_bytes
        if mime == "application/json" and "image" in (document := json.loads(data)):
            assert document["image"].removeprefix("ipfs://") in {row[0] for row in rows}


def test_demo_is_left_in_peace_when_a_second_one_or_clean_demo_comes(demo: Demo) -> None:
    demo.wait_for_line("Ninefold is open: ")
    env = {**os.environ, **demo.env, "PORT": str(ports.free())}
    for command, words in (
        (python("-m", "config.demo"), f"It is open already, at http://127.0.0.1:{demo.port}/; nothing was touched."),
        (python("config/demo/forget.py"), "Ninefold is open. Close it with Ctrl-C"),
    ):
        said = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
        assert said.returncode == 1
        assert words in said.stderr
        assert "Traceback" not in said.stderr
    assert demo.health()["up"]


def test_demo_goes_on_with_the_same_numbers_when_its_own_process_was_killed(demo: Demo) -> None:
    demo.wait_for_line("Ninefold is open: ")
    assert demo.process
    os.kill(demo.process.pid, signal.SIGKILL)  # the process manager and all below it are left running
    poll(lambda: demo.process and not demo.process.is_running, 20)
    demo.start()
    demo.wait_for_line("Ninefold is open: ")
    poll(lambda: demo.health()["up"], 60, "not every part came back")
    assert demo.counts() == EXPECTED


def test_verify_names_the_row_when_one_was_altered(demo: Demo) -> None:
    demo.wait_for_line("Ninefold is open: ")
    agrees = demo.manage("verify", "--ledger")
    assert agrees.returncode == 0, agrees.stdout + agrees.stderr
    assert "agrees" in agrees.stdout
    with psycopg.connect(demo.variables()["DATABASE_URL"], autocommit=True) as connection:
        pk, amount = connection.execute("SELECT id, amount_wei FROM minting_donation ORDER BY id LIMIT 1").fetchone()
        connection.execute("UPDATE minting_donation SET amount_wei = amount_wei + 1 WHERE id = %s", [pk])
        try:
            differs = demo.manage("verify", "--ledger")
        finally:
            connection.execute("UPDATE minting_donation SET amount_wei = %s WHERE id = %s", [amount, pk])
    assert differs.returncode == 1
    assert str(int(amount)) in differs.stdout
    assert str(int(amount) + 1) in differs.stdout
    assert demo.manage("verify", "--ledger").returncode == 0


def test_no_key_is_where_it_must_not_be_when_the_demo_runs(demo: Demo) -> None:
    demo.wait_for_line("Ninefold is open: ")
    keys = json.loads((demo.state / "keys/demo-wallets.json").read_text()).values()
    secrets = [
        *keys,
        (demo.state / "keys/minter.password").read_text(),
        (demo.state / "keys/demo.password").read_text(),
    ]
    texts = [path.read_text(errors="replace") for path in (demo.state / "logs").glob("*.log")] + [
        demo.log.read_text()
    ]
    dump = subprocess.run(
        [postgres.program("pg_dump"), "--data-only", demo.variables()["DATABASE_URL"]], capture_output=True, text=True
    )
    assert dump.returncode == 0, dump.stderr
    for secret in secrets:
        assert not any(secret.removeprefix("0x") in text for text in [*texts, dump.stdout])
    for name, pid in supervision.pids(demo.state).items():
        if name != "chain":
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            assert b"MINTER_" not in environment, name
    for name in supervision.procfile():  # `config/confine.py` has this set before it closes the keys
        for process in psutil.Process(supervision.pids(demo.state)[name]).children(recursive=True):
            confined = "NoNewPrivs:\t1" in Path(f"/proc/{process.pid}/status").read_text()
            assert confined == (name != "chain"), name


@pytest.mark.parametrize("port", ["99999", "0", "-1", "abc", "８０００"])
def test_demo_says_what_to_do_when_the_port_is_none(tmp_path: Path, port: str) -> None:
    env = {**os.environ, "STATE_DIR": str(tmp_path), "PORT": port}
    said = subprocess.run(python("-m", "config.demo"), cwd=ROOT, env=env, capture_output=True, text=True)
    assert said.returncode == 1
    assert "give a number from 1 to 65535" in said.stderr
    assert "Traceback" not in said.stderr


def test_clean_demo_removes_a_closed_one_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "closed/keys").mkdir(parents=True)
    for folder, code in (("letters", 1), ("closed", 0), ("not there", 0)):
        env = {**os.environ, "STATE_DIR": str(tmp_path / folder)}
        said = subprocess.run(python("config/demo/forget.py"), cwd=ROOT, env=env, capture_output=True, text=True)
        assert said.returncode == code, said.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_demo_says_what_to_do_when_the_port_is_in_use(demo: Demo, tmp_path: Path) -> None:
    demo.wait_for_line("Ninefold is open: ")
    env = {**os.environ, **demo.env, "STATE_DIR": str(tmp_path / "other")}
    second = subprocess.run(python("-m", "config.demo"), cwd=ROOT, env=env, capture_output=True, text=True)
    assert second.returncode == 1
    assert f"Port {demo.port} is in use" in second.stderr
    assert "Traceback" not in second.stderr
