"""Other people's programs beside which our places are tested: a pinning service, an S3 bucket, a reader of archives.

Installed from the npm lock file beside the scripts, once, into the cache that clones share. The gateway of the
pinning service is a front of a real IPFS node; told to, it lies.
"""

import fcntl
import hashlib
import http.server
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Self

from config import bootstrap
from config.embedded import ports
from tests.support.ipfs_node import _environment
from tests.support.processes import ROOT, Process, poll

SOURCE = ROOT / "tests/support/place-servers"
_FILES = ("package.json", "package-lock.json", ".npmrc", "pinning.cjs", "bucket.cjs")


def installed() -> Path:
    """The folder that holds the programs; installs them where they are not there yet."""
    cache = Path(os.environ.get("NINEFOLD_CACHE") or bootstrap._default_cache())
    cache.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in _FILES)).hexdigest()[:16]
    folder = cache / f"place-servers-{digest}"
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


def unpack_archive(archive: Path, into: Path) -> None:
    """ipfs-car, which hashes every block: writes the tree of an archive as a file or folder, or fails."""
    program = installed() / "node_modules/ipfs-car/bin.js"
    command = ["node", str(program), "unpack", str(archive), "--output", str(into)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **_environment()}, timeout=60)


class _Server:
    """One program on a port of its own; `stop` and `start` again keep the address."""

    script: str
    says: str

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ninefold-place-")
        self.port = ports.free()
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def arguments(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        command = ["node", str(installed() / self.script), str(self.port), *self.arguments()]
        log = Path(self._folder.name) / "log"
        log.unlink(missing_ok=True)  # or what an earlier start said would be taken for this one's word
        self._process = Process(self.script, command, log, _environment())
        self._process.wait_for_line(self.says)

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


class PinningServer(_Server):
    """mock-ipfs-pinning-service: forgets everything when it is stopped."""

    script, says, token = "pinning.cjs", "the service answers", "of the test"

    def arguments(self) -> list[str]:
        return [self.token]

    def settle(self, status: str) -> None:
        """Everything that was asked for becomes "pinned" or "failed"."""
        assert self._process
        before = self._process.output().count(f"{status} ")
        os.kill(self._process.pid, signal.SIGUSR2 if status == "pinned" else signal.SIGHUP)
        poll(lambda: self._process and self._process.output().count(f"{status} ") > before)


class BucketServer(_Server):
    """s3rver with one bucket, kept in a folder."""

    script, says, bucket = "bucket.cjs", "the bucket answers", "vault"

    def arguments(self) -> list[str]:
        return [str(self.folder), self.bucket]

    @property
    def folder(self) -> Path:
        return Path(self._folder.name) / "objects"

    @property
    def address(self) -> str:
        """As in BUCKETS."""
        return f"s3://{self.bucket}/cars?endpoint={self.url}&region=us-east-1"


class Gateway:
    """A trustless gateway (`?format=raw`) in front of an IPFS node; `answer` may be replaced by one that lies."""

    def __init__(self, node_url: str) -> None:
        self.answer: Callable[[str], tuple[int, dict[str, str], bytes]] = self.honest
        self.asked: list[str] = []
        gateway, self._node = self, node_url

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                gateway.asked.append(self.path)
                status, headers, body = gateway.answer(self.path)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def honest(self, path: str) -> tuple[int, dict[str, str], bytes]:
        cid = path.removeprefix("/ipfs/").partition("?")[0]
        request = urllib.request.Request(f"{self._node}/block/get?arg={cid}&timeout=300ms", method="POST")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return 200, {"Content-Type": "application/vnd.ipld.raw"}, answer.read()
        except urllib.error.HTTPError:
            return 404, {}, b""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
