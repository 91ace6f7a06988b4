"""Real child processes in tests: started, waited for, killed, and their output kept for the failure message."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parent.parent.parent
T = TypeVar("T")


def poll(what: Callable[[], T | None], seconds: float = 20, why: str = "it did not happen") -> T:
    """The first truthy answer of `what`, asked every 20 ms; AssertionError with `why` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        assert time.monotonic() < end, f"after {seconds} s: {why}"
        time.sleep(0.02)


class Process:
    """One child in a process group of its own."""

    def __init__(
        self, name: str, command: list[str], log: Path, env: dict[str, str] | None = None, said: str = ""
    ) -> None:
        """`said` is what the child reads on its standard input."""
        self.name, self.log = name, log
        with log.open("ab") as out:
            self._child = subprocess.Popen(
                command, stdout=out, stderr=out, stdin=subprocess.PIPE if said else subprocess.DEVNULL, cwd=ROOT,
                start_new_session=True, env={**os.environ, **(env or {})},
            )  # fmt: skip
        if self._child.stdin:
            self._child.stdin.write(said.encode())
            self._child.stdin.close()

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def is_running(self) -> bool:
        return self._child.poll() is None

    def output(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

    def wait_for_port(self, port: int, seconds: float = 20) -> None:
        def open_() -> bool:
            assert self.is_running, f"{self.name} ended: {self.output()}"
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", port)) == 0

        poll(open_, seconds, f"{self.name} does not listen on {port}")

    def wait_for_line(self, words: str, seconds: float = 60) -> None:
        def said() -> bool:
            text = self.output()
            assert self.is_running or words in text, f"{self.name} ended: {text}"
            return words in text

        poll(said, seconds, f"{self.name} did not say {words!r}")

    def kill(self) -> None:
        """SIGKILL to the whole group: nothing gets a chance to tidy up."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait(10)

    def stop(self, seconds: float = 15) -> None:
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def python(*arguments: str) -> list[str]:
    """This environment's Python with `arguments`."""
    return [sys.executable, *arguments]
