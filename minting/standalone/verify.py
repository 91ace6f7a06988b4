#!/usr/bin/env python3
"""Check what Ninefold says, with nothing but Python and any node of the chain. You need not trust the site.

    python3 verify.py ledger --rpc URL --market 0x… [--market 0x…] [--from-block N]
        every sale and donation from the chain's own receipts: do the parts make up the price, was the charity given
        what the artist signed for, and what has each charity received?
    python3 verify.py token --rpc URL --token 0x… --id N (--gateway URL | --car FILE | --files FOLDER)
        who owns it, and are the metadata and the picture the very bytes that the contract names?
    python3 verify.py bundle FOLDER [--rpc URL]
        is every file of a bundle that was taken home what it was, and does the chain have that token, with its
        owner, its bytes and its donation?
    python3 verify.py prompt --metadata metadata.json --opened prompts.json
        are these words, which the artist kept at first, the ones that the metadata sealed from the start?
    python3 verify.py bytes CID FILE
        does this file have this content address?
    python3 verify.py car FILE
        does every block of this archive hash to its address, and are the trees of its roots whole?

Prints what it found and ends with 0, or names each thing that is not as it must be and ends with 1. This one file
imports nothing beyond the standard library (Python 3.9 or newer), writes nothing, and asks nobody but the addresses
that you give it. Hashes are worked out here: keccak-256 names events and terms, sha2-256 names bytes.

References: EIP-712, ERC-721, Solidity's ABI specification; multiformats CID, UnixFS, dag-pb, CARv1. Apache-2.0.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

ANSWER_BYTES_MAX = 64 * 1024**2
ANSWER_SECONDS = 60
BLOCK_BYTES_MAX = 2 * 1024**2
CHUNK_BYTES = 256 * 1024
LINKS_PER_NODE = 174
DEPTH_MAX = 16
RAW, DAG_PB = 0x55, 0x70
BPS_WHOLE = 10_000
ETHER = "0x" + "0" * 40


class Wrong(Exception):
    """Something is not as it must be, or could not be read; the message is for a person."""


# --- Keccak-256, as Ethereum has it (the padding differs from SHA3-256 of FIPS 202) ---

_ROTATIONS = (
    (0, 36, 3, 41, 18), (1, 44, 10, 45, 2), (62, 6, 43, 15, 61), (28, 55, 25, 21, 56), (27, 20, 39, 8, 14),
)  # fmt: skip
_ROUNDS, _LANES, _RATE, _MASK = 24, 5, 136, 2**64 - 1


def _round_constants() -> list[int]:
    constants, register = [], 1
    for _ in range(_ROUNDS):
        constant = 0
        for bit in range(7):
            if register & 1:
                constant ^= 1 << ((1 << bit) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


_CONSTANTS = _round_constants()


def _rotated(lane: int, by: int) -> int:
    return ((lane << by) | (lane >> (64 - by))) & _MASK if by else lane


def _permute(a: list[list[int]]) -> list[list[int]]:
    five = range(_LANES)
    for constant in _CONSTANTS:
        c = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in five]
        d = [c[(x - 1) % 5] ^ _rotated(c[(x + 1) % 5], 1) for x in five]
        b = [[0] * 5 for _ in five]
        for x in five:
            for y in five:
                b[y][(2 * x + 3 * y) % 5] = _rotated(a[x][y] ^ d[x], _ROTATIONS[x][y])
        a = [[b[x][y] ^ (~b[(x + 1) % 5][y] & b[(x + 2) % 5][y]) for y in five] for x in five]
        a[0][0] ^= constant
    return a


def keccak256(data: bytes) -> bytes:
    """The 32-byte digest."""
    padded = bytearray(data) + b"\x01" + b"\0" * (-(len(data) + 1) % _RATE)
    padded[-1] |= 0x80
    state = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            at = start + 8 * lane
            state[lane % 5][lane // 5] ^= int.from_bytes(padded[at : at + 8], "little")
        state = _permute(state)
    return b"".join(state[lane % 5][lane // 5].to_bytes(8, "little") for lane in range(4))


def checksummed(address: str) -> str:
    """An address as EIP-55 spells it."""
    letters = address.lower()[2:]
    digest = keccak256(letters.encode()).hex()
    return "0x" + "".join(letter.upper() if int(digit, 16) > 7 else letter for letter, digit in zip(letters, digest))


# --- What the contracts say: events and terms, by the signatures that Solidity hashes ---

_TRANSFER = "Transfer(address,address,uint256)"
_SOLD = "Sold(uint256,uint256,address,address,uint256,bytes32,address,address)"
_PAID = "Paid(uint256,address,uint256)"
_DONATED = "Donated(uint256,address,uint256,uint256,address)"
TOPICS = {"0x" + keccak256(text.encode()).hex(): text.split("(")[0] for text in (_TRANSFER, _SOLD, _PAID, _DONATED)}

SHARE_TYPE = "Share(address account,uint16 bps)"
VOUCHER_TYPE = (
    "Voucher(address collection,uint256 tokenId,bytes32 uriDigest,uint256 price,address currency,"
    "address beneficiary,uint16 donationBps,uint16 resaleBps,Share[] shares,address royaltyReceiver,"
    "uint16 royaltyBps,uint40 round,uint64 validFrom,uint64 validUntil,uint256 nonce)" + SHARE_TYPE
)
DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_VOUCHER_TUPLE = (
    "(address,uint256,bytes32,uint256,address,address,uint16,uint16,(address,uint16)[],address,uint16,uint40,"
    "uint64,uint64,uint256)"
)
BUY_SELECTOR = keccak256(f"buy({_VOUCHER_TUPLE},bytes,address)".encode())[:4]
_VOUCHER_WORDS, _PRICE, _BENEFICIARY, _DONATION_BPS, _SHARES = 15, 3, 5, 6, 8


class Sale:
    """One sale as the logs of one transaction tell it; amounts in wei, or the smallest unit of `currency`."""

    def __init__(self, market: str, hashed: str, said: dict[str, Any]) -> None:
        self.market, self.transaction = market, hashed
        self.id: int = said["saleId"]
        self.token_id: int = said["tokenId"]
        self.buyer: str = said["buyer"]
        self.price: int = said["price"]
        self.voucher_hash: str = said["voucherHash"]
        self.currency: str = said["currency"]
        self.paid: list[tuple[str, int]] = []
        self.donated: list[tuple[str, int]] = []


def _word(data: bytes, place: int) -> int:
    part = data[32 * place : 32 * place + 32]
    if len(part) != 32:
        raise Wrong("The node gave a log or a call that ends too early.")
    return int.from_bytes(part, "big")


def _address(word: int) -> str:
    return checksummed("0x" + (word & (2**160 - 1)).to_bytes(20, "big").hex())


def _said(name: str, log: dict[str, Any]) -> dict[str, Any]:
    """The members that are needed here, of one log of that name."""
    topics = [int(topic, 16) for topic in log["topics"]]
    data = bytes.fromhex(log["data"][2:])
    if name == "Sold":
        return {
            "saleId": topics[1], "tokenId": topics[2], "buyer": _address(topics[3]), "price": _word(data, 1),
            "voucherHash": f"0x{_word(data, 2):064x}", "currency": _address(_word(data, 4)),
        }  # fmt: skip
    if name == "Paid":
        return {"saleId": topics[1], "account": _address(topics[2]), "amount": _word(data, 0)}
    return {"saleId": topics[3], "account": _address(topics[2]), "amount": _word(data, 0)}


def voucher_hash(chain_id: int, market: str, words: list[int], shares: list[tuple[int, int]]) -> str:
    """The EIP-712 digest of a voucher, `words` being its fifteen members with anything at the shares' place."""
    share_type = keccak256(SHARE_TYPE.encode())
    hashes = b"".join(keccak256(share_type + _bytes32(account) + _bytes32(bps)) for account, bps in shares)
    members = [_bytes32(word) for word in words]
    members[_SHARES] = keccak256(hashes)
    struct = keccak256(keccak256(VOUCHER_TYPE.encode()) + b"".join(members))
    domain = keccak256(
        keccak256(DOMAIN_TYPE.encode()) + keccak256(b"Ninefold") + keccak256(b"1") + _bytes32(chain_id)
        + _bytes32(int(market, 16))
    )  # fmt: skip
    return "0x" + keccak256(b"\x19\x01" + domain + struct).hex()


