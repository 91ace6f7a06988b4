"""An Ethereum node for one machine: anvil, with its state kept on disk so that it survives a kill.

Every transaction is mined at once. Chain id 31337: tokens of this chain live on this machine only, and the pages
say so. Reference: npm @foundry-rs/anvil.
"""

import platform
from pathlib import Path

from config.embedded.environment import ROOT

CHAIN_ID = 31337
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "arm64": "arm64", "aarch64": "arm64"}


class NoChainNode(RuntimeError):
    """The program is not installed for this kind of machine; the message says what to do."""


def program() -> Path:
    """The node's own program, not its Node wrapper: signals must reach it."""
    kind = f"anvil-{platform.system().lower()}-{_MACHINES.get(platform.machine().lower(), platform.machine())}"
    path = ROOT / "node_modules" / "@foundry-rs" / kind / "bin" / "anvil"
    if not path.exists():
        raise NoChainNode(f"The chain node is not installed ({kind}). Run `make env`, or set RPC_URL to a node.")
    return path


def command(port: int, state: Path | None = None, *options: str) -> list[str]:
    """The command that serves JSON-RPC on 127.0.0.1:`port`; with `state`, blocks outlive the process."""
    kept = ["--state", str(state), "--state-interval", "1", "--preserve-historical-states"] if state else []
    return [
        str(program()), "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(CHAIN_ID), "--silent",
        *kept, *options,
    ]  # fmt: skip


def url(port: int) -> str:
    """Where the node of `command` is reached."""
    return f"http://127.0.0.1:{port}"
