"""Blocks as files: written whole or not at all, hashed again when they are read, removed only when none needs them.

A block is written to a temporary file, flushed to the disk and renamed, and its folder is flushed before anybody is
told that it is kept. Writing what is there already only makes it young again, and writing over a changed block mends
it. `remove` and writers take turns by a lock on the folder, so a block that a put has just found here cannot go
before it has been made young. Knows no trees, rows or network.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final

from minting.errors import BlockMissing, CorruptBlock, StoreFull
from minting.ipfs import cid as cids

DRAFT: Final = ".new-"
SPOILT: Final = ".spoilt-"
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_WRITERS: Final = 8  # flushes wait for the disk, not for the processor
_AHEAD: Final = 32  # blocks in memory at the most


class Disk:
    """Files below `root`, in folders by the last two letters before the last of their CID."""

    def __init__(self, root: Path) -> None:
        self.root = root

    # --- Writing ---

    def put_block(self, block: bytes, codec: int) -> str:
        """Keep one block as it is; its CID. StoreFull when the disk has no room for it."""
        cid = cids.of_block(block, codec)
        self._keep(cid, block)
        _flush_folder(self._path(cid).parent)
        return cid

    def _keep(self, cid: str, block: bytes) -> None:
        """Everything but the flushing of the folder; from any thread."""
        path = self._path(cid)
        if self._make_young(path):
            with contextlib.suppress(BlockMissing, CorruptBlock):
                self.block(cid)
                return
        try:
            self._write(path, block)
        except OSError as error:
            if error.errno in _FULL:
                raise StoreFull(
                    f"The disk of the content store has no room for {len(block):,} more bytes; nothing half was left."
                ) from error
            raise

    def _make_young(self, path: Path) -> bool:
        if not path.is_file():
            return False
        with self._turn(fcntl.LOCK_SH), contextlib.suppress(FileNotFoundError):
            os.utime(path)
            return True
        return False

    def _write(self, path: Path, block: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=DRAFT)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(block)
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o644)
            with self._turn(fcntl.LOCK_SH):
                os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise

    @contextlib.contextmanager
    def _turn(self, kind: int) -> Iterator[None]:
        """Writers share, the remover has it alone. One descriptor for each: a lock of this kind belongs to it."""
        self.root.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, kind)
            yield
        finally:
            os.close(handle)

    # --- Reading ---

    def has(self, cid: str) -> bool:
        """Whether the block is on disk; says nothing of its children or of changed bytes."""
        return self._path(cid).is_file()

    def block(self, cid: str) -> bytes:
        """One block, hashed again; BlockMissing or CorruptBlock."""
        try:
            data = self._path(cid).read_bytes()
        except FileNotFoundError:
            raise BlockMissing(f"The block {cids.parse(cid)} is not in the content store.") from None
        if hashlib.sha256(data).digest() != cids.digest32(cid):
            raise CorruptBlock(f"The bytes stored under {cids.parse(cid)} have changed.")
        return data

    def block_bytes(self, cid: str) -> int:
        """The length of one block, from the disk alone; BlockMissing."""
        try:
            return self._path(cid).stat().st_size
        except FileNotFoundError:
            raise BlockMissing(f"The block {cids.parse(cid)} is not in the content store.") from None

    def all(self) -> Iterator[str]:
        """CIDs of every block, in no order."""
        for file in self._files():
            if not file.name.startswith("."):
                yield file.name

    # --- Removing ---

    def remove(self, chosen: Callable[[str], bool], older_than: float) -> Iterator[tuple[str, int]]:
        """Remove each chosen block that nobody has written or found since `older_than` (Unix time).

        Gives (CID, bytes) of what went, and ("", bytes) for a file that a killed process left half written. The age
        is looked at again once the writers wait.
        """
        for file in self._files():
            is_draft = file.name.startswith(DRAFT)
            if not is_draft and (file.name.startswith(".") or not chosen(file.name)):
                continue
            with contextlib.suppress(FileNotFoundError):
                if file.stat().st_mtime >= older_than:
                    continue
                with self._turn(fcntl.LOCK_EX):
                    about = os.stat(file.path)
                    if about.st_mtime >= older_than:
                        continue
                    os.unlink(file.path)
                yield "" if is_draft else file.name, about.st_size

    def set_aside(self, cid: str) -> None:
        """Take a block whose bytes have changed out of its place, kept under another name for whoever looks."""
        path = self._path(cid)
        with self._turn(fcntl.LOCK_EX), contextlib.suppress(FileNotFoundError):
            os.replace(path, path.with_name(f"{SPOILT}{int(time.time())}-{cid}"))

    def _files(self) -> Iterator[os.DirEntry[str]]:
        if not self.root.is_dir():
            return
        with os.scandir(self.root) as folders:
            for folder in sorted((f for f in folders if len(f.name) == 2 and f.is_dir()), key=lambda f: f.name):
                with os.scandir(folder) as files:
                    yield from list(files)

    def _path(self, cid: str) -> Path:
        cid = cids.parse(cid)  # nothing but 59 letters of base32 ever becomes a path
        return self.root / cid[-3:-1] / cid


class Batch:
    """Many blocks of one tree at once: flushed side by side, the last one after all others are safe."""

    def __init__(self, disk: Disk) -> None:
        self._disk, self._pool = disk, ThreadPoolExecutor(_WRITERS)
        self._under_way: set[Future[None]] = set()
        self._seen: set[str] = set()
        self._last: tuple[str, bytes] | None = None

    def put(self, block: bytes, codec: int) -> str:
        """As Disk.put_block, not yet safe. An error of an earlier block may come out here."""
        cid = cids.of_block(block, codec)
        if cid not in self._seen:
            self._seen.add(cid)
            if self._last:
                self._start(*self._last)
            self._last = (cid, block)
        return cid

    def _start(self, cid: str, block: bytes) -> None:
        if len(self._under_way) >= _AHEAD:
            self._settle(FIRST_COMPLETED)
        self._under_way.add(self._pool.submit(self._disk._keep, cid, block))

    def _settle(self, until: str = "ALL_COMPLETED") -> None:
        done, self._under_way = wait(self._under_way, return_when=until)
        for future in done:
            future.result()

    def __enter__(self) -> "Batch":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._settle()
                root = self._last[0] if self._last else ""
                for folder in {self._disk._path(cid).parent for cid in self._seen if cid != root}:
                    _flush_folder(folder)
                if self._last:
                    self._disk._keep(*self._last)
                    _flush_folder(self._disk._path(root).parent)
        finally:
            self._pool.shutdown(cancel_futures=True)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
