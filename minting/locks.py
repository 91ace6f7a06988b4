"""Locks by name in PostgreSQL, held until the transaction ends: they cannot outlive a process that dies."""

from django.db import connection


def hold(name: str) -> None:
    """Wait for the lock `name` and keep it until the surrounding transaction ends; there must be one."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"The lock {name!r} needs a transaction to live in.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
