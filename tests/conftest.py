from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.support.chain import chain_url, own_chain_url
from tests.support.contracts import fresh_stage, stage
from tests.support.profiles import dice

__all__ = ["chain_url", "dice", "fresh_stage", "own_chain_url", "stage"]

LONGEST = "tests/integration/test_demo.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The file that takes longest goes first, or one process would wait for the other at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(scope="session", autouse=True)
def no_session_outlives_the_tests(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A last request of a browser that was closed may still be answered when the test database is dropped."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
