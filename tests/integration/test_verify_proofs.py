"""`verify --token` and `verify --sale`: every link holds, and the one that was broken is named."""

import hashlib
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from minting import api, proofs
from minting.indexer import walk
from minting.ipfs import cid as cids
from minting.ipfs import store as stores
from minting.models import Sale, Token
from minting.transactions import wishes
from tests.support.contracts import Stage
from tests.support.wallets import ETHER

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def minted(stage: Stage) -> int:
    """A token whose picture and metadata lie in the store."""
    picture = b"a picture of a lake" * 40_000
    image_cid = api.keep(picture, "lake.png", "image/png")
    sketch, painted = ("0" * 63 + n for n in "12")
    facts = api.WorkFacts(
        name="Lake", description="", image_cid=image_cid, licence="CC0-1.0", made_by="machine",
        donation_beneficiary=stage.charity, donation_bps=1_000, model_name="painter",
        model_sha256="0" * 64,
        lineage=(
            {"step": "paint", "made_by": "machine", "image_sha256": sketch, "at": "2026-01-01T00:00:00Z"},
            {"step": "rework", "made_by": "machine", "image_sha256": painted, "at": "2026-01-01T00:00:01Z",
             "parents_sha256": [sketch]},
        ),
    )  # fmt: skip
    metadata_cid = api.keep(api.build_metadata(facts), "lake.json", "application/json")
    token_id = stage.token_id(1)
    row = wishes.want_mint(token_id, cids.digest32(metadata_cid), stage.artist.address, 500, stage.chain)
    assert stage.work(row).status == "final"
    walk.catch_up(stage.chain, stage.w3)
    return token_id


def test_every_link_of_a_token_holds(stage: Stage, minted: int) -> None:
    out = StringIO()
    call_command("verify", "--token", str(minted), stdout=out)
    text = out.getvalue()
    assert "FAILS" not in text
    assert f"belongs to {stage.artist.address}" in text
    assert "image: 760,000 bytes hash to" in text
    assert "2 steps of lineage" in text


def test_broken_links_are_named(stage: Stage, minted: int) -> None:
    Token.objects.update(owner=stage.charity, metadata_cid=cids.of_bytes(b"other"))
    broken = [check.says for check in proofs.token(stage.chain, stage.w3, minted) if not check.holds]
    assert [says.split(" ")[0:2] for says in broken] == [["The", "database"]] * 2
    walk.rebuild(stage.chain, stage.w3)
    store = stores.here()
    leaf = next(iter(store.walk(Token.objects.get().metadata_cid)))
    store.set_aside(leaf)
    with pytest.raises(CommandError, match="token differs in 1 place"):
        call_command("verify", "--token", hex(minted), stdout=StringIO())
    with pytest.raises(CommandError, match="token differs"):
        call_command("verify", "--token", str(stage.token_id(9)), stdout=StringIO())


def test_parts_of_a_sale_add_up_and_a_changed_row_is_named(stage: Stage) -> None:
    for number in (1, 2):
        stage.sell(number, price_wei=ETHER + number)
    walk.catch_up(stage.chain, stage.w3)
    sale = Sale.objects.get(token_id=stage.token_id(1))
    out = StringIO()
    call_command("verify", "--sale", hex(sale.sale_id), stdout=out)
    assert "add up, here and on the chain" in out.getvalue()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE minting_donation SET amount_wei = amount_wei - 1")
    with pytest.raises(CommandError, match="sale differs in 1 place"):
        call_command("verify", "--sale", str(sale.sale_id), stdout=StringIO())
    with pytest.raises(CommandError, match="sale differs"):
        call_command("verify", "--sale", hex(int(hashlib.sha256(b"no sale").hexdigest(), 16)), stdout=StringIO())
