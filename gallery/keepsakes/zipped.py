"""A ZIP that is sent while it is written: nothing of it is on a disk here, and at most a block of it in memory.

Entries are stored as they are (pictures and archives are compressed already) and carry no time of their own, so the
same content gives the same bytes. Reference: APPNOTE.TXT 6.3.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that ZIP can tell


@dataclass(frozen=True)
class Entry:
    """One file: its path, its bytes in pieces, and its CID where it has one."""

    path: str
    pieces: Callable[[], Iterator[bytes]]
    cid: str = ""


@dataclass(frozen=True)
class Written:
    """What went out under a path."""

    path: str
    size_bytes: int
    sha256: str
    cid: str


class _Outlet:
    """A file that cannot be sought in; what was written is taken from it piece by piece."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """As of any file; there is nothing to do."""

    close = flush

    def taken(self) -> bytes:
        held, self._held = self._held, []
        return b"".join(held)


def stream(folder: str, entries: Iterator[Entry], last: Callable[[list[Written]], Entry]) -> Iterator[bytes]:
    """The archive of `entries` below `folder`; `last` makes the closing entry from what was written before it.

    An entry that cannot be read ends the stream early with its error: such a ZIP has no directory and does not open.
    """
    outlet = _Outlet()
    written: list[Written] = []
    with zipfile.ZipFile(outlet, "w") as archive:
        for entry in entries:
            yield from _put(archive, outlet, folder, entry, written)
        yield from _put(archive, outlet, folder, last(written), written)
    yield outlet.taken()


def _put(
    archive: zipfile.ZipFile, outlet: _Outlet, folder: str, entry: Entry, written: list[Written]
) -> Iterator[bytes]:
    info = zipfile.ZipInfo(f"{folder}/{entry.path}", _EPOCH)
    info.external_attr = 0o644 << 16
    digest, size_bytes = hashlib.sha256(), 0
    with archive.open(info, "w", force_zip64=True) as file:
        for piece in entry.pieces():
            file.write(piece)
            digest.update(piece)
            size_bytes += len(piece)
            yield outlet.taken()
    written.append(Written(entry.path, size_bytes, digest.hexdigest(), entry.cid))
