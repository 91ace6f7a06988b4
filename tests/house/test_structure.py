"""The house keeps its shape: doors, migrations, names of hosts, keys."""

import re
import subprocess

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from tests.support.processes import ROOT

TRACKED = subprocess.run(
    ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split("\0")
TEXT = [
    name
    for name in TRACKED
    if name
    and not name.endswith((".safetensors", ".png", ".woff2", ".mo", ".webp"))
    and not (ROOT / name).is_symlink()
]
HOSTS = re.compile(
    "|".join(["registry" + r"\.npmjs", "pypi" + r"\.org", "files" + r"\.pythonhosted", "deb" + r"\.debian"])
)
A_KEY = re.compile(r"(?i)(private.?key|mnemonic)\W{1,4}(0x)?[0-9a-f]{64}")


@pytest.mark.django_db
def test_models_have_no_pending_migration_when_checked() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_engines_do_not_depend_on_the_gallery_when_migrations_are_read() -> None:
    disk = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    for (app, name), migration in disk.items():
        if app in ("generation", "minting"):
            wanted = {dependency[0] for dependency in migration.dependencies}
            assert wanted <= {app, "contenttypes"}, f"{app}.{name} depends on {wanted}"


def test_files_name_no_package_host_when_read() -> None:
    naming = [name for name in TEXT if HOSTS.search((ROOT / name).read_text(errors="replace"))]
    assert naming == []


def test_files_hold_no_private_key_when_read() -> None:
    holding = [name for name in TEXT if A_KEY.search((ROOT / name).read_text(errors="replace"))]
    assert holding == []


def test_readme_begins_with_the_two_commands_when_read() -> None:
    readme = (ROOT / "README.md").read_text()
    assert readme.index("make demo") < 1500
    assert readme.index("make test") < 1500
