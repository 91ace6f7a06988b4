"""Files of the picture store that no row names any more: of deleted pictures, of the loser of two who signed the same
claim at once, of a process that was killed between its file and its row.

A file younger than the grace is left alone, since its row may be on its way. Smaller copies go with their picture;
the manifest of a copy that names its address stays as long as that copy does.
"""

import contextlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from generation.models import Credential, Image, Job

GRACE_SECONDS: Final = 24 * 3600
_NAMED_MANIFEST: Final = re.compile(rb"/credentials/([0-9a-f-]{36})\.c2pa")
_ORIGINALS: Final = re.compile(r"[0-9a-f]{2}")


@dataclass(frozen=True)
class Freed:
    """What was removed."""

    files: int
    size_bytes: int


def collect(grace_seconds: float = GRACE_SECONDS) -> Freed:
    """Remove every file that no row names and that is older than the grace. May run beside everything else."""
    older_than = time.time() - grace_seconds
    named = _named_pictures()
    manifests = {key.hex for key in Credential.objects.values_list("pk", flat=True)} | set(_named_by_copies(named))
    freed = [_remove(path, older_than) for path in _files() if not _is_named(path, named, manifests)]
    sizes = [size for size in freed if size is not None]
    return Freed(len(sizes), sum(sizes))


def drop(sha256s: Iterable[str], manifests: Iterable[str]) -> Freed:
    """Remove at once the files of these pictures and manifests, as far as no row names them now."""
    gone = set(sha256s) - _named_pictures()
    paths = [path for sha256 in gone for path in _of_picture(sha256)]
    paths += [path for key in manifests for path in _of_manifest(key)]
    sizes = [size for size in (_remove(path, time.time() + 1) for path in paths) if size is not None]
    return Freed(len(sizes), sum(sizes))


def _of_picture(sha256: str) -> Iterator[Path]:
    yield from (_root() / sha256[:2]).glob(f"{sha256}.*")
    for copy in (_root() / "derived" / sha256[:2]).glob(f"{sha256}-*"):
        yield from (path for key in _named_in(copy) for path in _of_manifest(key))
        yield copy


def _of_manifest(key: str) -> list[Path]:
    return [_root() / "credentials" / key[:2] / f"{key}.{ending}" for ending in ("c2pa", "of")]


def _named_pictures() -> set[str]:
    """Pictures of rows and of what was signed, and the masks that recipes name."""
    masks = Job.objects.filter(recipe__has_key="mask_sha256").values_list("recipe__mask_sha256", flat=True)
    return {
        *Image.objects.values_list("sha256", flat=True).iterator(),
        *Credential.objects.values_list("sha256", flat=True).iterator(),
        *masks.iterator(),
    }


def _named_by_copies(named: set[str]) -> Iterator[str]:
    for path in _below(_root() / "derived"):
        if path.name.partition("-")[0] in named:
            yield from _named_in(path)


def _named_in(copy: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        return [key.decode().replace("-", "") for key in _NAMED_MANIFEST.findall(copy.read_bytes())]
    return []


def _is_named(path: Path, named: set[str], manifests: set[str]) -> bool:
    part = path.relative_to(_root()).parts[0]
    if path.name.startswith(".draft-"):
        return False
    if part == "credentials":
        return path.stem in manifests
    if part == "derived":
        return path.name.partition("-")[0] in named
    return not _ORIGINALS.fullmatch(part) or path.stem in named


def _remove(path: Path, older_than: float) -> int | None:
    with contextlib.suppress(FileNotFoundError):
        about = path.stat()
        if about.st_mtime < older_than:
            path.unlink()
            return about.st_size
    return None


def _files() -> Iterator[Path]:
    return _below(_root())


def _below(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in names)


def _root() -> Path:
    return Path(settings.PICTURES_DIR)
