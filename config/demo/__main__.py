"""`python -m config.demo`: start, tell the story, print where to look, and stay until Ctrl-C."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.demo.machine import Machine

ENOUGH_FOR_GAS_WEI = 100 * 10**18


def main() -> int:
    """0 when it was stopped by hand, 1 when something on this machine was in the way."""
    leave = threading.Event()

    def on_signal(number: int, _: FrameType | None) -> None:
        if leave.is_set():
            return
        leave.set()
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    try:
        return _run(leave)
    except KeyboardInterrupt:  # before there was anything to stop
        return 0


def _run(leave: threading.Event) -> int:
    from config.demo.machine import CannotStart, Machine  # slow to read, hence after the signals
    from config.embedded import environment

    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:6.1f} s] {line}", flush=True)

    machine = Machine(environment.state_dir(), _port())
    try:
        machine.check()
        _open(machine, say)
        for name, why in machine.places_that_fail().items():
            say(f"{name} keeps copies and is not well: {why} Sales that need it wait; it is tried again by itself.")
        say(
            "Everything is up. Ctrl-C stops it; `make demo` goes on with the same data; `make clean-demo` forgets it."
        )
        print(f"Ninefold is open: {machine.url}/", flush=True)
        if "--once" not in sys.argv:
            while not leave.wait(3600):
                pass
        return 0
    except KeyboardInterrupt:
        return 0
    except CannotStart as problem:
        print(f"\nNinefold could not open. {problem}", file=sys.stderr, flush=True)
        return 1
    finally:
        leave.set()
        machine.stop()
        print("Ninefold is closed.", flush=True)


def _open(machine: "Machine", say: Callable[[str], None]) -> None:
    import django

    from config.demo.wallets import Wallets

    password = machine.secret("demo.password")
    wallets = Wallets(machine.keys / "demo-wallets.json")
    machine.start_services(wallets.address("site"))
    say("PostgreSQL, Redis and a chain node are running")
    wallets.rpc_url = os.environ["RPC_URL"]
    django.setup()
    from config.demo import story
    from minting.transactions import signer

    minter = machine.keys / "minter.json"
    if not minter.exists():
        signer.create_keystore(minter, machine.secret("minter.password"))
    wallets.give_ether(signer.address_in(minter), ENOUGH_FOR_GAS_WEI)
    machine.command("migrate", "--verbosity", "0")
    machine.command("deploy_contracts", chain_role=True)
    say("Database migrated, contracts deployed")
    machine.start_processes()
    say("Web server, workers, sweeper and indexer are up")
    story.tell(wallets, password, say)
    for line in (
        "",
        f"  Exhibition   {machine.url}/exhibitions/first-light/",
        f"  Ledger       {machine.url}/ledger/",
        f"  Collection   {machine.url}/collections/{wallets.address('collector')}/",
        f"  Studio       {machine.url}/studio/   as ines@ninefold.example",
        f"  Operators    {machine.url}/admin/   as operator@ninefold.example",
        f"  Password     in {machine.keys / 'demo.password'}",
        f"  Health       {machine.url}/healthz",
        f"  Chain        {os.environ['RPC_URL']}   chain id {os.environ['CHAIN_ID']}, this machine's own",
        "",
    ):
        print(line, flush=True)


def _port() -> int:
    port = os.environ.get("PORT", "8000")
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535):
        raise SystemExit(f"PORT={port} is no port: give a number from 1 to 65535, such as PORT=8000 make demo")
    return int(port)


if __name__ == "__main__":
    sys.exit(main())
