"""Taking a backup of the running site; given again after it was stopped, it goes on from there."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from config.backup import database, files, keys, rows
from config.backup.errors import BackupError, Differs
from minting import locks

VERSION = 1
DUMP, SUMS, FACTS = "database.dump", "SHA256SUMS", "backup.json"


@dataclass(frozen=True)
class Taken:
    """`lacking` names rows whose bytes the site itself did not have, `spoilt` files whose bytes had changed."""

    folder: Path
    files: int
    size_bytes: int
    new_files: int
    seconds: float
    lacking: list[str]
    spoilt: list[str]


def take(out: Path) -> Taken:
    """Write `out`, which must not be there; an unfinished one lies beside it as `<out>.partial` and is gone on with.

    BackupError, or its child NoRoom. May run beside everything else; garbage collection waits.
    """
    began = time.monotonic()
    if out.exists():
        raise BackupError(f"{out} is there already; a backup is never written over. Name another folder.")
    draft = out.with_name(f"{out.name}.partial")
    with _alone(draft), database.reading(database.here()) as link:
        link.execute("SELECT pg_advisory_lock_shared(hashtextextended(%s, 0))", [locks.CONTENT])
        taken_at = timezone.now()
        files.clear_drafts(draft)
        with files.room(draft):
            database.dump(link, database.here(), draft / f"{files.DRAFT}{DUMP}")
            (draft / f"{files.DRAFT}{DUMP}").replace(draft / DUMP)
        facts = {**database.facts(link), "keys": keys.fingerprints(link)}
        copied, spoilt = _copy_all(draft)
        lacking = list(rows.lacking(link, draft / "ipfs", draft / "pictures"))
        said = {
            "version": VERSION, "taken_at": taken_at.isoformat(), "site": settings.SITE_URL,
            "chain_id": settings.CHAIN_ID, "files": copied["files"], "size_bytes": copied["size_bytes"],
            "dump_sha256": files.sha256(draft / DUMP), "sums_sha256": files.sha256(draft / SUMS), **facts,
            "lacking": lacking, "spoilt": spoilt,
        }  # fmt: skip
        files.write(draft / FACTS, json.dumps(said, indent=1).encode())
        (draft / ".lock").unlink()
        os.sync()
        draft.rename(out)
    return Taken(out, **copied, seconds=time.monotonic() - began, lacking=lacking, spoilt=spoilt)


@contextlib.contextmanager
def _alone(draft: Path) -> Iterator[None]:
    draft.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (draft / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BackupError(f"Another process is writing {draft}.") from None
        yield


def _copy_all(draft: Path) -> tuple[dict[str, int], list[str]]:
    count: dict[str, int] = {"files": 0, "size_bytes": 0, "new_files": 0}
    spoilt: list[str] = []
    with files.room(draft), (draft / f"{files.DRAFT}{SUMS}").open("w") as sums:
        for source, path in sources():
            try:
                size, digest, is_new = files.copy(source, draft / path, files.named_sha256(source.name), trust=True)
            except FileNotFoundError:
                continue  # set aside by a check meanwhile, or a smaller copy that was made anew
            except Differs:
                spoilt.append(path)
                continue
            sums.write(f"{digest}  {path}\n")
            count["files"] += 1
            count["size_bytes"] += size
            count["new_files"] += is_new
    (draft / f"{files.DRAFT}{SUMS}").replace(draft / SUMS)
    return count, spoilt


def sources() -> Iterator[tuple[Path, str]]:
    """(file here, path in the backup) of everything that is copied."""
    for name, root in (("ipfs", settings.CONTENT_STORE_DIR), ("pictures", settings.PICTURES_DIR)):
        for path in files.below(Path(root)):
            yield Path(root) / path, f"{name}/{path}"
    for path in files.below(Path(settings.DEPLOYMENTS_DIR)):
        if path.endswith(".json"):
            yield Path(settings.DEPLOYMENTS_DIR) / path, f"public/deployments/{path}"
    chain = keys.certificate_path()
    if chain:
        yield chain, f"public/{keys.CERTIFICATE}"


def read_facts(folder: Path) -> dict[str, Any]:
    """What a finished backup says of itself; BackupError for anything else."""
    if not (folder / FACTS).is_file():
        part = folder.name.endswith(".partial") or folder.with_name(f"{folder.name}.partial").exists()
        raise BackupError(f"{folder} is no finished backup." + (" It was stopped; take it again." if part else ""))
    said: dict[str, Any] = json.loads((folder / FACTS).read_bytes())
    if said.get("version") != VERSION:
        raise BackupError(f"{folder} is of version {said.get('version')}, and this program reads {VERSION}.")
    for name, key in ((DUMP, "dump_sha256"), (SUMS, "sums_sha256")):
        if files.sha256(folder / name) != said[key]:
            raise Differs(f"{folder / name} is not what was taken.")
    return said
