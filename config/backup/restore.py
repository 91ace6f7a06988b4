"""Putting a backup back: the bytes first, then the database in one transaction, into places that are empty.

What was copied before an interruption is not copied again. Whatever does not hash to what SHA256SUMS says is refused,
and a database that has a table already is not touched.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from config.backup import database, files, keys, rows, take
from config.backup.errors import BackupError, Differs, NoRoom

SPARE_BYTES = 64 * 1024**2


@dataclass(frozen=True)
class Place:
    """Where a site lives: its database, and a folder for each part of the backup."""

    database: str
    ipfs: Path
    pictures: Path
    deployments: Path
    state: Path

    def target(self, path: str) -> Path:
        roots = {
            "ipfs/": self.ipfs, "pictures/": self.pictures, "public/deployments/": self.deployments,
            "public/": self.state / "restored",
        }  # fmt: skip
        for start, root in roots.items():
            if path.startswith(start):
                return root / path.removeprefix(start)
        raise Differs(f"SHA256SUMS names {path!r}, which belongs nowhere.")


def here() -> Place:
    """This site's own places; the certificate goes to `restored` in the state folder."""
    return Place(
        database.here(), Path(settings.CONTENT_STORE_DIR), Path(settings.PICTURES_DIR),
        Path(settings.DEPLOYMENTS_DIR), Path(settings.STATE_DIR),
    )  # fmt: skip


@dataclass(frozen=True)
class Restored:
    """What was put back, and a sentence for each key that is wanting."""

    facts: dict[str, Any]
    files: int
    new_files: int
    keys: list[str]


def restore(folder: Path, to: Place) -> Restored:
    """BackupError where the place is not empty; Differs where anything is not what was taken; NoRoom."""
    said = take.read_facts(folder)
    _must_be_empty(folder, to, said)
    new_files = count = 0
    with files.room(to.ipfs):
        for digest, path in files.sums(folder / take.SUMS):
            _, _, is_new = files.copy(folder / path, to.target(path), digest)
            count, new_files = count + 1, new_files + is_new
    database.load(to.database, folder / take.DUMP)
    wrong = differences(said, to)
    if wrong:
        raise Differs("What was put back differs: " + "; ".join(wrong[:20]))
    return Restored(said, count, new_files, keys.missing(said["keys"]))


def differences(said: dict[str, Any], at: Place) -> list[str]:
    """Counts, digests, sums, counters and bytes of a place against what the backup says; nothing when all agree."""
    with database.reading(at.database) as link:
        found = database.facts(link)
        wrong = [
            f"{table}: {found['tables'].get(table, {}).get('rows', 'no')} rows, {known['rows']} were taken"
            if found["tables"].get(table, {}).get("rows") != known["rows"]
            else f"{table}: the same number of rows with other words"
            for table, known in said["tables"].items()
            if found["tables"].get(table) != known
        ]
        wrong += [f"{name}: {found['sums'].get(name)}, {known} was taken" for name, known in said["sums"].items()
                  if found["sums"].get(name) != known]  # fmt: skip
        behind = set(found["sequences_behind"]) - set(said["sequences_behind"])
        wrong += [f"the counter {name} is behind its table" for name in sorted(behind)]
        gone = set(rows.lacking(link, at.ipfs, at.pictures)) - set(said["lacking"])
    return wrong + [f"{one} is not there" for one in sorted(gone)]


def _must_be_empty(folder: Path, to: Place, said: dict[str, Any]) -> None:
    with database.reading(to.database) as link:
        if database.tables(link):
            raise BackupError("The database that DATABASE_URL names has tables already. Name an empty one.")
    known, have = set(), 0
    for digest, path in files.sums(folder / take.SUMS):
        target = to.target(path)
        known.add(str(target))
        if path.startswith("public/") and target.is_file() and files.sha256(target) != digest:
            raise BackupError(f"{target} says something else than the backup. Move it away if the backup is right.")
    for root in (to.ipfs, to.pictures):
        for path in files.below(root):
            if str(root / path) not in known:
                raise BackupError(f"{root} holds {path}, which is not of this backup. Name empty folders.")
            have += (root / path).stat().st_size
    parent = next(part for part in (to.ipfs, *to.ipfs.parents) if part.exists())
    needed, free = said["size_bytes"] - have + SPARE_BYTES, shutil.disk_usage(parent).free
    if needed > free:
        raise NoRoom(f"The disk that holds {to.ipfs} has {free:,} bytes left, and {needed:,} are needed.")
