"""How often a test that is about chance or about death repeats itself: little in CI, much in `make test-long`."""

import os
import random

import pytest

IS_LONG = os.environ.get("NINEFOLD_LONG") == "1"


def times(in_ci: int, in_long: int) -> int:
    """Rounds in this run."""
    return in_long if IS_LONG else in_ci


@pytest.fixture
def dice() -> random.Random:
    """Chance with a seed that is printed, and taken from NINEFOLD_SEED to play the same again."""
    seed = int(os.environ.get("NINEFOLD_SEED") or random.SystemRandom().randrange(2**32))
    print(f"NINEFOLD_SEED={seed}")
    return random.Random(seed)
