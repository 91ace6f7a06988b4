"""A stranger with Python alone, the chain's node and some bytes: does the program agree, and does it notice lies?"""

from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from minting.ipfs import car, cid
from minting.ipfs import store as stores
from minting.metadata.build import build
from minting.units import split_wei
from tests.support.contracts import Stage
from tests.support.go_between import lying
from tests.support.wallets import ETHER
from tests.unit.minting.test_metadata import FACTS
from tests.unit.minting.test_standalone_verify import alone

pytestmark = pytest.mark.django_db(transaction=True)


def without_donations(method: str, result: Any) -> Any:
    """Every receipt loses its donation; the sale and the artist's part stay."""
    if method == "eth_getTransactionReceipt" and len(result["logs"]) > 3:
        result["logs"] = [log for log in result["logs"] if len(log["topics"]) != 4 or "Donated" not in _name(log)]
    return result


def _name(log: dict[str, Any]) -> str:
    from minting.standalone import verify

    return verify.TOPICS.get(log["topics"][0], "")


def test_ledger_is_recomputed_from_the_chain_alone_and_a_missing_donation_is_named(stage: Stage) -> None:
    for number in (1, 2):
        stage.sell(number, price_wei=ETHER + number)
    stage.sell(3, donation_bps=0, shares=[(stage.artist.address, 10_000)])
    stage.sell(4, price_wei=0)
    given = sum(split_wei(ETHER + number, 1_000, [8_500, 500])[0] for number in (1, 2))
    asked = ["--market", stage.chain.market, "--from-block", str(stage.chain.deploy_block)]
    fine = alone("ledger", "--rpc", stage.chain.rpc_url, *asked)
    assert (fine.returncode, fine.stderr) == (0, ""), fine.stderr
    assert "4 sales" in fine.stdout
    assert f"given to {stage.charity}: {given} wei (0.2" in fine.stdout
    assert "do not show" not in fine.stdout
    with lying(stage.chain.rpc_url, without_donations) as url:
        wrong = alone("ledger", "--rpc", url, *asked)
    assert wrong.returncode == 1
    assert wrong.stderr.count("the parts are") == 2
    assert wrong.stderr.count("the artist signed for") == 2


def test_token_is_proven_from_files_or_archive_and_changed_bytes_are_named(stage: Stage, tmp_path: Path) -> None:
    picture = bytes(range(256)) * 4096
    with override_settings(CONTENT_STORE_DIR=tmp_path / "blocks"):
        store = stores.here()
        image_cid = store.put_bytes(picture)
        document = build(FACTS.__class__(**{**FACTS.__dict__, "image_cid": image_cid}))
        metadata_cid = store.put_bytes(document)
        folder = store.put_folder({"metadata.json": metadata_cid, "picture.png": image_cid})
        archive = tmp_path / "work.car"
        archive.write_bytes(b"".join(car.stream(store, folder)))
    stage.sell(1, uri_digest=cid.digest32(metadata_cid))
    files = tmp_path / "files"
    files.mkdir()
    (files / "metadata.json").write_bytes(document)
    (files / "any name.png").write_bytes(picture)
    asked = ["token", "--rpc", stage.chain.rpc_url, "--token", stage.chain.token, "--id", str(stage.token_id(1))]
    for source in (["--files", str(files)], ["--car", str(archive)]):
        fine = alone(*asked, *source)
        assert (fine.returncode, fine.stderr) == (0, "")
        assert f"belongs to {stage.collector.address}" in fine.stdout
        assert f"ipfs://{metadata_cid}" in fine.stdout
        assert f"{len(picture)} bytes that hash to {image_cid}" in fine.stdout
    (files / "any name.png").write_bytes(picture[:-1] + b"?")
    wrong = alone(*asked, "--files", str(files))
    assert wrong.returncode == 1
    assert "No file in" in wrong.stderr
    nobody = alone(*asked[:-1], "5", "--files", str(files))
    assert nobody.returncode == 1
    assert "refuses eth_call" in nobody.stderr
