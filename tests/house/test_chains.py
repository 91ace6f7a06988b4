"""The example configurations: each is one that the site would start with, and none names anybody's node."""

import os
import subprocess
from urllib.parse import urlsplit

import pytest

from minting.chains import _KNOWN
from tests.support.processes import ROOT, python

EXAMPLES = sorted((ROOT / "docs" / "chains").glob("*.env"))


def variables(text: str) -> dict[str, str]:
    lines = (line.partition("=") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in lines}


def test_there_is_an_example_for_each_chain_that_is_promised() -> None:
    assert [path.stem for path in EXAMPLES] == ["base", "ethereum", "local", "polygon", "sepolia"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_accepted_by_the_checks_and_names_no_hosted_node(path) -> None:
    found = variables(path.read_text())
    assert int(found["CHAIN_ID"]) in _KNOWN
    for url in found["RPC_URL"].split(","):
        host = urlsplit(url).hostname or ""
        assert host == "127.0.0.1" or host.endswith(".example")


def test_settings_of_an_example_make_the_chain_that_it_means() -> None:
    found = variables((ROOT / "docs" / "chains" / "base.env").read_text())
    code = (
        "import django; django.setup(); from minting import chains; from config import checks; c = chains.network();"
        "print(c.chain_id, c.name, c.rpc_quorum, len(c.further_rpc_urls), c.confirmations, c.max_fee_gwei,"
        "c.explorer,"
        "[f.id for f in checks.fees_and_chain_make_sense() if f.is_serious()])"
    )
    done = subprocess.run(
        python("-c", code), cwd=ROOT, env={**os.environ, **found}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["8453", "Base", "2", "2", "30", "5", "https://basescan.org", "[]"]
    broken = {**os.environ, **found, "RPC_QUORUM": "4"}
    done = subprocess.run(python("-c", code), cwd=ROOT, env=broken, capture_output=True, text=True, check=True)
    assert "ninefold.E004" in done.stdout
