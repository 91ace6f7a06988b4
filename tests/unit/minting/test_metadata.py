import hashlib
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from minting.api import keep_series
from minting.errors import MalformedCid, MetadataInvalid, MetadataTooLarge
from minting.ipfs import cid
from minting.ipfs import store as stores
from minting.ipfs.store import BlockStore
from minting.metadata import schema
from minting.metadata.build import METADATA_BYTES_MAX, Attribute, WorkFacts, build, encode
from minting.metadata.contract import ContractFacts, build_contract
from minting.models import Pin

SHA256 = "0f" * 32
FACTS = WorkFacts(
    name="Nine moments",
    description="A lighthouse,\nnine times.",
    image_cid=cid.of_bytes(b"a picture"),
    licence="CC-BY-4.0",
    made_by="human_with_machine",
    donation_beneficiary="0x00000000000000000000000000000000000F33E5",
    donation_bps=1000,
    external_url="https://example.org/works/1",
    attributes=[Attribute("panels", 9, "number"), Attribute("medium", "oil")],
    lineage=[{"step": "painted", "seed": 7, "prompt": "등대"}, {"step": "retouched", "parents": ["a", "b"]}],
    name_ko="아홉 순간",
    description_ko="등대를 아홉 번.",
    model_name="ninefold-painter-4",
    model_sha256=SHA256,
    recipe_sha256=SHA256,
)


