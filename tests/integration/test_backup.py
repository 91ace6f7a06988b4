"""A site taken, put back and compared: with a real PostgreSQL, real files, kills and full disks."""

import json
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from django.conf import settings as current
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from config.backup import database, files, keys, restore, take
from config.backup.errors import BackupError, Differs, NoRoom
from config.backup.rehearse import rehearse
from gallery.models import Work
from minting import locks
from minting.ipfs import store as stores
from tests.support.processes import ROOT, python
from tests.unit.gallery import factories as make
from tests.unit.gallery.test_keepsakes import published

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def site(settings: Any, tmp_path: Path) -> Work:
    """A site with a sold work, its bytes in the store, somebody signed in."""
    settings.CONTENT_STORE_DIR, settings.PICTURES_DIR = tmp_path / "site/ipfs", tmp_path / "site/pictures"
    settings.DEPLOYMENTS_DIR = tmp_path / "site/deployments"
    settings.DEPLOYMENTS_DIR.mkdir(parents=True)
    make.deployed(settings.DEPLOYMENTS_DIR)
    by = make.artist("한서연")
    work = published(by, title="아홉 순간")
    work.price_wei = make.ETHER + 7
    make.sell(work)
    Session.objects.create(session_key="a secret that signs in", session_data="x", expire_date=timezone.now())
    return work


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[restore.Place]:
    with psycopg.connect(database.here(), autocommit=True) as link:
        link.execute("CREATE DATABASE restored TEMPLATE template0")
        yield restore.Place(
            database.here("restored"), tmp_path / "new/ipfs", tmp_path / "new/pictures", tmp_path / "new/deployments",
            tmp_path / "new",
        )  # fmt: skip
        link.execute("DROP DATABASE restored WITH (FORCE)")


def databases() -> set[str]:
    with psycopg.connect(database.here()) as link:
        return {name for (name,) in link.execute("SELECT datname FROM pg_database")}


