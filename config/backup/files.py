"""Files copied and hashed on the way: each whole under its name or not there, so that a copy can be gone on with.

A block is named by its own SHA-256 and so is a picture; such a file is compared with its name while it is copied, and
need not be read again when it is there already.
"""

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.backup.errors import Differs, NoRoom
from minting.errors import MalformedCid
from minting.ipfs import cid as cids

PIECE_BYTES = 1024**2
DRAFT = ".draft-"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True)
class Copied:
    """`path` is below the backup, `sha256` of the bytes, `is_new` when they were written just now."""

    path: str
    size_bytes: int
    sha256: str
    is_new: bool


def below(root: Path) -> Iterator[str]:
    """Every finished file, by its path below `root`, in order; nothing of what is being written."""
    if not root.is_dir():
        return
    for entry in sorted(os.scandir(root), key=lambda entry: entry.name):
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            for path in below(Path(entry.path)):
                yield f"{entry.name}/{path}"
        elif entry.is_file(follow_symlinks=False):
            yield entry.name


def named_sha256(name: str) -> str:
    """The digest that a file's own name promises: a block's, a picture's; "" where it promises none."""
    stem = Path(name).stem
    if len(stem) == 64 and all(sign in "0123456789abcdef" for sign in stem):
        return stem
    with contextlib.suppress(MalformedCid):
        return cids.digest32(name).hex()
    return ""


@contextlib.contextmanager
def room(folder: Path) -> Iterator[None]:
    """A full disk becomes NoRoom."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoRoom(
                f"The disk that holds {folder} is full. What was copied is whole and kept; free some room and give "
                "the same command again."
            ) from error
        raise


def copy(source: Path, target: Path, expected: str = "", *, trust: bool = False) -> tuple[int, str, bool]:
    """(bytes, SHA-256, whether it was written now). Differs when the bytes are not `expected`.

    With `trust` a file of this length that is there already, and whose digest is known, is not read again.
    """
    if target.is_file() and target.stat().st_size == source.stat().st_size:
        found = expected if trust and expected else sha256(target)
        if not expected or found == expected:
            return target.stat().st_size, found, False
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{DRAFT}{target.name}")
    digest, size_bytes = hashlib.sha256(), 0
    try:
        with source.open("rb") as coming, draft.open("wb") as going:
            while piece := coming.read(PIECE_BYTES):
                going.write(piece)
                digest.update(piece)
                size_bytes += len(piece)
            going.flush()
            os.fsync(going.fileno())
        if expected and digest.hexdigest() != expected:
            raise Differs(f"{source} is not what it was: its bytes hash to {digest.hexdigest()}.")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return size_bytes, digest.hexdigest(), True


def clear_drafts(root: Path) -> None:
    """Remove what a killed process left half written."""
    for path in root.rglob(f"{DRAFT}*"):
        path.unlink()


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def write(path: Path, data: bytes) -> None:
    """A small file, whole or not at all."""
    draft = path.with_name(f"{DRAFT}{path.name}")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def sums(path: Path) -> Iterator[tuple[str, str]]:
    """(SHA-256, path) of each line of SHA256SUMS; Differs for a path that leads out of the backup."""
    with path.open() as lines:
        for line in lines:
            digest, _, name = line.rstrip("\n").partition("  ")
            parts = name.split("/")
            if len(digest) != 64 or not all(parts) or {".", ".."} & set(parts):
                raise Differs(f"{path} has a line that is none: {line[:80]!r}")
            yield digest, name
