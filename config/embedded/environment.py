"""The environment variables of one machine, kept in the state folder as `env.json`.

Written by `make demo` when it has started its services; `manage.py` adopts them so that commands typed in another
terminal reach the same database. Variables that are already set win. Holds no key of a wallet.
"""

import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def state_dir() -> Path:
    """The one ignored folder that holds everything of this machine's Ninefold."""
    return Path(os.environ.get("STATE_DIR", str(ROOT / ".ninefold"))).resolve()


def write(variables: dict[str, str]) -> None:
    """Keep `variables` for later commands; atomic, readable by this user only."""
    path = state_dir() / "env.json"
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(variables, indent=1, sort_keys=True))
    draft.replace(path)


def read() -> dict[str, str]:
    """What was last written, or nothing."""
    path = state_dir() / "env.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def adopt() -> None:
    """Fill the gaps of os.environ from the file, where this machine runs its own services."""
    if "DATABASE_URL" not in os.environ:
        for name, value in read().items():
            os.environ.setdefault(name, value)
