"""Which chain this site mints on, and where its contracts stand there.

The network comes from settings; the addresses from `<DEPLOYMENTS_DIR>/<chain id>.json`, which
`manage.py deploy_contracts` writes: {"chainId", "token", "factory", "market", "auctions", "offers", "block"}.
Refuses to guess an address: without that file there is no chain to mint on (NotDeployed). Talks to no node;
minting/contract/reader.py does.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings

from minting.errors import MintingError

LOCAL_CHAIN_ID = 31337
LOCAL_FINALITY = 64
_KNOWN = {
    1: ("Ethereum", "https://etherscan.io"),
    10: ("OP Mainnet", "https://optimistic.etherscan.io"),
    8453: ("Base", "https://basescan.org"),
    137: ("Polygon", "https://polygonscan.com"),
    42161: ("Arbitrum One", "https://arbiscan.io"),
    11155111: ("Sepolia", "https://sepolia.etherscan.io"),
    84532: ("Base Sepolia", "https://sepolia.basescan.org"),
    LOCAL_CHAIN_ID: ("This machine's own chain", ""),
}


class NotDeployed(MintingError):
    """No deployment file for the configured chain."""

    code = "not_deployed"
    title = "The contracts are not deployed"
    next_step = "Run `manage.py deploy_contracts` in the chain role."


@dataclass(frozen=True)
class Chain:
    """One network and our contracts on it; their addresses are empty until they are deployed."""

    chain_id: int
    name: str
    rpc_url: str
    confirmations: int
    explorer: str
    max_fee_gwei: int
    token: str = ""
    market: str = ""
    factory: str = ""
    auctions: str = ""
    offers: str = ""
    deploy_block: int = 0
    further_rpc_urls: tuple[str, ...] = ()  # asked where the first does not answer, or must be confirmed
    rpc_quorum: int = 1

    @property
    def sellers(self) -> tuple[str, ...]:
        """The contracts that divide prices and hold credits: market, auctions, offers, as far as they are there."""
        return tuple(one for one in (self.market, self.auctions, self.offers) if one)

    @property
    def contracts(self) -> tuple[str, ...]:
        """Every contract of ours but the series, which the factory's logs name."""
        return tuple(one for one in (self.token, self.factory, *self.sellers) if one)

    @property
    def finality(self) -> int:
        """How many blocks a reorganisation may take back before the indexer refuses to follow it."""
        return max(self.confirmations, LOCAL_FINALITY if self.chain_id == LOCAL_CHAIN_ID else 1)


def network() -> Chain:
    """The configured network without contracts: enough to sign and send."""
    name, explorer = _KNOWN.get(settings.CHAIN_ID, (f"chain {settings.CHAIN_ID}", ""))
    first, *further = (url.strip() for url in settings.RPC_URL.split(","))
    return Chain(
        chain_id=settings.CHAIN_ID,
        name=name,
        rpc_url=first,
        confirmations=settings.CHAIN_CONFIRMATIONS,
        explorer=settings.EXPLORER_URL or explorer,
        max_fee_gwei=settings.MAX_FEE_GWEI,
        further_rpc_urls=tuple(further),
        rpc_quorum=settings.RPC_QUORUM,
    )


def deployment_path(chain_id: int | None = None) -> Path:
    """Where the addresses of a chain are kept; of the configured one unless another is named."""
    return Path(settings.DEPLOYMENTS_DIR) / f"{settings.CHAIN_ID if chain_id is None else chain_id}.json"


def configured() -> Chain:
    """The configured network with its contracts; NotDeployed when they are not there yet. Reads one small file."""
    path = deployment_path()
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        raise NotDeployed(f"There are no contracts on chain {settings.CHAIN_ID} yet.") from None
    if found["chainId"] != settings.CHAIN_ID:
        raise NotDeployed(f"{path.name} tells of chain {found['chainId']}, not of {settings.CHAIN_ID}.")
    return replace(
        network(),
        deploy_block=found["block"],
        **{name: found.get(name, "") for name in ("token", "factory", "market", "auctions", "offers")},
    )
