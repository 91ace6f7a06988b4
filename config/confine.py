"""Start a process that cannot read the keys folder, though its user could: `python config/confine.py COMMAND ...`.

The Procfile starts every role but `chain` through here. Linux's Landlock forbids this process, and all that come
from it, to open any file below <state>/keys; from the same rule follows that they can neither trace a process that
may, nor link or move a key, or the folder itself, to where it could be read. A rule of Landlock allows and never
forbids, so that everything beside the path to the keys is allowed: a file that appears later in one of the folders
above them is closed to the process too.

Where the kernel has no Landlock of the second version (before Linux 5.19, other systems) the command starts all the
same, after one line that says so; in production it does not start when it could read a file in there. What this
cannot stop: the same user's process may still replace code that the chain worker will read at its next start. In
production that worker has a user of its own (docs/runbook.md). Standard library only. Reference: landlock(7).
"""

import ctypes
import os
import platform
import stat
import struct
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PR_SET_NO_NEW_PRIVS = 38
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on every machine
VERSION, PATH_BENEATH = 1, 1
READ_FILE, REMOVE_DIR, REFER = 1 << 2, 1 << 4, 1 << 13
IN_FOLDERS = REMOVE_DIR | REFER  # to rename a folder, and to move between two


class CannotConfine(Exception):
    """The kernel does not offer it; the message says why."""


def main(command: list[str]) -> None:
    """Confine this process and become `command`."""
    keys = Path(os.environ.get("STATE_DIR") or ROOT / ".ninefold").resolve() / "keys"
    if Path(tempfile.gettempdir()).resolve() in keys.parents:
        spare = keys.parent / "tmp"  # temporary files could not be read again where they usually lie
        spare.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ["TMPDIR"] = str(spare)
    try:
        forbid_reading(keys)
    except CannotConfine as reason:
        role = os.environ.get("NINEFOLD_ROLE", "this")
        sys.stderr.write(f"The {role} process is not kept from the files in {keys}: {reason}.\n")
        if os.environ.get("PRODUCTION") == "1" and can_read_any(keys):
            sys.exit("In production it does not start so. Give the keys to the chain worker's own user alone.")
    os.execvp(command[0], command)  # noqa: S606  the Procfile's own line


def forbid_reading(folder: Path) -> None:
    """From now on no file below `folder` (resolved) can be opened for reading by this process and its children."""
    if platform.system() != "Linux":
        raise CannotConfine(f"{platform.system()} has no Landlock")
    libc = ctypes.CDLL(None, use_errno=True)

    def call(number: int, *arguments: object) -> int:
        answer = int(libc.syscall(ctypes.c_long(number), *arguments))
        if answer < 0:
            raise CannotConfine(f"Landlock: {os.strerror(ctypes.get_errno())}")
        return answer

    if call(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(VERSION)) < 2:
        raise CannotConfine("this kernel's Landlock knows no moving between folders")
    handled = struct.pack("=Q", READ_FILE | IN_FOLDERS)
    ruleset = call(CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), ctypes.c_uint(0))
    for path in _beside(folder):
        try:
            place = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue  # gone in between
        try:
            is_folder = stat.S_ISDIR(os.fstat(place).st_mode)
            rule = struct.pack("=Qi", READ_FILE | (IN_FOLDERS if is_folder else 0), place)
            call(ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(PATH_BENEATH), rule, ctypes.c_uint(0))
        finally:
            os.close(place)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), *[ctypes.c_ulong(0)] * 3):
        raise CannotConfine(f"no_new_privs: {os.strerror(ctypes.get_errno())}")
    call(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint(0))
    os.close(ruleset)


def _beside(folder: Path) -> Iterator[str]:
    """Everything that lies next to the path from the root to `folder`; links left out: they lead elsewhere."""
    for inner, outer in zip([folder, *folder.parents], folder.parents, strict=False):
        try:
            with os.scandir(outer) as entries:
                yield from (entry.path for entry in entries if entry.name != inner.name and not entry.is_symlink())
        except OSError:
            continue  # a folder that may be passed through and not listed, or is not there yet


def can_read_any(folder: Path) -> bool:
    """Whether this process can open one file of `folder`; asked of the kernel, since access(2) does not know."""
    try:
        names = [path for path in folder.iterdir() if path.is_file()]
    except OSError:
        return False
    for path in names:
        try:
            with path.open("rb"):
                return True
        except OSError:
            continue
    return False


if __name__ == "__main__":
    main(sys.argv[1:])
