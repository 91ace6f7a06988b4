"""Folders and deep files against a real IPFS node: the same bytes get the same address there."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from minting.ipfs import cid, unixfs
from minting.ipfs.store import BlockStore
from tests.support.ipfs_node import IpfsNode


@pytest.fixture(scope="module")
def node() -> Iterator[IpfsNode]:
    with IpfsNode() as running:
        yield running


def added(node: IpfsNode, files: dict[str, bytes], **options: str) -> str:
    """The address that the node gives to these files, as one folder if their names say so: that of the last entry."""
    ours = {"cid-version": "1", "raw-leaves": "true", "chunker": "size-262144", "max-file-links": "174"}
    ours |= {"cid-base": "base32", "only-hash": "true"}
    query = "&".join(f"{name.replace('_', '-')}={value}" for name, value in {**ours, **options}.items())
    body = b"".join(
        f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name.replace("/", "%2F")}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
        + data
        + b"\r\n"
        for name, data in files.items()
    )
    request = urllib.request.Request(
        f"{node.url}/add?{query}", body + b"--x--\r\n", {"Content-Type": "multipart/form-data; boundary=x"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return cid.parse(json.loads(answer.read().splitlines()[-1])["Hash"])


@pytest.mark.parametrize("leaves", [174, 175, 174**2 + 1])
def test_tree_is_the_nodes_own_when_leaves_fill_a_level_or_spill_over(node: IpfsNode, leaves: int) -> None:
    data = b"".join(number.to_bytes(4, "big") for number in range(leaves))  # leaves of four bytes: levels fill soon
    builder = unixfs.Builder(cid.of_block)
    for at in range(0, len(data), 4):
        builder.leaf(cid.of_block(data[at : at + 4], cid.RAW), 4)
    assert builder.root() == added(node, {"a": data}, chunker="size-4")


@pytest.mark.parametrize("count", [1, 300, 10_000])
def test_folder_has_the_nodes_own_address_when_entries_are_few_or_ten_thousand(
    node: IpfsNode, tmp_path: Path, count: int
) -> None:
    store = BlockStore(tmp_path / "blocks")
    document = b'{"name":"one of a series"}'
    leaf = store.put_bytes(document)
    kept = store.put_folder({f"{number}.json": leaf for number in range(count)})
    files = {f"series/{number}.json": document for number in range(count)}
    assert kept == added(node, files, shard_split_threshold="1000" if count > 5000 else "10000")


def test_folder_has_the_nodes_own_address_when_it_holds_folders(node: IpfsNode, tmp_path: Path) -> None:
    root = tmp_path / "series"
    (root / "panels").mkdir(parents=True)
    (root / "0.json").write_bytes(b"{}")
    (root / "panels" / "1.png").write_bytes(bytes(600_000))
    files = {"series/0.json": b"{}", "series/panels/1.png": bytes(600_000)}
    assert BlockStore(tmp_path / "blocks").put_tree(root) == added(node, files)
