"""`make clean-demo`: forget the demonstration's data, unless it is open. Standard library only, like what it undoes.

What a killed `make demo` left running (the process manager, PostgreSQL) is stopped first, or it would write its state
back. Obeys STATE_DIR, and removes nothing that does not look like a state folder of Ninefold.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = "open.lock"
LEFT_RUNNING = {"supervisord.pid": signal.SIGTERM, "postgres/postmaster.pid": signal.SIGINT}
PATIENCE_SECONDS = 60


def main() -> str:
    """What stood in the way, for sys.exit; nothing when the data are gone."""
    state = Path(os.environ.get("STATE_DIR") or ROOT / ".ninefold").resolve()
    if not state.exists():
        return ""
    if not any((state / name).exists() for name in ("env.json", "keys", LOCK)):
        return f"{state} does not look like Ninefold's data; nothing was removed. Look at STATE_DIR."
    with (state / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return "Ninefold is open. Close it with Ctrl-C where it runs, then try again; nothing was removed."
        for name, number in LEFT_RUNNING.items():
            if not _stop(state / name, number, str(state)):
                return f"A process of {name} in {state} does not stop; nothing was removed."
        shutil.rmtree(state)
    return ""


def _stop(pid_file: Path, number: int, ours: str) -> bool:
    """Whether the process of this file, if it is one that works in our folder, has ended."""
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return True
    end = time.monotonic() + PATIENCE_SECONDS
    asked = False
    while ours in _command(pid):
        if not asked:
            os.kill(pid, number)
            asked = True
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def _command(pid: int) -> str:
    """The command line of a process; nothing when there is none."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            return ""
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], stdout=subprocess.PIPE, check=False)
    return shown.stdout.decode(errors="replace").strip()


if __name__ == "__main__":
    sys.exit(main() or 0)
