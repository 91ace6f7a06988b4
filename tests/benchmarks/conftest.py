"""Benchmarks: figures against a named baseline measured in the same run; never pass or fail by time.

`make bench` runs all, `make bench NAME=mints` runs `bench_mints.py`. A benchmark is a pytest function that takes
`figure` and whatever fixtures the tests have (the real PostgreSQL, Redis and chain node); each call prints one line
of JSON, and the table of all comes last. They are not collected by `make test`.
"""

import json
from collections.abc import Callable

import pytest

Figure = Callable[..., None]
_rows: list[dict[str, object]] = []


@pytest.fixture
def figure(capsys: pytest.CaptureFixture[str]) -> Figure:
    """figure(name, value, unit, baseline=None, of=""): `baseline` is in the same unit, `of` says what it measures."""

    def say(name: str, value: float, unit: str, baseline: float | None = None, of: str = "") -> None:
        ratio = round(value / baseline, 4) if baseline else None
        row = {"name": name, "value": value, "unit": unit, "baseline": baseline, "baseline_of": of, "ratio": ratio}
        _rows.append(row)
        with capsys.disabled():
            print(json.dumps(row), flush=True)

    return say


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for row in _rows:
        line = f"{row['name']:<48} {row['value']:>14,.4g} {row['unit']}"
        if row["baseline"] is not None:
            line += f"   {row['ratio']} x {row['baseline_of'] or 'baseline'} ({row['baseline']:,.4g})"
        terminalreporter.write_line(line)
