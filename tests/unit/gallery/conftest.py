from pathlib import Path
from typing import Any

import pytest

from tests.unit.gallery import factories


@pytest.fixture(autouse=True)
def deployed(settings: Any, tmp_path: Path) -> None:
    """Contracts, as far as pages can see; the chain itself plays no part in these tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a real one takes 0.3 s a person
    settings.STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns of a missing one
    settings.DEPLOYMENTS_DIR = tmp_path
    factories.deployed(tmp_path)
