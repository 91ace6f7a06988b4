import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minting.errors import MalformedCid
from minting.ipfs import cid

HELLO = "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"  # known to every implementation
EMPTY = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"


@pytest.mark.parametrize(("data", "expected"), [(b"hello", HELLO), (b"", EMPTY)])
def test_of_bytes_gives_the_known_address_when_bytes_are_known(data: bytes, expected: str) -> None:
    assert cid.of_bytes(data) == expected


def test_of_file_equals_of_bytes_when_file_is_larger_than_what_is_read_at_once(tmp_path: Path) -> None:
    data = os.urandom(3 * 2**20 + 17)
    (tmp_path / "f").write_bytes(data)
    assert cid.of_file(tmp_path / "f") == cid.of_bytes(data)


def test_of_bytes_gives_one_raw_block_up_to_256_kib_and_a_node_when_larger() -> None:
    assert cid.is_raw(cid.of_bytes(bytes(cid.CHUNK_BYTES)))
    assert not cid.is_raw(cid.of_bytes(bytes(cid.CHUNK_BYTES + 1)))


def test_digest32_is_the_sha256_of_the_bytes_when_they_are_one_block() -> None:
    assert cid.digest32(HELLO) == hashlib.sha256(b"hello").digest()


@given(st.binary(min_size=32, max_size=32), st.sampled_from(["raw", "dag-pb"]))
def test_from_digest_comes_back_when_it_is_read_again(digest: bytes, codec: str) -> None:
    text = cid.from_digest(digest, codec)
    assert (cid.digest32(text), cid.parse(text), cid.is_raw(text)) == (digest, text, codec == "raw")
    assert cid.from_binary(cid.binary(text)) == text


def test_parse_gives_the_cidv1_of_the_same_node_when_a_cidv0_is_given() -> None:
    version0 = "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"
    assert cid.parse(version0) == "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354"


@pytest.mark.parametrize(
    "text",
    [
        "", "b", "x" * 100_000, HELLO[:-1], HELLO + "a", HELLO.upper(), HELLO + "\n", HELLO[:-1] + "=",
        HELLO[:-1] + "1",
        HELLO[:-1] + "r",  # the same bytes, another spelling
        "bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",  # dag-cbor
        "bafkrgihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",  # another hash
        "zb2rhZfjRh2FHHB2RkHVEvL2vJnCTcu7kwRqgVsf9gpkLgteo",  # base58
        "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3N0", "Qm" + "z" * 44, "Qm" + "1" * 44,
        "../../../../../../../../../../../../../../../../../../etc/pass", "ｂ" + HELLO[1:],
    ],
)  # fmt: skip
def test_parse_refuses_when_text_is_no_canonical_address(text: str) -> None:
    with pytest.raises(MalformedCid):
        cid.parse(text)


@given(st.text(max_size=80))
def test_parse_refuses_or_gives_an_address_when_text_is_anything(text: str) -> None:
    try:
        assert cid.parse(cid.parse(text)) == cid.parse(text)
    except MalformedCid:
        assert not text.startswith("bafkrei") or len(text) != 59


@pytest.mark.parametrize(("digest", "codec"), [(b"\0" * 31, "raw"), (b"\0" * 33, "raw"), (b"\0" * 32, "dag-cbor")])
def test_from_digest_refuses_when_it_is_no_sha256_or_codec_is_unknown(digest: bytes, codec: str) -> None:
    with pytest.raises(MalformedCid):
        cid.from_digest(digest, codec)
