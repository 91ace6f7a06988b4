"""A real IPFS node with the Kubo RPC, for the tests that compare our addresses with another implementation's.

The node is js-ipfs without peers, from the npm lock file beside `serve.mjs`. It is installed once into the cache of
config/bootstrap.py, so that clones share it; `npm ci` is all that it needs.
"""

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Self

from config import bootstrap
from config.embedded import ports
from tests.support.processes import ROOT, Process

SOURCE = ROOT / "tests/support/ipfs-node"
_FILES = ("package.json", "package-lock.json", ".npmrc", "serve.mjs", "with-resolvers.mjs")


def installed() -> Path:
    """The folder that holds the node and its packages; installs them where they are not there yet."""
    cache = Path(os.environ.get("NINEFOLD_CACHE") or bootstrap._default_cache())
    cache.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in _FILES)).hexdigest()[:16]
    folder = cache / f"ipfs-node-{digest}"
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        bootstrap._once(str(folder), lambda: _install(folder))
    return folder


def _install(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name in _FILES:
        shutil.copy(SOURCE / name, folder)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    bootstrap._run(command, cwd=str(folder), env={**os.environ, **_environment()})


def _environment() -> dict[str, str]:
    """Node may have come from a wheel into this environment."""
    return {"PATH": os.path.join(sys.prefix, "bin") + os.pathsep + os.environ["PATH"]}


class IpfsNode:
    """One node with a repository of its own; `stop` and `start` again keep both repository and address."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ninefold-ipfs-node-")
        self._process: Process | None = None
        self.port = ports.free()

    @property
    def api(self) -> str:
        """What IPFS_API would say."""
        return f"/ip4/127.0.0.1/tcp/{self.port}/http"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v0"

    def start(self) -> None:
        here = Path(self._folder.name)
        serve = str(installed() / "serve.mjs")
        self._process = Process(
            "ipfs node", ["node", serve, str(here / "repo"), str(self.port)], here / "node.log", _environment()
        )
        self._process.wait_for_port(self.port, 60)

    def stop(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._folder.cleanup()