def document(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(build(FACTS))
    whole.update(changes)
    return whole


def test_build_gives_one_raw_block_whose_digest_stands_for_it_when_facts_are_whole() -> None:
    data = build(FACTS)
    address = cid.of_bytes(data)
    assert cid.is_raw(address)
    assert cid.digest32(address) == hashlib.sha256(data).digest()
    assert cid.from_digest(hashlib.sha256(data).digest()) == address


def test_build_gives_canonical_json_when_read_and_written_again() -> None:
    data = build(FACTS)
    assert json.dumps(json.loads(data), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() == data
    assert "등대".encode() in data


def test_build_gives_the_same_bytes_when_korean_was_typed_decomposed() -> None:
    decomposed = unicodedata.normalize("NFD", FACTS.name_ko)
    assert decomposed != FACTS.name_ko
    assert build(replace(FACTS, name_ko=decomposed)) == build(FACTS)


def test_build_says_what_markets_read_when_facts_are_whole() -> None:
    whole = document()
    assert whole["image"] == f"ipfs://{FACTS.image_cid}"
    assert whole["attributes"][0] == {"trait_type": "panels", "value": 9, "display_type": "number"}
    assert whole["ninefold"]["donation"] == {"beneficiary": FACTS.donation_beneficiary, "bps": 1000}
    assert whole["ninefold"]["localization"]["ko"]["name"] == "아홉 순간"


def test_build_leaves_out_what_is_not_known_when_only_people_made_it() -> None:
    facts = replace(FACTS, made_by="human", model_name="", model_sha256="", recipe_sha256="", external_url="")
    bare = json.loads(build(replace(facts, name_ko="", description_ko="", lineage=(), attributes=())))
    assert "external_url" not in bare
    assert {"model", "recipe_sha256"}.isdisjoint(bare["ninefold"])
    assert bare["attributes"] == bare["ninefold"]["lineage"] == []


@pytest.mark.parametrize(("letters", "fits"), [(0, True), (1, False)])
def test_build_refuses_when_document_is_one_byte_over_one_block(letters: int, fits: bool) -> None:
    def facts(size: int) -> WorkFacts:
        return replace(FACTS, lineage=[{"note": "x" * size}])

    room = METADATA_BYTES_MAX - len(build(facts(0)))
    if fits:
        assert len(build(facts(room + letters))) == METADATA_BYTES_MAX
    else:
        with pytest.raises(MetadataTooLarge, match="262,145"):
            build(facts(room + letters))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "nul\0"}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"description": "\u202egnp.exe"}, "description"),
        ({"description": "half of a pair \ud83d"}, "description"),
        ({"image_cid": "https://example.org/a.png"}, "image"),
        ({"image_cid": "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"}, "image"),
        ({"image_cid": cid.of_bytes(b"x") + "/a.png"}, "image"),
        ({"external_url": "http://example.org"}, "external_url"),
        ({"external_url": "javascript:alert(1)"}, "external_url"),
        ({"external_url": "https://"}, "external_url"),
        ({"external_url": "https://me:word@example.org"}, "external_url"),
        ({"external_url": "https://[bad"}, "external_url"),
        ({"attributes": [Attribute("size", 1.5)]}, "attributes[0].value"),  # type: ignore[arg-type]
        ({"attributes": [Attribute("size", True)]}, "attributes[0].value"),
        ({"attributes": [Attribute("size", 2**53)]}, "attributes[0].value"),
        ({"attributes": [Attribute("", "x")]}, "attributes[0].trait_type"),
        ({"attributes": [Attribute("size", 1, "stars")]}, "attributes[0].display_type"),
        ({"licence": ""}, "ninefold.licence"),
        ({"made_by": "robot"}, "ninefold.made_by"),
        ({"donation_bps": 10_001}, "ninefold.donation.bps"),
        ({"donation_bps": -1}, "ninefold.donation.bps"),
        ({"donation_beneficiary": "0x12"}, "ninefold.donation.beneficiary"),
        ({"model_sha256": ""}, "ninefold.model.sha256"),
        ({"recipe_sha256": "F" * 64}, "ninefold.recipe_sha256"),
        ({"name_ko": ""}, "ninefold.localization.ko.name"),
        ({"lineage": [{}]}, "ninefold.lineage[0]"),
        ({"lineage": [{"strength": 0.5}]}, "ninefold.lineage[0].strength"),
        ({"lineage": [{"url": "http://10.0.0.1/"}]}, "ninefold.lineage[0].url"),
        ({"lineage": [{"Ärger": 1}]}, "ninefold.lineage[0]"),
        ({"lineage": [{"a": [[[[[[[1]]]]]]]}]}, "ninefold.lineage[0].a"),
    ],
)
def test_build_names_the_field_when_it_is_wrong(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(MetadataInvalid) as refusal:
        build(replace(FACTS, **changes))
    assert field in str(refusal.value)


@pytest.mark.parametrize("field", ["name", "description", "image", "attributes", "ninefold"])
def test_check_names_the_field_when_it_is_missing(field: str) -> None:
    whole = document()
    del whole[field]
    with pytest.raises(MetadataInvalid, match=f"{field} is missing"):
        schema.check(whole)


@pytest.mark.parametrize("whole", [document(animation="x"), document(ninefold=[]), document(attributes={}), []])
def test_check_refuses_when_shape_is_another(whole: Any) -> None:
    with pytest.raises(MetadataInvalid):
        schema.check(whole)


def test_encode_refuses_when_a_number_has_no_json_form() -> None:
    with pytest.raises(ValueError):
        encode({"a": float("nan")})


@given(
    st.binary(min_size=32, max_size=32), st.sampled_from(["raw", "dag-pb"]), st.integers(0, 58), st.text(max_size=1)
)
def test_check_takes_an_image_exactly_when_cid_takes_it(digest: bytes, codec: str, at: int, letter: str) -> None:
    address = cid.from_digest(digest, codec)
    spoilt = address[:at] + letter + address[at + 1 :]
    for text in (address, spoilt):
        try:
            good = cid.parse(text) == text
        except MalformedCid:
            good = False
        if good:
            schema.check(document(image=f"ipfs://{text}"))
        else:
            with pytest.raises(MetadataInvalid):
                schema.check(document(image=f"ipfs://{text}"))


ERC721 = {"name": str, "description": str, "image": str}  # the standard's "ERC721 Metadata JSON Schema"
OPENSEA = {"image", "external_url", "description", "name", "attributes", "background_color", "animation_url"}
BEYOND = {"image_preview", "ninefold"}  # ours; a market passes over what it does not know


def test_build_follows_erc721_and_openseas_rules_when_every_field_is_used() -> None:
    """docs.opensea.io/docs/metadata-standards: a display type goes with a number, a colour has no #."""
    picture = cid.of_bytes(b"x")
    facts = replace(
        FACTS, preview_cid=picture, manifest_cid=picture, animation_cid=picture, background_color="0a0b0c",
        attributes=[*FACTS.attributes, Attribute("at", 1_790_000_000, "date"), Attribute("gift", 10, "boost_number")],
    )  # fmt: skip
    whole = json.loads(build(facts))
    assert all(isinstance(whole[name], kind) for name, kind in ERC721.items())
    assert set(whole) == OPENSEA | BEYOND
    for trait in whole["attributes"]:
        assert set(trait) <= {"trait_type", "value", "display_type"}
        assert "display_type" not in trait or isinstance(trait["value"], int)
    assert whole["ninefold"]["manifest"] == whole["image_preview"] == f"ipfs://{picture}"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"background_color": "#0a0b0c"}, "background_color"),
        ({"background_color": "0A0B0C"}, "background_color"),
        ({"preview_cid": "https://example.org/a.webp"}, "image_preview"),
        ({"manifest_cid": "x"}, "ninefold.manifest"),
        ({"attributes": [Attribute("size", "9", "number")]}, "attributes[0].value"),
    ],
)
def test_build_names_the_field_when_a_further_one_is_wrong(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(MetadataInvalid) as refusal:
        build(replace(FACTS, **changes))
    assert field in str(refusal.value)


def test_contract_document_is_canonical_and_says_only_what_is_known() -> None:
    data = build_contract(ContractFacts("Nine moments", "NINE", image_cid=cid.of_bytes(b"x")))
    assert json.loads(data) == {"name": "Nine moments", "symbol": "NINE", "image": f"ipfs://{cid.of_bytes(b'x')}"}
    assert encode(json.loads(data)) == data


@pytest.mark.parametrize(
    "facts",
    [
        ContractFacts(""), ContractFacts("a", "nine"), ContractFacts("a", external_link="http://example.org"),
        ContractFacts("a", collaborators=["0x12"]), ContractFacts("a", banner_cid="x"),
    ],
)  # fmt: skip
def test_contract_document_is_refused_when_a_field_is_wrong(facts: ContractFacts) -> None:
    with pytest.raises(MetadataInvalid):
        build_contract(facts)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BlockStore]:
    with override_settings(CONTENT_STORE_DIR=tmp_path / "blocks"):
        yield stores.here()


@pytest.mark.django_db
def test_series_folder_holds_each_document_under_its_number(store: BlockStore) -> None:
    documents = {number: build(replace(FACTS, name=f"Moment {number}")) for number in range(1, 10)}
    folder = keep_series(documents, "Nine moments")
    assert folder == keep_series(documents, "Nine moments")
    assert b"".join(store.read(store.resolve(folder, "7.json"))) == documents[7]
    assert Pin.objects.filter(cid=folder).count() == 1
    assert Pin.objects.count() == 10


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("documents", "words"),
    [({}, "1 to"), ({1: build(FACTS), 3: build(FACTS)}, "gap"), ({-1: build(FACTS)}, "gap"), ({0: b"{}"}, "Number 0"),
     ({0: b"x"}, "Number 0")],
)  # fmt: skip
def test_series_folder_is_refused_when_a_document_is_missing_or_wrong(
    store: BlockStore, documents: dict[int, bytes], words: str
) -> None:
    with pytest.raises(MetadataInvalid, match=words):
        keep_series(documents, "x")
    assert not Pin.objects.exists()
