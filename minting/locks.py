"""Locks by name in PostgreSQL, held until the transaction ends: they cannot outlive a process that dies."""

from django.db import connection

CONTENT = "content"  # whoever copies all bytes shares it; whoever removes some has it alone


def hold(name: str) -> None:
    """Wait for the lock `name` and keep it until the surrounding transaction ends; there must be one."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"The lock {name!r} needs a transaction to live in.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def try_to_hold(name: str) -> bool:
    """As `hold`, but without waiting: whether nobody else has it, not even shared."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"The lock {name!r} needs a transaction to live in.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])
