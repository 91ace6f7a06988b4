"""Stand-ins for people's wallets: an account with a key that signs and sends as a browser wallet would."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.types import TxReceipt

ETHER = 10**18


def give(w3: Web3, address: str, wei: int) -> None:
    """Set an account's balance; the test node allows it."""
    w3.provider.make_request("anvil_setBalance", [address, hex(wei)])  # type: ignore[arg-type]


def key_for_chain_role(folder: Path, account: LocalAccount) -> dict[str, str]:
    """Environment of a process in the chain role with this key; the keystore is weak, so that it opens at once."""
    keystore, password = folder / "minter.json", folder / "minter.password"
    keystore.write_text(json.dumps(Account.encrypt(account.key, "of the test", kdf="pbkdf2", iterations=1_000)))
    password.write_text("of the test")
    return {"NINEFOLD_ROLE": "chain", "MINTER_KEYSTORE": str(keystore), "MINTER_PASSWORD_FILE": str(password)}


@dataclass(frozen=True)
class Wallet:
    """One person's key; `send` takes what the site prepares for a wallet."""

    w3: Web3
    account: LocalAccount

    @classmethod
    def new(cls, w3: Web3, ether: int = 10) -> "Wallet":
        wallet = cls(w3, Account.create())
        give(w3, wallet.address, ether * ETHER)
        return wallet

    @property
    def address(self) -> str:
        return str(self.account.address)

    @property
    def balance_wei(self) -> int:
        return int(self.w3.eth.get_balance(self.account.address))

    def sign_typed(self, typed_data: dict[str, Any]) -> str:
        """eth_signTypedData_v4."""
        return "0x" + self.account.sign_typed_data(full_message=typed_data).signature.hex()

    def sign_text(self, text: str) -> str:
        """personal_sign."""
        return "0x" + self.account.sign_message(encode_defunct(text=text)).signature.hex()

    def send(self, prepared: dict[str, Any]) -> TxReceipt:
        """eth_sendTransaction and its receipt; {to, data, value, chainId} with numbers as they come or 0x-hex."""
        number = {name: _integer(prepared.get(name, 0)) for name in ("value", "chainId")}
        asked = {"from": self.address, "to": prepared["to"], "data": prepared["data"], "value": number["value"]}
        gas = self.w3.eth.estimate_gas(asked)  # type: ignore[arg-type]
        base = int(self.w3.eth.get_block("latest")["baseFeePerGas"])
        signed = self.account.sign_transaction(
            {
                **{name: asked[name] for name in ("to", "data", "value")},
                "type": 2,
                "chainId": number["chainId"] or self.w3.eth.chain_id,
                "nonce": self.w3.eth.get_transaction_count(self.account.address),
                "gas": gas * 6 // 5,
                "maxFeePerGas": 2 * base + 10**9,
                "maxPriorityFeePerGas": 10**9,
            }
        )
        return self.w3.eth.wait_for_transaction_receipt(
            self.w3.eth.send_raw_transaction(signed.raw_transaction), timeout=20, poll_latency=0.02
        )


def _integer(value: Any) -> int:
    if isinstance(value, str):
        return int(value, 16) if value.startswith("0x") else int(value)
    return int(value)
