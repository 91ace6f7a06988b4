"""What has to run on this machine for the demonstration, and the sentences for a machine that does not fit.

Order: PostgreSQL, then the process manager with Redis and the chain node, then migrations and contracts, then the
Procfile. Everything lies in the state folder; a second start goes on with the same data.
"""

import contextlib
import fcntl
import http.client
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from config.demo.forget import LOCK
from config.embedded import chain_node, environment, ports, postgres, redis_server, supervision

FREE_BYTES_NEEDED = 1024**3
PORTS = {"redis": 6389, "chain": 8545}


class CannotStart(Exception):
    """Something on this machine is in the way; the message says what to do."""


class Machine:
    """The services and processes of one state folder, started and stopped together."""

    def __init__(self, state: Path, port: int) -> None:
        self.state, self.port = state, port
        self.keys = state / "keys"
        self.manager: subprocess.Popen[bytes] | None = None
        self._lock: TextIO | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def check(self) -> None:
        """CannotStart when the machine does not fit, before anything is started."""
        try:
            for folder in ("", "static", "pictures", "ipfs", "credentials"):
                (self.state / folder).mkdir(parents=True, exist_ok=True)
            lock = (self.state / LOCK).open("a")
        except OSError as error:
            raise CannotStart(
                f"The folder {self.state} cannot be written ({error.strerror}). Name another place: "
                "STATE_DIR=/somewhere make demo"
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            where = environment.read().get("SITE_URL", "")
            raise CannotStart(
                f"It is open already{f', at {where}/' if where else ''}; nothing was touched. Close it with Ctrl-C "
                "where it runs, or open a second one with data of its own: STATE_DIR=/somewhere make demo"
            ) from None
        self._lock = lock  # held until this process ends, however it ends
        supervision.stop(self.state)  # what a start that was killed left over; nothing where there is nothing
        if not ports.is_free(self.port):
            raise CannotStart(
                f"Port {self.port} is in use. Stop what listens there, or choose another: "
                f"PORT={self.port + 1} make demo"
            )
        free = shutil.disk_usage(self.state).free
        if free < FREE_BYTES_NEEDED:
            raise CannotStart(
                f"The disk that holds {self.state} has {free / 1e9:.1f} GB left; Ninefold needs at least 1 GB. "
                "Free some room, or name another place: STATE_DIR=/somewhere make demo"
            )

    def start_services(self, site_fee_address: str) -> None:
        """PostgreSQL, Redis and the chain node; writes the environment that every later command adopts."""
        self.secret("minter.password")
        database = postgres.start(self.state / "postgres")
        before = environment.read()
        redis_port = ports.free(int(before.get("REDIS_PORT", PORTS["redis"])))
        chain_port = ports.free(int(before.get("CHAIN_PORT", PORTS["chain"])))
        variables = {
            "DATABASE_URL": database, "REDIS_URL": redis_server.url(redis_port), "REDIS_PORT": str(redis_port),
            "CHAIN_PORT": str(chain_port), "RPC_URL": chain_node.url(chain_port),
            "CHAIN_ID": str(chain_node.CHAIN_ID), "SECRET_KEY": self.secret("django.secret"),
            "STATE_DIR": str(self.state), "SITE_URL": self.url, "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "config.settings", "SITE_FEE_ADDRESS": site_fee_address,
        }  # fmt: skip
        for name in ("MODEL", "IPFS_API", "LOG_LEVEL"):
            if os.environ.get(name):
                variables[name] = os.environ[name]
        self._variables = variables
        self._keep()
        services = {
            "redis": redis_server.command(redis_port, self.state / "redis"),
            "chain-node": chain_node.command(chain_port, self.state / "chain.json"),
        }
        try:
            self.manager = supervision.start(self.state, variables, services, self.chain_env)
        except supervision.NotRunning as error:
            raise CannotStart(f"{error} `make demo` again may do.") from None
        for name, port in (("Redis", redis_port), ("The chain node", chain_port)):
            self._wait(partial(ports.is_taken, port), 20, f"{name} does not listen on port {port}")

    @property
    def chain_env(self) -> dict[str, str]:
        """Where the minter's key lies: for the chain role alone."""
        return {
            "MINTER_KEYSTORE": str(self.keys / "minter.json"),
            "MINTER_PASSWORD_FILE": str(self.keys / "minter.password"),
        }

    def _keep(self) -> None:
        environment.write(self._variables)
        os.environ.update(self._variables)

    def command(self, *words: str, chain_role: bool = False) -> None:
        """`manage.py` with these words, to its end; CannotStart with its last lines when it fails."""
        env = {**os.environ, **({"NINEFOLD_ROLE": "chain", **self.chain_env} if chain_role else {})}
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=environment.ROOT, env=env, capture_output=True, text=True
        )
        if done.returncode:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-6:])
            raise CannotStart(f"`manage.py {' '.join(words)}` failed:\n{said}")

    def start_processes(self) -> None:
        """The Procfile's processes; returns when /healthz says that every part of this machine is up."""
        supervision.run(self.state)
        self._wait(lambda: self.health().get("parts") and not self._down(), 150, "Not every part came up", self._why)

    def health(self) -> dict[str, Any]:
        """What /healthz says, or nothing."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:  # noqa: S310  our own address
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            with contextlib.suppress(ValueError):
                return dict(json.load(error))
        except (OSError, ValueError, http.client.HTTPException):
            pass
        return {}

    def stop(self) -> None:
        """Everything that `start_*` started, last first, waiting for each; nothing of another demonstration's."""
        if self._lock is None:
            return
        if self.manager is not None:
            supervision.stop(self.state, self.manager)
        postgres.stop(self.state / "postgres")
        self._lock.close()

    def places_that_fail(self) -> dict[str, str]:
        """What is wrong with places elsewhere that keep copies, by name: sales wait for them, the site does not."""
        return {name: why for name, why in self._parts_down().items() if name.startswith("place")}

    def _down(self) -> dict[str, str]:
        return {name: why for name, why in self._parts_down().items() if not name.startswith("place")}

    def _parts_down(self) -> dict[str, str]:
        parts = self.health().get("parts", {})
        return {name: part["detail"] for name, part in parts.items() if not part["up"]}

    def _why(self) -> str:
        down = "; ".join(f"{name}: {why}" for name, why in self._down().items())
        return f"{down}. The logs are in {self.state / 'logs'}."

    def secret(self, name: str) -> str:
        """Random words kept in a file of the keys folder, made when first asked for; this user alone reads it."""
        self.keys.mkdir(mode=0o700, exist_ok=True)
        path = self.keys / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text()

    @staticmethod
    def _wait(what: Callable[[], Any], seconds: float, problem: str, why: Callable[[], str] = str) -> None:
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end:
                raise CannotStart(f"{problem} within {seconds:.0f} s. {why()}".strip())
            time.sleep(0.1)
