"""Wallets of the demonstration's people, standing in for the browser wallets that they would hold themselves.

The keys lie in the state folder, in a file that this user alone reads, so that a second `make demo` goes on with the
same people. They are worth nothing: the chain is this machine's own. No page and no worker reads them.
"""

import json
import urllib.request
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

NAMES = ("site", "charity", "seoyeon", "ines", "jonas", "collector")


class Wallets:
    """Stand-in wallets by name, and the few JSON-RPC calls that a wallet makes."""

    def __init__(self, path: Path, rpc_url: str = "") -> None:
        self.rpc_url = rpc_url
        if not path.exists():
            draft = path.with_suffix(".draft")
            draft.touch(mode=0o600)
            draft.write_text(json.dumps({name: Account.create().key.hex() for name in NAMES}))
            draft.replace(path)
        self._accounts: dict[str, LocalAccount] = {
            name: Account.from_key(key) for name, key in json.loads(path.read_text()).items()
        }

    def address(self, name: str) -> str:
        """EIP-55 address."""
        return str(self._accounts[name].address)

    def sign_text(self, name: str, text: str) -> str:
        """As personal_sign."""
        return "0x" + bytes(self._accounts[name].sign_message(encode_defunct(text=text)).signature).hex()

    def sign_typed_data(self, name: str, typed_data: dict[str, Any]) -> str:
        """As eth_signTypedData_v4."""
        return "0x" + bytes(self._accounts[name].sign_typed_data(full_message=typed_data).signature).hex()

    def send(self, name: str, prepared: dict[str, str]) -> str:
        """Sign and send a prepared {to, data, value, chainId}, as eth_sendTransaction; the transaction's hash."""
        sender = self.address(name)
        nonce = int(self.rpc("eth_getTransactionCount", sender, "pending"), 16)
        block = self.rpc("eth_getBlockByNumber", "latest", False)
        call = {"from": sender, "to": prepared["to"], "data": prepared["data"], "value": prepared["value"]}
        fields: dict[str, Any] = {
            "to": prepared["to"], "data": prepared["data"], "value": int(prepared["value"], 16),
            "chainId": int(prepared["chainId"], 16), "nonce": nonce,
            "gas": int(self.rpc("eth_estimateGas", call), 16) * 6 // 5, "maxPriorityFeePerGas": 10**9,
            "maxFeePerGas": int(block["baseFeePerGas"], 16) * 2 + 10**9, "type": 2,
        }  # fmt: skip
        raw = self._accounts[name].sign_transaction(fields).raw_transaction
        return str(self.rpc("eth_sendRawTransaction", "0x" + bytes(raw).hex()))

    def give_ether(self, address: str, wei: int) -> None:
        """Coins of this machine's own chain, out of nothing, up to `wei`; only its node knows how."""
        if int(self.rpc("eth_getBalance", address, "latest"), 16) < wei:
            self.rpc("anvil_setBalance", address, hex(wei))

    def rpc(self, method: str, *params: Any) -> Any:
        """One JSON-RPC call to the chain's node; RuntimeError with its words when it refuses."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
        request = urllib.request.Request(self.rpc_url, body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  the node that we started
            said = json.load(answer)
        if "error" in said:
            raise RuntimeError(f"{method}: {said['error'].get('message', said['error'])}")
        return said["result"]
