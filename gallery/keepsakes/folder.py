"""A folder that is there whole or not at all: written under another name, flushed, renamed.

Refuses a place that is taken. Whatever ends the writing early (a full disk, a missing block, Ctrl-C) leaves nothing
behind but its error.
"""

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from gallery.errors import GalleryError
from gallery.keepsakes.zipped import Entry, Written

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FolderRefused(GalleryError):
    """A folder cannot be written there; the message says why."""

    code = "folder_refused"
    title = "This folder cannot be written"
    next_step = "Name another place."


@contextlib.contextmanager
def whole(out: Path) -> Iterator[Path]:
    """The draft to write into; it becomes `out` when all went well. FolderRefused."""
    if out.exists():
        raise FolderRefused(f"{out} is there already, and nothing is written over.")
    draft = out.with_name(f".{out.name}.draft-{os.getpid()}")
    try:
        draft.mkdir(parents=True)
        yield draft
        draft.rename(out)
    except OSError as error:
        if error.errno in _FULL:
            raise FolderRefused(
                f"The disk that holds {out.parent} has no room for it; nothing half was left.",
                next_step="Free some room, or name another place.",
            ) from error
        raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def put(folder: Path, entry: Entry) -> Written:
    """Write one file below the draft, flushed to the disk."""
    path = folder / entry.path
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size_bytes = hashlib.sha256(), 0
    with path.open("xb") as file:
        for piece in entry.pieces():
            file.write(piece)
            digest.update(piece)
            size_bytes += len(piece)
        file.flush()
        os.fsync(file.fileno())
    return Written(entry.path, size_bytes, digest.hexdigest(), entry.cid)
