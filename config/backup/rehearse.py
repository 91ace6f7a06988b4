"""A backup put back beside the site, into a database and a folder of its own, compared, and removed again."""

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from config.backup import database, restore
from config.backup.restore import Place, Restored


@dataclass(frozen=True)
class Rehearsed:
    """What came back equal, and how many rows the site has gained or lost since, by table."""

    restored: Restored
    seconds: float
    since: dict[str, int]


def rehearse(folder: Path, beside: Path | None = None) -> Rehearsed:
    """Differs where anything came back otherwise; writes to nothing of the site. Needs the right to CREATE DATABASE.

    `beside` is where the bytes go for the while, by default next to the backup.
    """
    began = time.monotonic()
    with _database() as at, _folder(beside or folder.parent) as room:
        place = Place(at, room / "ipfs", room / "pictures", room / "deployments", room)
        done = restore.restore(folder, place)
    return Rehearsed(done, time.monotonic() - began, _since(done.facts))


@contextlib.contextmanager
def _database() -> Iterator[str]:
    name = f"ninefold_rehearsal_{os.getpid()}_{secrets.token_hex(3)}"
    with psycopg.connect(database.here(), autocommit=True) as link:
        link.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield database.here(name)
        finally:
            link.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def _folder(parent: Path) -> Iterator[Path]:
    room = parent / f".rehearsal-{secrets.token_hex(4)}"
    room.mkdir(parents=True, mode=0o700)
    try:
        yield room
    finally:
        shutil.rmtree(room)


def _since(facts: dict[str, Any]) -> dict[str, int]:
    with database.reading(database.here()) as link:
        now = database.facts(link)["tables"]
    changes = {table: now.get(table, {"rows": 0})["rows"] - known["rows"] for table, known in facts["tables"].items()}
    return {table: change for table, change in changes.items() if change}
