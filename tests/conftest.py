import pytest

from tests.support.chain import chain_url, own_chain_url
from tests.support.contracts import stage

__all__ = ["chain_url", "own_chain_url", "stage"]


LONGEST = "tests/integration/test_demo.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The file that takes longest goes first, or one process would wait for the other at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
