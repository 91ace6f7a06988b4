"""What Ninefold itself wishes on the chain, by name, and how the chain tells that a wish has come true.

Each wish has a key, so wishing twice is one transaction. Nothing here sends; minting/transactions/work.py does.
"""

from web3 import Web3

from minting.chains import Chain, configured
from minting.contract import calls, reader
from minting.contract.artifacts import TOKEN, Name
from minting.contract.errors import ContractRefused
from minting.models import Transaction
from minting.transactions import outbox


def want_mint(
    token_id: int, metadata_digest: bytes, royalty_receiver: str, royalty_bps: int, chain: Chain | None = None
) -> Transaction:
    """Mint a work to its artist; `metadata_digest` is the sha-256 in the CID of its metadata."""
    chain = chain or configured()
    return outbox.want(
        f"mint:{chain.chain_id}:{chain.token}:{token_id}", "mint", chain.token,
        calls.mint(token_id, metadata_digest, royalty_receiver, royalty_bps), chain_id=chain.chain_id,
    )  # fmt: skip


def want_admit(artist: str, chain: Chain | None = None) -> Transaction:
    """Let works of `artist` be minted and sold."""
    chain = chain or configured()
    return outbox.want(
        f"admit:{chain.chain_id}:{chain.token}:{artist}", "admit", chain.token, calls.admit(artist),
        chain_id=chain.chain_id,
    )  # fmt: skip


def want_withdraw(account: str, number: int, chain: Chain | None = None) -> Transaction:
    """Pay out what the market holds for `account`; `number` tells this time from other times."""
    chain = chain or configured()
    return outbox.want(
        f"withdraw:{chain.chain_id}:{chain.market}:{account}:{number}", "withdraw", chain.market,
        calls.withdraw(account), chain_id=chain.chain_id,
    )  # fmt: skip


def want_contract(chain: Chain, contract: Name, data: str) -> Transaction:
    """Create one of our contracts, once per chain."""
    name = contract.removeprefix("Ninefold").lower()
    return outbox.want(f"deploy:{chain.chain_id}:{name}", "deploy", "", data, chain_id=chain.chain_id)


def want_role(chain: Chain, role: bytes, account: str) -> Transaction:
    """Give `role` on the token to `account`."""
    return outbox.want(
        f"grant:{chain.chain_id}:{chain.token}:{role.hex()[:16]}:{account}", "grant", chain.token,
        calls.grant_role(role, account), chain_id=chain.chain_id,
    )  # fmt: skip


def want_no_role(chain: Chain, role: bytes, account: str, number: int) -> Transaction:
    """Take `role` on the token from `account`; `number` tells this time from other times."""
    return outbox.want(
        f"revoke:{chain.chain_id}:{chain.token}:{role.hex()[:16]}:{account}:{number}", "revoke", chain.token,
        calls.revoke_role(role, account), chain_id=chain.chain_id,
    )  # fmt: skip


def already_done(w3: Web3, row: Transaction) -> bool:
    """Whether the chain shows what `row` wishes, whoever did it. False for wishes that leave no mark of their own."""
    if row.purpose in {"deploy", "withdraw", "role"}:
        return False
    function, values = calls.decode_call(TOKEN, row.data)
    try:
        match function:
            case "mint":
                return reader.token_exists(w3, row.to, values[0])
            case "mintBatch":
                return all(reader.token_exists(w3, row.to, token_id) for token_id in values[0])
            case "admit":
                return reader.is_admitted(w3, row.to, values[0])
            case "grantRole":
                return reader.has_role(w3, row.to, values[0], values[1])
            case "revokeRole":
                return not reader.has_role(w3, row.to, values[0], values[1])
    except ContractRefused:
        return False
    return False
