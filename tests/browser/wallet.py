"""The browser wallet of a test: a real key behind an injected EIP-1193 provider, in the hands of the test."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_account.messages import encode_defunct
from playwright.sync_api import Page
from web3 import Web3

from tests.support.wallets import Wallet

PROVIDER = (Path(__file__).parent / "provider.js").read_text()
REJECTED, CHAIN_UNKNOWN, FAILED = 4001, 4902, -32000


class Declined(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class BrowserWallet:
    """`declines` names methods that the person says no to; `chain_id` is where the wallet stands."""

    wallet: Wallet
    chain_id: int = 31337
    knows_chain: bool = True
    declines: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    names: tuple[str, ...] = ("Test Wallet",)

    def inject(self, page: Page) -> "BrowserWallet":
        page.expose_function("askTestWallet", self.answer)
        page.add_init_script(PROVIDER.replace("WALLET_NAMES", json.dumps(list(self.names))))
        return self

    def answer(self, _name: str, method: str, params: list[Any]) -> dict[str, Any]:
        self.asked.append(method)
        try:
            if method in self.declines:
                raise Declined(REJECTED, "User rejected the request.")
            return {"result": self._do(method, params)}
        except Declined as no:
            return {"error": {"code": no.code, "message": str(no)}}

    def _do(self, method: str, params: list[Any]) -> Any:
        if method in ("eth_requestAccounts", "eth_accounts"):
            return [self.wallet.address.lower()]
        if method == "eth_chainId":
            return hex(self.chain_id)
        if method == "wallet_switchEthereumChain":
            if not self.knows_chain:
                raise Declined(CHAIN_UNKNOWN, "Unrecognized chain ID.")
            self.chain_id = int(params[0]["chainId"], 16)
            return None
        if method == "wallet_addEthereumChain":
            self.knows_chain = True
            return None
        if method == "personal_sign":
            message = encode_defunct(hexstr=params[0])
            return "0x" + bytes(self.wallet.account.sign_message(message).signature).hex()
        if method == "eth_signTypedData_v4":
            return self.wallet.sign_typed(json.loads(params[1]))
        if method == "eth_sendTransaction":
            return self._send(params[0])
        return self._node(method, params)

    def _send(self, call: dict[str, str]) -> str:
        w3 = self.wallet.w3
        fields = {
            "to": Web3.to_checksum_address(call["to"]), "data": call["data"], "value": int(call["value"], 16),
            "type": 2, "chainId": w3.eth.chain_id, "nonce": w3.eth.get_transaction_count(self.wallet.account.address),
            "gas": 900_000, "maxFeePerGas": 2 * int(w3.eth.get_block("latest")["baseFeePerGas"]) + 10**9,
            "maxPriorityFeePerGas": 10**9,
        }  # fmt: skip
        raw = self.wallet.account.sign_transaction(fields).raw_transaction
        return str(self._node("eth_sendRawTransaction", ["0x" + bytes(raw).hex()]))

    def _node(self, method: str, params: list[Any]) -> Any:
        answer = self.wallet.w3.provider.make_request(method, params)  # type: ignore[arg-type]
        if "error" in answer:
            raise Declined(int(answer["error"].get("code", FAILED)), str(answer["error"].get("message")))
        return json.loads(Web3.to_json(answer["result"])) if answer["result"] is not None else None
