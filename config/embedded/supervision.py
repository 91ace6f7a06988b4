"""One process manager for one machine: supervisord over the lines of the Procfile, Redis and the chain node.

A process that dies is started again; stopping stops every child and waits. The minter's key is named in the
environment of the `chain` program alone. Output goes to <state>/logs/<name>.log.
Reference: PyPI supervisor.
"""

import contextlib
import hashlib
import http.client
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import Faults, SupervisorTransport

from config.embedded.environment import ROOT

STOP_SECONDS = 25


class NotRunning(RuntimeError):
    """No process manager answers for this state folder."""


def procfile() -> dict[str, str]:
    """The processes of the Procfile by name, in order."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    pairs = (line.partition(":") for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): command.strip() for name, _, command in pairs}


def socket_path(state: Path) -> Path:
    """A socket near the root, since the name of a Unix socket is short by law (108 bytes)."""
    return Path(tempfile.gettempdir()) / f"ninefold-{hashlib.sha256(str(state).encode()).hexdigest()[:12]}.sock"


def start(
    state: Path, env: Mapping[str, str], services: Mapping[str, list[str]], chain_env: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    """Start the manager with `services` running and the Procfile's processes waiting for `run`."""
    logs = state / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    config = state / "supervisord.conf"
    config.write_text(_configuration(state, services, chain_env))
    config.chmod(0o600)
    bin_dir = str(Path(sys.executable).parent)
    child = subprocess.Popen(
        [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(config)],
        cwd=ROOT, env={**os.environ, **env, "PATH": f"{bin_dir}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    end = time.monotonic() + 15
    while not is_running(state):
        if child.poll() is not None or time.monotonic() > end:
            raise NotRunning(f"The process manager did not start; see {logs / 'supervisord.log'}")
        time.sleep(0.05)
    return child


def _configuration(state: Path, services: Mapping[str, list[str]], chain_env: Mapping[str, str]) -> str:
    socket = socket_path(state)
    parts = [
        f"[supervisord]\nlogfile={_quoted(state / 'logs/supervisord.log')}\n"
        f"pidfile={_quoted(state / 'supervisord.pid')}\nlogfile_maxbytes=5MB\nlogfile_backups=1\n",
        f"[unix_http_server]\nfile={_quoted(socket)}\nchmod=0700\n",
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
    ]
    for name, command in services.items():
        parts.append(_program(name, shlex.join(command), state, starts=True))
    for name, line in procfile().items():
        secret = dict(chain_env) if name == "chain" else {}
        parts.append(_program(name, shlex.join(["/bin/sh", "-c", f"exec {line}"]), state, starts=False, env=secret))
    return "\n".join(parts)


def _program(name: str, command: str, state: Path, *, starts: bool, env: Mapping[str, str] | None = None) -> str:
    named = ",".join(f'{key}="{_quoted(value)}"' for key, value in (env or {}).items())
    return (
        f"[program:{name}]\ncommand={_quoted(command)}\nautostart={str(starts).lower()}\nautorestart=true\n"
        f"priority={1 if starts else 10}\n"  # services stop last
        f"startsecs=0\nstopwaitsecs={STOP_SECONDS - 5}\nstopasgroup=false\nkillasgroup=true\n"
        f"redirect_stderr=true\nstdout_logfile={_quoted(state / 'logs' / (name + '.log'))}\n"
        f"stdout_logfile_maxbytes=5MB\nstdout_logfile_backups=1\n" + (f"environment={named}\n" if named else "")
    )


def _quoted(value: object) -> str:
    return str(value).replace("%", "%%")


@contextlib.contextmanager
def server(state: Path) -> Iterator[Any]:
    """The manager's XML-RPC door."""
    transport = SupervisorTransport(None, None, f"unix://{socket_path(state)}")
    try:
        yield xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor
    finally:
        transport.close()


def is_running(state: Path) -> bool:
    """Whether a manager answers for this state folder; one that is closing answers until its last child is gone."""
    with contextlib.suppress(OSError, http.client.HTTPException, xmlrpc.client.ProtocolError):
        try:
            with server(state) as manager:
                return bool(manager.getState())
        except xmlrpc.client.Fault:
            return True
    return False


def run(state: Path) -> None:
    """Start every process of the Procfile that does not run."""
    with server(state) as manager:
        for name in procfile():
            try:
                manager.startProcess(name)
            except xmlrpc.client.Fault as fault:
                if fault.faultCode != Faults.ALREADY_STARTED:
                    raise


def pids(state: Path) -> dict[str, int]:
    """Process ids by name; 0 for one that does not run."""
    with server(state) as manager:
        return {row["name"]: row["pid"] for row in manager.getAllProcessInfo()}


def stop(state: Path, child: "subprocess.Popen[bytes] | None" = None) -> None:
    """Stop every process and the manager, and wait; nothing happens when it does not run."""
    if child is not None:
        child.send_signal(signal.SIGTERM)
        child.wait(STOP_SECONDS * 2)
        return
    with contextlib.suppress(OSError, http.client.HTTPException, xmlrpc.client.Error), server(state) as manager:
        manager.shutdown()
    end = time.monotonic() + STOP_SECONDS * 2
    while is_running(state) and time.monotonic() < end:
        time.sleep(0.1)