def _bytes32(number: int) -> bytes:
    return number.to_bytes(32, "big")


def terms_in(data: bytes, chain_id: int, market: str) -> dict[str, list[int]]:
    """Vouchers whose purchase stands in this calldata, also where a wallet's contract wraps it: words by hash."""
    found: dict[str, list[int]] = {}
    place = data.find(BUY_SELECTOR)
    while place >= 0:
        call = data[place + 4 :]
        place = data.find(BUY_SELECTOR, place + 1)
        try:
            voucher = call[_word(call, 0) :]
            words = [_word(voucher, n) for n in range(_VOUCHER_WORDS)]
            listed = voucher[words[_SHARES] :]
            count = _word(listed, 0)
            if count > 64:
                continue
            shares = [(_word(listed, 1 + 2 * n), _word(listed, 2 + 2 * n)) for n in range(count)]
        except Wrong:
            continue
        found[voucher_hash(chain_id, market, words, shares)] = words
    return found


# --- The chain ---


class Node:
    """Any node that speaks Ethereum's JSON-RPC; every answer is bounded in size and time."""

    def __init__(self, url: str) -> None:
        self.url = _http(url)

    def ask(self, method: str, *parameters: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        answer = json.loads(_fetch(urllib.request.Request(self.url, body, {"Content-Type": "application/json"})))
        if not isinstance(answer, dict) or answer.get("error") is not None or "result" not in answer:
            raise Wrong(f"The node refuses {method}: {answer.get('error') if isinstance(answer, dict) else answer}")
        return answer["result"]

    def call(self, to: str, signature: str, *words: int) -> bytes:
        data = keccak256(signature.encode())[:4] + b"".join(_bytes32(word) for word in words)
        return bytes.fromhex(self.ask("eth_call", {"to": to, "data": "0x" + data.hex()}, "latest")[2:])

    def hashes(self, addresses: list[str], first: int, last: int) -> Iterator[str]:
        """Transactions in blocks first to last in which these contracts logged something, in order."""
        seen: set[str] = set()
        span = 10_000
        while first <= last:
            end = min(last, first + span - 1)
            asked = {"address": addresses, "fromBlock": hex(first), "toBlock": hex(end)}
            try:
                logs = self.ask("eth_getLogs", asked)
            except Wrong:
                if span == 1:
                    raise
                span = max(1, span // 4)  # every node has its own idea of too many blocks
                continue
            for log in logs:
                if log["transactionHash"] not in seen:
                    seen.add(log["transactionHash"])
                    yield log["transactionHash"]
            first = end + 1


def _http(url: str) -> str:
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise Wrong(f"{url} is no http or https address.")
    return url.rstrip("/")


def _fetch(request: urllib.request.Request) -> bytes:
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            data: bytes = answer.read(ANSWER_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        raise Wrong(f"{request.full_url} does not answer: {error}") from None
    if len(data) > ANSWER_BYTES_MAX:
        raise Wrong(f"{request.full_url} answers with more than {ANSWER_BYTES_MAX} bytes.")
    return data


class Ledger:
    """What the receipts say: sales in order, what each beneficiary received by currency, and what is wrong."""

    def __init__(self) -> None:
        self.sales: list[Sale] = []
        self.given: dict[tuple[str, str], int] = defaultdict(int)
        self.hidden_terms = 0
        self.faults: list[str] = []


def read_ledger(node: Node, markets: list[str], first: int = 0) -> Ledger:
    """Every sale at these markets. A filter only finds transactions; what counts are their receipts, in full."""
    chain_id, last = int(node.ask("eth_chainId"), 16), int(node.ask("eth_blockNumber"), 16)
    ours = {checksummed(market) for market in markets}
    ledger = Ledger()
    for hashed in node.hashes(sorted(ours), first, last):
        receipt = node.ask("eth_getTransactionReceipt", hashed)
        if not receipt:
            ledger.faults.append(f"transaction {hashed} is in the logs and has no receipt")
            continue
        sales = _sales_of(receipt, ours, hashed, ledger)
        if sales:
            data = bytes.fromhex(node.ask("eth_getTransactionByHash", hashed)["input"][2:])
            for sale in sales:
                _check(sale, terms_in(data, chain_id, sale.market), ledger)
    return ledger


def _sales_of(receipt: dict[str, Any], ours: set[str], hashed: str, ledger: Ledger) -> list[Sale]:
    logs = [(TOPICS.get(log["topics"][0]) if log["topics"] else None, log) for log in receipt["logs"]]
    logs = [(name, log) for name, log in logs if name in ("Sold", "Paid", "Donated")]
    logs = [(name, log) for name, log in logs if checksummed(log["address"]) in ours]
    sales = {}
    for name, log in logs:
        if name == "Sold":
            sale = Sale(checksummed(log["address"]), hashed, _said(name, log))
            sales[sale.id] = sale
    for name, log in logs:
        if name != "Sold":
            said = _said(str(name), log)
            part = said["account"], said["amount"]
            if said["saleId"] not in sales:
                ledger.faults.append(f"transaction {hashed} pays {part[1]} to {part[0]} for no sale")
            else:
                (sales[said["saleId"]].paid if name == "Paid" else sales[said["saleId"]].donated).append(part)
    return list(sales.values())


def _check(sale: Sale, terms: dict[str, list[int]], ledger: Ledger) -> None:
    ledger.sales.append(sale)
    where = f"token {sale.token_id} in transaction {sale.transaction}"
    parts = sum(amount for _, amount in sale.paid + sale.donated)
    if parts != sale.price:
        ledger.faults.append(f"{where}: the parts are {parts} and the price is {sale.price}")
    for account, amount in sale.donated:
        ledger.given[account, sale.currency] += amount
    words = terms.get(sale.voucher_hash)
    if words is None:
        ledger.hidden_terms += 1
        return
    promised = words[_PRICE] * words[_DONATION_BPS] // BPS_WHOLE
    expected = [(_address(words[_BENEFICIARY]), promised)] if promised else []
    if words[_PRICE] != sale.price or sale.donated != expected:
        ledger.faults.append(f"{where}: the artist signed for {expected}, and {sale.donated} was given")


# --- Content addresses ---


def cid_of(digest: bytes, codec: int = RAW) -> str:
    """CIDv1, sha2-256, base32."""
    text = base64.b32encode(bytes((1, codec, 0x12, 0x20)) + digest).decode().rstrip("=").lower()
    return "b" + text


def read_cid(text: str) -> tuple[int, bytes]:
    """(codec, digest)."""
    try:
        data = base64.b32decode(text[1:].upper() + "=" * (-len(text[1:]) % 8)) if text[:1] == "b" else b""
    except ValueError:
        data = b""
    if len(data) != 36 or data[0] != 1 or data[1] not in (RAW, DAG_PB) or data[2:4] != b"\x12\x20":
        raise Wrong(f"{text} is no CIDv1 of raw or dag-pb with sha2-256 in base32.")
    return data[1], data[4:]


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes((number,))


def _node(links: list[tuple[bytes, int, int]]) -> bytes:
    """A UnixFS file node over (CID, bytes of the file, bytes of the tree)."""
    unixfs = b"\x08\x02\x18" + _varint(sum(size for _, size, _ in links))
    unixfs += b"".join(b"\x20" + _varint(size) for _, size, _ in links)
    block = b""
    for cid, _, tree in links:
        body = b"\x0a" + _varint(len(cid)) + cid + b"\x12\x00\x18" + _varint(tree)
        block += b"\x12" + _varint(len(body)) + body
    return block + b"\x0a" + _varint(len(unixfs)) + unixfs


Seen = Callable[[bytes, bytes, int], None]


def cid_of_file(file: BinaryIO, seen: Seen = lambda cid, block, at: None) -> str:
    """As `ipfs add --cid-version=1 --raw-leaves --chunker=size-262144`: balanced, 174 links a node.

    `seen` is told of every block: its binary CID, its bytes, and where a leaf begins in the file (-1 for a node).
    """
    level: list[tuple[bytes, int, int]] = []
    at, chunk = 0, file.read(CHUNK_BYTES)
    while chunk or not level:
        cid = _binary(chunk, RAW)
        seen(cid, chunk, at)
        level.append((cid, len(chunk), len(chunk)))
        at, chunk = at + len(chunk), file.read(CHUNK_BYTES)
    while len(level) > 1:
        above = []
        for first in range(0, len(level), LINKS_PER_NODE):
            links = level[first : first + LINKS_PER_NODE]
            block = _node(links)
            cid = _binary(block, DAG_PB)
            seen(cid, block, -1)
            above.append((cid, sum(size for _, size, _ in links), len(block) + sum(tree for _, _, tree in links)))
        level = above
    return cid_of(level[0][0][4:], level[0][0][1])


def _binary(block: bytes, codec: int) -> bytes:
    return bytes((1, codec, 0x12, 0x20)) + hashlib.sha256(block).digest()


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Protocol-buffer fields: varints and byte strings."""
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while at < len(data) and shift < 64:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise Wrong("A block ends in the middle of a number.")

    while at < len(data):
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
        elif key & 7 == 2:
            length = number()
            if at + length > len(data):
                raise Wrong("A block ends too early.")
            yield key >> 3, data[at : at + length]
            at += length
        else:
            raise Wrong("A block has a field of a kind that dag-pb does not know.")


def children(block: bytes) -> tuple[list[str], int, bytes]:
    """(CIDs of the links, UnixFS kind, bytes inline) of a dag-pb block."""
    links, data = [], b""
    for number, value in _fields(block):
        if number == 2:
            binary = dict(_fields(value)).get(1, b"")
            if len(binary) != 36:
                raise Wrong("A link is no CIDv1.")
            links.append(cid_of(binary[4:], binary[1]))
        elif number == 1:
            data = value
    members = {number: value for number, value in _fields(data) if number in (1, 2)}
    return links, members.get(1, 0), members.get(2, b"")


Blocks = Callable[[str], bytes]


def checked(get: Blocks) -> Blocks:
    """Blocks by CID from anywhere, each hashed here before anybody sees it."""

    def block(cid: str) -> bytes:
        _, digest = read_cid(cid)
        data = get(cid)
        if len(data) > BLOCK_BYTES_MAX or hashlib.sha256(data).digest() != digest:
            raise Wrong(f"The bytes given for {cid} do not hash to it.")
        return data

    return block


def read_file(cid: str, block: Blocks, depth: int = 0) -> Iterator[bytes]:
    """The bytes of a file, in order, from blocks that were hashed."""
    if depth > DEPTH_MAX:
        raise Wrong("A file is a deeper tree than any file needs.")
    data = block(cid)
    if read_cid(cid)[0] == RAW:
        yield data
        return
    links, kind, inline = children(data)
    if kind not in (0, 2):
        raise Wrong(f"{cid} names a folder, not a file.")
    if inline:
        yield inline
    for link in links:
        yield from read_file(link, block, depth + 1)


def from_gateway(url: str) -> Blocks:
    """A trustless gateway: block by block, `?format=raw`."""
    base = _http(url)
    return lambda cid: _fetch(
        urllib.request.Request(f"{base}/ipfs/{cid}?format=raw", headers={"Accept": "application/vnd.ipld.raw"})
    )


def from_car(path: str) -> Blocks:
    """The blocks of a CARv1 archive."""
    _, places = read_car(path)

    def block(cid: str) -> bytes:
        if cid not in places:
            raise Wrong(f"The archive has no block {cid}.")
        return _piece(path, *places[cid])

    return block


def read_car(path: str) -> tuple[list[str], dict[str, tuple[int, int]]]:
    """(roots, where each block lies: offset and length); blocks are not hashed here."""
    places: dict[str, tuple[int, int]] = {}
    with open(path, "rb") as file:
        header = file.read(_length(file, path) or 0)
        roots, at = [], header.find(b"\xd8\x2a\x58\x25\x00")  # CBOR: a link, which is 37 bytes that begin with 0
        while at >= 0:
            binary = header[at + 5 : at + 41]
            roots.append(cid_of(binary[4:], binary[1]))
            at = header.find(b"\xd8\x2a\x58\x25\x00", at + 41)
        if not roots:
            raise Wrong(f"{path} is no CARv1 archive with a root.")
        while (length := _length(file, path)) is not None:
            binary = file.read(36)
            if not 36 <= length <= BLOCK_BYTES_MAX + 36 or len(binary) != 36:
                raise Wrong(f"{path} has a block of an impossible length.")
            places[cid_of(binary[4:], binary[1])] = (file.tell(), length - 36)
            file.seek(length - 36, os.SEEK_CUR)
    return roots, places


def _length(file: BinaryIO, path: str) -> int | None:
    number = shift = 0
    while byte := file.read(1):
        number |= (byte[0] & 127) << shift
        if byte[0] < 128:
            return number
        shift += 7
    if shift:
        raise Wrong(f"{path} ends in the middle of a length.")
    return None


def _piece(path: str, at: int, length: int) -> bytes:
    with open(path, "rb") as file:
        file.seek(at)
        return file.read(length)


def from_files(folder: str) -> Blocks:
    """The files of a folder, found by their addresses; large ones give the blocks that they are made of."""
    leaves: dict[bytes, tuple[str, int, int]] = {}
    nodes: dict[bytes, bytes] = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)

            def seen(cid: bytes, block: bytes, at: int, path: str = path) -> None:
                if at < 0:
                    nodes[cid] = block
                else:
                    leaves[cid] = (path, at, len(block))

            with open(path, "rb") as file:
                cid_of_file(file, seen)

    def block(cid: str) -> bytes:
        codec, digest = read_cid(cid)
        binary = bytes((1, codec, 0x12, 0x20)) + digest
        if binary in nodes:
            return nodes[binary]
        if binary not in leaves:
            raise Wrong(f"No file in {folder} is, or is part of, {cid}.")
        return _piece(*leaves[binary])

    return block


# --- What a person asks for ---


def ledger(asked: argparse.Namespace) -> list[str]:
    """The donations by charity, and each fault."""
    found = read_ledger(Node(asked.rpc), asked.market, asked.from_block)
    print(f"{len(found.sales)} sales at {', '.join(asked.market)}")
    for (account, currency), amount in sorted(found.given.items()):
        print(f"given to {account}: {_money(amount, currency)}")
    if found.hidden_terms:
        print(f"{found.hidden_terms} sales do not show in their call what the artist signed; their sums were checked")
    return found.faults


def _money(amount: int, currency: str) -> str:
    if currency != ETHER:
        return f"{amount} of the smallest unit of {currency}"
    return f"{amount} wei ({amount // 10**18}.{amount % 10**18:018d} ether)"


def token(asked: argparse.Namespace) -> list[str]:
    """Owner, metadata and picture of one token; the bytes are hashed against what the contract names."""
    node, block = Node(asked.rpc), checked(_source(asked))
    uri = _text(node.call(asked.token, "tokenURI(uint256)", asked.id))
    owner = _address(_word(node.call(asked.token, "ownerOf(uint256)", asked.id), 0))
    print(f"token {asked.id} of {checksummed(asked.token)} belongs to {owner}")
    print(f"the contract names {uri}")
    if not uri.startswith("ipfs://"):
        return [f"the token's address is {uri}, which is not a content address"]
    document = json.loads(b"".join(read_file(uri[7:].split("/")[0], block)))
    print(f"metadata: “{document['name']}”, its bytes hash to that address")
    faults = []
    for member in ("image", "image_preview", "animation_url"):
        if member in document:
            cid = str(document[member]).partition("ipfs://")[2]
            if not cid:
                faults.append(f"{member} is {document[member]}, which is not a content address")
                continue
            digest, size = hashlib.sha256(), 0
            for part in read_file(cid, block):
                digest.update(part)
                size += len(part)
            print(f"{member}: {size} bytes that hash to {cid}, SHA-256 {digest.hexdigest()}")
    return faults


def _text(answer: bytes) -> str:
    start = _word(answer, 0)
    return answer[start + 32 : start + 32 + _word(answer[start:], 0)].decode()


def _source(asked: argparse.Namespace) -> Blocks:
    if asked.car:
        return from_car(asked.car)
    return from_files(asked.files) if asked.files else from_gateway(asked.gateway)


def bundle(asked: argparse.Namespace) -> list[str]:
    """Every file of a bundle against its list, picture against metadata, and all of it against the chain."""
    with open(os.path.join(asked.folder, "bundle.json"), "rb") as file:
        listed = json.loads(file.read(ANSWER_BYTES_MAX))
    faults = [fault for entry in listed["files"] for fault in _listed_file(asked.folder, entry)]
    addresses = {entry["path"]: entry.get("cid") for entry in listed["files"]}
    metadata_cid = listed["metadata_cid"]
    if addresses.get("metadata.json") != metadata_cid:
        return [*faults, "the list gives metadata.json another address than the bundle"]
    with open(os.path.join(asked.folder, "metadata.json"), "rb") as file:
        document = json.loads(file.read(BLOCK_BYTES_MAX))
    named = [str(document[member]) for member in ("image", "image_preview") if member in document]
    named += [str(document["ninefold"]["manifest"])] if "manifest" in document["ninefold"] else []
    named += [str(step["image"]) for step in document["ninefold"]["lineage"] if "image" in step]
    known = set(addresses.values())
    faults += [f"the metadata names {uri}, and no file here is it" for uri in named if uri[7:] not in known]
    if "prompts.json" in addresses:
        with open(os.path.join(asked.folder, "prompts.json"), "rb") as file:
            faults += _opened(json.loads(file.read(ANSWER_BYTES_MAX)), document)
    faults += archive(argparse.Namespace(file=os.path.join(asked.folder, "work.car"), roots=[metadata_cid]))
    print(f"{len(addresses)} files of “{document['name']}”; the metadata has the address {metadata_cid}")
    if asked.rpc:
        faults += _on_chain(Node(asked.rpc), listed)
    else:
        print("The chain was not asked: name a node of it with --rpc to prove owner and donation.")
    return faults


def _opened(told: list[dict[str, str]], document: dict[str, Any]) -> list[str]:
    """Words that an artist kept and opened later: each must give a digest that the metadata named from the start."""
    steps = document["ninefold"]["lineage"]
    sealed = {step["prompt"]["commitment"] for step in steps if "commitment" in step.get("prompt", {})}
    faults = []
    for one in told:
        digest = hashlib.sha256(bytes.fromhex(one["salt"]) + one["text"].encode()).hexdigest()
        if digest == one["digest"] and digest in sealed:
            print(f"the words “{one['text']}” were sealed in the metadata as {digest}")
        else:
            faults.append(f"the words “{one['text']}” are not those that the metadata sealed")
    return faults


def prompt(asked: argparse.Namespace) -> list[str]:
    """Whether words that were opened are those that a token's metadata sealed."""
    with open(asked.opened, "rb") as file:
        told = json.loads(file.read(ANSWER_BYTES_MAX))
    with open(asked.metadata, "rb") as file:
        data = file.read(BLOCK_BYTES_MAX)
    print(f"{asked.metadata} has the address {cid_of(hashlib.sha256(data).digest())}")
    return _opened(told, json.loads(data))


def _listed_file(folder: str, entry: dict[str, Any]) -> list[str]:
    parts = str(entry["path"]).split("/")
    if not all(parts) or {".", ".."} & set(parts) or any(sign in entry["path"] for sign in "\\:"):
        return [f"{entry['path']} would lie outside the bundle"]
    path, digest, size = os.path.join(folder, *parts), hashlib.sha256(), 0
    with open(path, "rb") as file:
        while part := file.read(CHUNK_BYTES):
            digest.update(part)
            size += len(part)
        file.seek(0)
        found = cid_of_file(file) if "cid" in entry else None
    same = (size, digest.hexdigest(), found) == (entry["size_bytes"], entry["sha256"], entry.get("cid"))
    return [] if same else [f"{entry['path']} is not the file that was put into the bundle"]


def _on_chain(node: Node, listed: dict[str, Any]) -> list[str]:
    """What the chain says now of the token; what it said when the bundle was made need not hold any more."""
    on = listed["token"]
    chain_id = int(node.ask("eth_chainId"), 16)
    if chain_id != on["chain_id"]:
        return [f"the node is of chain {chain_id}, and the token of chain {on['chain_id']}"]
    try:
        uri = _text(node.call(on["contract"], "tokenURI(uint256)", int(on["token_id"])))
    except Wrong:
        if on["minted"]:
            raise
        print("The chain has no such token yet, as it had none when this bundle was made.")
        return []
    owner = _address(_word(node.call(on["contract"], "ownerOf(uint256)", int(on["token_id"])), 0))
    print(f"token {on['token_id']} of {checksummed(on['contract'])} belongs to {owner}")
    faults = [] if uri == f"ipfs://{listed['metadata_cid']}" else [f"the contract names {uri}, not this work"]
    sale = listed.get("sale")
    return faults + (_sale_on_chain(node, on, sale) if sale else [])


def _sale_on_chain(node: Node, on: dict[str, Any], said: dict[str, Any]) -> list[str]:
    receipt = node.ask("eth_getTransactionReceipt", said["transaction"])
    if not receipt:
        return [f"the chain has no transaction {said['transaction']}"]
    found, chain_id = Ledger(), int(node.ask("eth_chainId"), 16)
    data = bytes.fromhex(node.ask("eth_getTransactionByHash", said["transaction"])["input"][2:])
    for sale in _sales_of(receipt, {checksummed(on["market"])}, said["transaction"], found):
        _check(sale, terms_in(data, chain_id, sale.market), found)
    sold = [sale for sale in found.sales if sale.token_id == int(on["token_id"])]
    if not sold:
        return [*found.faults, f"transaction {said['transaction']} sold another token than this"]
    for account, amount in sold[0].donated:
        print(f"its sale gave {_money(amount, sold[0].currency)} to {account}")
    given = [[account, str(amount)] for account, amount in sold[0].donated]
    if given != [[checksummed(part["beneficiary"]), part["amount_wei"]] for part in said["donations"]]:
        found.faults.append(f"the bundle tells of the donations {said['donations']}, the chain of {given}")
    return found.faults


def file_address(asked: argparse.Namespace) -> list[str]:
    """Whether a file has an address."""
    with open(asked.file, "rb") as file:
        found = cid_of_file(file)
    print(f"{asked.file} has the address {found}")
    return [] if found == asked.cid else [f"that is not {asked.cid}"]


def archive(asked: argparse.Namespace) -> list[str]:
    """Whether every block hashes to its address, and the trees of all roots are there, those asked for among them."""
    roots, places = read_car(asked.file)
    block = checked(lambda cid: _piece(asked.file, *places[cid]))
    for cid in places:
        block(cid)
    missing, ahead, known = [], list(roots), set()
    while ahead:
        cid = ahead.pop()
        if cid in known:
            continue
        known.add(cid)
        if cid not in places:
            missing.append(f"{cid} is part of the tree and not in the archive")
        elif read_cid(cid)[0] == DAG_PB:
            ahead += children(block(cid))[0]
    print(f"{len(places)} blocks hash to their addresses; roots: {', '.join(roots)}")
    return missing + [f"the archive does not begin with {root}" for root in asked.roots if root not in roots]


def main(arguments: list[str] | None = None) -> int:
    """0 when all is as it must be, 1 with each fault named, 2 for a question that cannot be read."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    commands = parser.add_subparsers(required=True, metavar="ledger | token | bundle | prompt | bytes | car")
    one = commands.add_parser("ledger", help="every sale and donation, from the chain alone")
    one.add_argument("--rpc", required=True, metavar="URL")
    one.add_argument(
        "--market", required=True, action="append", metavar="0x…", help="also an auction house or offers"
    )
    one.add_argument("--from-block", type=int, default=0, metavar="N")
    one.set_defaults(answer=ledger)
    one = commands.add_parser("token", help="owner, metadata and picture of one token")
    one.add_argument("--rpc", required=True, metavar="URL")
    one.add_argument("--token", required=True, metavar="0x…", help="the contract")
    one.add_argument("--id", required=True, type=int, metavar="N")
    sources = one.add_mutually_exclusive_group(required=True)
    sources.add_argument("--gateway", metavar="URL")
    sources.add_argument("--car", metavar="FILE")
    sources.add_argument("--files", metavar="FOLDER")
    one.set_defaults(answer=token)
    one = commands.add_parser("bundle", help="a bundle that was taken home")
    one.add_argument("folder")
    one.add_argument("--rpc", metavar="URL")
    one.set_defaults(answer=bundle)
    one = commands.add_parser("prompt", help="words that an artist kept and opened later")
    one.add_argument("--metadata", required=True, metavar="FILE")
    one.add_argument("--opened", required=True, metavar="FILE", help="prompts.json of the work")
    one.set_defaults(answer=prompt)
    one = commands.add_parser("bytes", help="whether a file has a content address")
    one.add_argument("cid")
    one.add_argument("file")
    one.set_defaults(answer=file_address)
    one = commands.add_parser("car", help="whether an archive is whole")
    one.add_argument("file")
    one.set_defaults(answer=archive, roots=())
    asked = parser.parse_args(arguments)
    try:
        faults = asked.answer(asked)
    except (Wrong, OSError, KeyError, ValueError, TypeError, IndexError) as problem:
        faults = [
            str(problem) if isinstance(problem, (Wrong, OSError)) else f"what was given cannot be read ({problem!r})"
        ]
    for fault in faults:
        print(f"WRONG: {fault}", file=sys.stderr)
    print("All of this is as it must be." if not faults else f"{len(faults)} things are not as they must be.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
