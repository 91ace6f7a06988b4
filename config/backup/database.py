"""The database of a site from outside: its address, PostgreSQL's own programs, and what its tables hold.

A table's digest is the sum of the SHA-256 of its rows as text: it needs no order and no memory, and the server
computes it. Reference: PostgreSQL documentation, pg_dump and pg_export_snapshot.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Conninfo

from config.backup.errors import BackupError

SECRET_TABLES = ("django_session",)  # whoever has a session's key is signed in
SUMS = {
    "paid_wei": ("minting_sale", "price_wei"),
    "donated_wei": ("minting_donation", "amount_wei"),
    "shared_wei": ("minting_payment", "amount_wei"),
    "pinned_bytes": ("minting_pin", "size_bytes"),
    "picture_bytes": ("generation_image", "size_bytes"),
}


def here(database: str = "") -> str:
    """libpq's words for this site's database, or for another one on its server."""
    words = {option.keyword.decode() for option in Conninfo.get_defaults()}
    asked = connection.get_connection_params()
    known = {key: value for key, value in asked.items() if key in words - {"client_encoding"} and value is not None}
    if database:
        known["dbname"] = database
    return make_conninfo(**known)


@contextlib.contextmanager
def reading(at: str) -> Iterator["psycopg.Connection[Any]"]:
    """A connection whose whole life is one snapshot, and whose texts do not depend on the server's settings."""
    with psycopg.connect(at, autocommit=True, application_name="ninefold-backup") as link:
        for setting in ("TimeZone = 'UTC'", "DateStyle = 'ISO'", "extra_float_digits = 1", "bytea_output = 'hex'"):
            link.execute(sql.SQL("SET " + setting))
        link.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield link


def dump(link: "psycopg.Connection[Any]", at: str, to: Path) -> None:
    """pg_dump of exactly what `link` sees; BackupError with its words."""
    [snapshot] = link.execute("SELECT pg_export_snapshot()").fetchone() or [""]
    without = [f"--exclude-table-data={table}" for table in SECRET_TABLES]
    _run("pg_dump", at, "--format=custom", "--no-owner", f"--snapshot={snapshot}", *without, f"--file={to}")


def load(at: str, dumped: Path) -> None:
    """All of the dump or nothing of it."""
    _run("pg_restore", at, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(dumped))


def _run(program: str, at: str, *words: str) -> None:
    known = {key: str(value) for key, value in conninfo_to_dict(at).items() if value is not None}
    password = known.pop("password", "")
    command = [_program(program), f"--dbname={make_conninfo(**known)}", *words]
    env = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    if done.returncode:
        raise BackupError(f"{program} gave up: {done.stderr.strip()[-600:]}")


def _program(name: str) -> str:
    """Where POSTGRES_PROGRAMS names a folder, there; else in the wheel; else on the PATH."""
    folder = os.environ.get("POSTGRES_PROGRAMS", "")
    if folder:
        return str(Path(folder) / name)
    try:
        from config.embedded import postgres
    except ImportError:  # a server of its own needs no wheel
        return name
    return postgres.program(name)


def tables(link: "psycopg.Connection[Any]") -> list[str]:
    """Every table, sessions left out."""
    rows = link.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return [name for (name,) in rows if name not in SECRET_TABLES]


def facts(link: "psycopg.Connection[Any]") -> dict[str, Any]:
    """Rows and digest of every table; sums of money and bytes; the last migration of each part."""
    known = tables(link)
    held = {table: _of_table(link, table) for table in known}
    sums = {
        name: str(
            _one(link, sql.SQL("SELECT coalesce(sum({}), 0) FROM {}").format(*map(sql.Identifier, (field, of))))
        )
        for name, (of, field) in SUMS.items()
        if of in known
    }
    return {"tables": held, "sums": sums, "sequences_behind": _sequences_behind(link)}


def _of_table(link: "psycopg.Connection[Any]", table: str) -> dict[str, Any]:
    hashed = sql.SQL("SELECT encode(sha256(convert_to(t::text, 'UTF8')), 'hex') AS d FROM {} t").format(
        sql.Identifier(table)
    )
    part = sql.SQL("coalesce(sum(('x' || substr(d, {}, 15))::bit(60)::bigint::numeric), 0)")
    parts = sql.SQL(", ").join(part.format(sql.Literal(at)) for at in (1, 16, 31, 46))
    query = sql.SQL("SELECT count(*), {} FROM ({}) q").format(parts, hashed)
    row = link.execute(query).fetchone() or (0,)
    return {"rows": row[0], "digest": "-".join(f"{int(part):x}" for part in row[1:])}


def _sequences_behind(link: "psycopg.Connection[Any]") -> list[str]:
    """Counters that would give out a number that a row has already; a work's number is half of its token."""
    owned = link.execute(
        "SELECT s.relname, t.relname, a.attname FROM pg_class s "
        "JOIN pg_depend d ON d.objid = s.oid JOIN pg_class t ON t.oid = d.refobjid "
        "JOIN pg_attribute a ON (a.attrelid, a.attnum) = (t.oid, d.refobjsubid) "
        "WHERE s.relkind = 'S' AND d.deptype IN ('a', 'i')"
    ).fetchall()
    behind = []
    for sequence, table, column in owned:
        query = sql.SQL("SELECT coalesce(max({}), 0) > (SELECT last_value FROM {}) FROM {}").format(
            sql.Identifier(column), sql.Identifier(sequence), sql.Identifier(table)
        )
        if _one(link, query):
            behind.append(str(sequence))
    return sorted(behind)


def _one(link: "psycopg.Connection[Any]", query: sql.Composed) -> Any:
    row = link.execute(query).fetchone()
    return row[0] if row else None
