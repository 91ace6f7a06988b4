"""One token or one sale, checked link by link: chain, metadata, pictures, and our rows beside them.

A token: its address on the chain hashes to the metadata kept here, which is canonical and names pictures whose bytes
hash to their addresses; each step of the lineage comes from steps before it, and the whole lineage lies under the
same digest. A sale: its logs, the terms in its calldata, the arithmetic, and our rows. Writes nothing; asks the node.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eth_utils.address import to_checksum_address
from web3 import Web3

from minting.chains import Chain
from minting.contract import reader
from minting.contract.artifacts import TOKEN
from minting.contract.errors import ContractRefused
from minting.errors import MintingError
from minting.indexer import verify
from minting.ipfs import cid as cids
from minting.ipfs import store as stores
from minting.metadata.build import encode
from minting.models import Sale, Token

PICTURES = ("image", "image_preview", "animation_url")


@dataclass(frozen=True)
class Check:
    """One link: whether it holds, and what was found."""

    holds: bool
    says: str


def token(chain: Chain, w3: Web3, token_id: int, contract: str = "") -> Iterator[Check]:
    """Every link of a token, as far as one leads to the next; of the shared contract unless another is named."""
    contract = to_checksum_address(contract or chain.token)
    try:
        owner = to_checksum_address(reader.call(w3, TOKEN, contract, "ownerOf", token_id))
        uri = str(reader.call(w3, TOKEN, contract, "tokenURI", token_id))
    except ContractRefused as error:
        yield Check(False, f"The chain has no such token at {contract}: {error}")
        return
    yield Check(True, f"The chain says that token {token_id} belongs to {owner} and is described at {uri}.")
    row = Token.objects.filter(chain_id=chain.chain_id, contract=contract, token_id=token_id).first()
    if row is None:
        yield Check(False, "The database does not know it.")
    else:
        yield Check(row.owner == owner, f"The database says that it belongs to {row.owner}.")
    root, _, path = uri.removeprefix("ipfs://").partition("/")
    store = stores.here()
    try:
        cid = store.resolve(root, path) if path else root
        if row is not None and row.metadata_cid:
            yield Check(row.metadata_cid == cid, f"The database names the metadata {row.metadata_cid}.")
        data = b"".join(store.read(cid))
        yield Check(cids.of_bytes(data) == cid, f"The {len(data):,} bytes of metadata kept here hash to {cid}.")
    except (MintingError, ValueError) as error:
        yield Check(False, f"The metadata cannot be read here: {error}")
        return
    document = json.loads(data)
    yield Check(encode(document) == data, f"The metadata of “{document['name']}” is canonical JSON.")
    yield from _pictures(document)
    yield from _lineage(document)


def _pictures(document: dict[str, Any]) -> Iterator[Check]:
    said = {name: document[name] for name in PICTURES if name in document}
    ninefold = document.get("ninefold", {})
    said |= {"manifest": ninefold["manifest"]} if "manifest" in ninefold else {}
    for number, step in enumerate(ninefold.get("lineage", []), 1):
        said |= {f"picture of step {number}": step["image"]} if "image" in step else {}
    for name, uri in said.items():
        cid, stream, size = str(uri).removeprefix("ipfs://"), cids.hasher(), 0
        try:
            for piece in stores.here().read(cid):
                stream.update(piece)
                size += len(piece)
            yield Check(stream.finalize() == cid, f"{name}: {size:,} bytes hash to {cid}.")
        except MintingError as error:
            yield Check(False, f"{name}: {error}")


def _lineage(document: dict[str, Any]) -> Iterator[Check]:
    steps: list[dict[str, Any]] = document.get("ninefold", {}).get("lineage", [])
    before: set[str] = set()
    for number, step in enumerate(steps, 1):
        if not set(step.get("parents_sha256", ())) <= before:
            yield Check(False, f"Step {number} of the lineage comes from a picture that no step before it made.")
        before.add(step.get("image_sha256", ""))
    if steps:
        yield Check(True, f"{len(steps)} steps of lineage lie under the same digest.")


def sale(chain: Chain, w3: Web3, sale_id: int) -> Iterator[Check]:
    """Each sale with this number here: its money on the chain, its signed terms, and our rows."""
    rows = Sale.objects.filter(chain_id=chain.chain_id, contract__in=chain.sellers, sale_id=sale_id)
    rows = rows.select_related("log__block")
    if not rows:
        yield Check(False, f"The database knows no sale {sale_id:#x}.")
    for row in rows:
        hashed = row.log.transaction_hash
        found = verify.recompute(chain, w3, only=hashed)
        yield Check(True, f"Sold in transaction {hashed}, block {row.log.block.number}, for {row.price_wei} wei.")
        yield from (Check(False, str(difference)) for difference in found.differences)
        if not found.differences:
            yield Check(True, f"Donations and payments of its {found.sales} sales add up, here and on the chain.")
        if found.hidden_terms:
            yield Check(True, "Its calldata does not show the signed terms; the sums were checked all the same.")
