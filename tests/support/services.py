"""The real parts that every test run has: PostgreSQL and Redis of its own, in a folder of its own.

Loaded by pytest before Django's settings (`-p tests.support.services`). The chain node is a fixture, see chain.py.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

from config.embedded import ports, postgres, redis_server
from tests.support.processes import Process

STATE = Path(tempfile.mkdtemp(prefix="ninefold-test-"))
_redis: Process | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    global _redis
    STATE.chmod(0o755)
    for folder in ("static", "pictures", "ipfs"):
        (STATE / folder).mkdir()
    url = postgres.start(STATE / "postgres")
    with psycopg.connect(url, autocommit=True) as connection:  # a test database may be lost in a power cut
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET synchronous_commit = off")
        connection.execute("SELECT pg_reload_conf()")
    port = ports.free()
    _redis = Process("redis", redis_server.command(port, STATE / "redis"), STATE / "redis.log")
    _redis.wait_for_port(port)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        DATABASE_URL=url,
        REDIS_URL=redis_server.url(port),
        SECRET_KEY="of the test run",
        STATE_DIR=str(STATE),
        SITE_URL="http://127.0.0.1:8000",
        SITE_FEE_ADDRESS="0x00000000000000000000000000000000000F33E5",
        JOB_LEASE_SECONDS="3",
        CHECKS_PER_MINUTE="0",  # every test comes from one address
        NINEFOLD_ROLE="shell",
    )


@atexit.register  # where pytest gave up before it was configured, as over a settings module that cannot be read
def pytest_unconfigure() -> None:
    global _redis
    if _redis:
        _redis.stop()
        _redis = None
        postgres.stop(STATE / "postgres")
    shutil.rmtree(STATE, ignore_errors=True)
