"""Real Celery workers and loops on the test database, as the Procfile starts them."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from config.embedded import supervision
from tests.support.processes import ROOT, Process, python
from tests.support.services import STATE


def environment(**more: str) -> dict[str, str]:
    """Variables that lead a child process to the test's own database."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path="/" + connection.settings_dict["NAME"]))
    bin_dir = os.path.dirname(python()[0])
    return {
        "DATABASE_URL": url, "PATH": f"{bin_dir}{os.pathsep}{os.environ['PATH']}", "STATE_DIR": str(STATE),
        "RPC_URL": settings.RPC_URL, "DEPLOYMENTS_DIR": str(settings.DEPLOYMENTS_DIR),
        "JOB_LEASE_SECONDS": str(settings.JOB_LEASE_SECONDS), "PYTHONWARNINGS": "ignore", **more,
    }  # fmt: skip


def start(name: str, env: Mapping[str, str] | None = None) -> Process:
    """The Procfile's process of this name; the caller stops or kills it."""
    command = ["/bin/sh", "-c", f"exec {supervision.procfile()[name]}"]
    return Process(name, command, STATE / f"{name}-{os.urandom(3).hex()}.log", environment(**(env or {})))


@contextmanager
def worker(name: str, env: Mapping[str, str] | None = None) -> Iterator[Process]:
    """A Celery worker that is ready; stopped at the end."""
    with start(name, env) as process:
        process.wait_for_line("ready.", 60)
        yield process


__all__ = ["ROOT", "environment", "start", "worker"]