def environment(**more: str) -> dict[str, str]:
    """The settings of this test for a process of its own."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{quote(connection.settings_dict['NAME'])}").geturl()
    of = {name: str(getattr(current, name)) for name in ("CONTENT_STORE_DIR", "PICTURES_DIR", "DEPLOYMENTS_DIR")}
    return {**os.environ, "DATABASE_URL": url, **of, **more}


def test_backup_holds_everything_but_keys_and_sessions_and_sums_that_anyone_can_check(tmp_path: Path) -> None:
    call_command("backup", str(tmp_path / "b"))
    said = json.loads((tmp_path / "b/backup.json").read_bytes())
    assert said["sums"]["paid_wei"] == str(make.ETHER + 7)
    assert said["tables"]["gallery_work"]["rows"] == 1
    assert (said["lacking"], said["spoilt"]) == ([], [])
    checked = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path / "b", capture_output=True)
    assert (checked.returncode, checked.stdout) == (0, b"")
    held = b"".join(path.read_bytes() for path in (tmp_path / "b").rglob("*") if path.is_file())
    secret = (current.STATE_DIR / "credentials/trial.key.pem").read_bytes().splitlines()[1]
    for word in (current.SECRET_KEY.encode(), secret, b"a secret that signs in", b"PRIVATE KEY"):
        assert word not in held
    assert keys.missing(said["keys"]) == []
    with pytest.raises(CommandError, match="never written over"):
        call_command("backup", str(tmp_path / "b"))


def test_rehearsal_agrees_and_leaves_nothing_though_the_site_goes_on_meanwhile(
    tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    copy = take._copy_all

    def while_somebody_joins(draft: Path) -> Any:
        published(make.artist("Later"), title="Later")
        return copy(draft)

    monkeypatch.setattr(take, "_copy_all", while_somebody_joins)
    take.take(tmp_path / "b")
    before = databases(), sorted(path.name for path in tmp_path.iterdir())
    call_command("rehearse", str(tmp_path / "b"))
    said = capsys.readouterr().out
    assert "gallery_work                                        1 rows, digest agrees   +1 since then" in said
    assert f"paid_wei                                 {make.ETHER + 7} agrees" in said
    assert (databases(), sorted(path.name for path in tmp_path.iterdir())) == before


def test_restored_site_is_the_one_that_was_taken(tmp_path: Path, site: Work, empty: restore.Place) -> None:
    take.take(tmp_path / "b")
    said = subprocess.run(
        python("manage.py", "restore", str(tmp_path / "b")), cwd=ROOT, capture_output=True, text=True,
        env=environment(
            DATABASE_URL=urlsplit(os.environ["DATABASE_URL"])._replace(path="/restored").geturl(),
            STATE_DIR=str(tmp_path / "new"), CONTENT_STORE_DIR=str(empty.ipfs), PICTURES_DIR=str(empty.pictures),
            DEPLOYMENTS_DIR=str(empty.deployments), SECRET_KEY="another",
        ),
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    assert "counts, digests and sums agree" in said.stdout
    assert "SECRET_KEY is another" in said.stdout
    assert "CREDENTIALS_TRUSTED" in said.stdout
    assert all(stores.BlockStore(empty.ipfs).verify(cid) for cid in site.cids)
    assert {p.name for p in empty.deployments.iterdir()} == {p.name for p in current.DEPLOYMENTS_DIR.iterdir()}
    with psycopg.connect(empty.database) as link:
        assert link.execute("SELECT title FROM gallery_work").fetchall() == [("아홉 순간",)]
        [[number]] = link.execute("SELECT nextval(pg_get_serial_sequence('gallery_work', 'number'))").fetchall()
        assert number > site.number
    with pytest.raises(BackupError, match="has tables already"):
        restore.restore(tmp_path / "b", empty)


def test_whatever_was_changed_is_named(tmp_path: Path, site: Work, empty: restore.Place) -> None:
    take.take(tmp_path / "b")
    block = next((tmp_path / "b/ipfs").rglob(site.metadata_cid))
    right = block.read_bytes()
    block.write_bytes(right[:-1] + b"!")
    with pytest.raises(Differs, match=site.metadata_cid):
        rehearse(tmp_path / "b")
    block.write_bytes(right)
    shutil.copytree(tmp_path / "b", tmp_path / "c")
    for name in (take.DUMP, take.SUMS):
        with (tmp_path / "c" / name).open("ab") as file:
            file.write(b"\n")
        with pytest.raises(Differs, match=name):
            rehearse(tmp_path / "c")
        shutil.copy(tmp_path / "b" / name, tmp_path / "c" / name)
    done = restore.restore(tmp_path / "b", empty)
    with psycopg.connect(empty.database) as link:
        link.execute("UPDATE gallery_work SET title = 'other'")
        link.execute("UPDATE minting_sale SET price_wei = price_wei - 1")
        link.execute("DELETE FROM gallery_wallet")
    next(empty.ipfs.rglob(site.image_cid)).unlink()
    wrong = restore.differences(done.facts, empty)
    assert "gallery_work: the same number of rows with other words" in wrong
    assert "gallery_wallet: 0 rows, 1 were taken" in wrong
    assert f"paid_wei: {make.ETHER + 6}, {make.ETHER + 7} was taken" in wrong
    assert f"ipfs://{site.image_cid} is not there" in wrong


def test_backup_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    program = (
        "import django, os, pathlib, signal, sys; django.setup()\n"
        "from config.backup import files, take\n"
        "copy, left = files.copy, iter(range(5))\n"
        "def killed(*a, **k):\n"
        "    if next(left, None) is None: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return copy(*a, **k)\n"
        "files.copy = killed\n"
        f"take.take(pathlib.Path({str(tmp_path / 'b')!r}))\n"
    )
    done = subprocess.run(python("-c", program), cwd=ROOT, env=environment(), capture_output=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not (tmp_path / "b").exists()
    with pytest.raises(BackupError, match="It was stopped"):
        rehearse(tmp_path / "b")
    (tmp_path / "b.partial/ipfs" / f"{files.DRAFT}half").write_bytes(b"half")
    again = take.take(tmp_path / "b")
    assert again.new_files == again.files - 5
    assert list((tmp_path / "b").rglob(".*")) == []
    rehearse(tmp_path / "b")


def test_restore_goes_on_where_it_was_stopped_and_refuses_what_is_not_its_own(
    tmp_path: Path, monkeypatch: Any, empty: restore.Place
) -> None:
    take.take(tmp_path / "b")
    with monkeypatch.context() as patched:
        patched.setattr(database, "load", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            restore.restore(tmp_path / "b", empty)
    (empty.ipfs / "stranger").write_bytes(b"x")
    with pytest.raises(BackupError, match="stranger"):
        restore.restore(tmp_path / "b", empty)
    (empty.ipfs / "stranger").unlink()
    assert restore.restore(tmp_path / "b", empty).new_files == 0


def test_full_disk_leaves_whole_files_and_says_how_to_go_on(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "large").write_bytes(bytes(300_000))
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        with pytest.raises(NoRoom, match="give the same command again"), files.room(tmp_path):
            files.copy(tmp_path / "large", tmp_path / "to/large")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert list((tmp_path / "to").iterdir()) == []
    take.take(tmp_path / "b")
    monkeypatch.setattr(restore, "SPARE_BYTES", 2**60)
    before = databases()
    with pytest.raises(NoRoom, match="are needed"):
        rehearse(tmp_path / "b")
    assert databases() == before


def test_backup_tells_of_bytes_that_the_site_itself_lacks(tmp_path: Path, site: Work, capsys: Any) -> None:
    next(Path(current.CONTENT_STORE_DIR).rglob(site.image_cid)).write_bytes(b"rot")
    with pytest.raises(SystemExit):
        call_command("backup", str(tmp_path / "b"))
    said = capsys.readouterr().err
    assert f"changed here, and left out: ipfs/{site.image_cid[-3:-1]}/{site.image_cid}" in said
    assert f"not here: ipfs://{site.image_cid}" in said
    rehearse(tmp_path / "b")


def test_nothing_is_collected_while_a_backup_is_taken() -> None:
    with psycopg.connect(database.here()) as link:
        link.execute("SELECT pg_advisory_lock_shared(hashtextextended(%s, 0))", [locks.CONTENT])
        with pytest.raises(CommandError, match="A backup is being taken"):
            call_command("store", "gc")
    call_command("store", "gc")
