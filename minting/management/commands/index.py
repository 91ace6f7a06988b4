"""`manage.py index`: follow the chain and keep the rows of tokens, sales and donations true."""

import logging
import signal
import threading
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, OperationalError, close_old_connections
from web3 import Web3
from web3.exceptions import Web3RPCError

from minting import chains
from minting.contract import reader
from minting.contract.errors import NodeUnreachable, WrongChain
from minting.errors import MintingError
from minting.indexer import reading, walk

log = logging.getLogger("minting.indexer")
POLL_SECONDS = 0.5
BACKOFF_SECONDS_MAX = 8.0


class Command(BaseCommand):
    help = "Follow the chain; goes on until SIGTERM, also while the node is away. Halts where final blocks change."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="read to the head and stop")
        parser.add_argument("--rebuild", action="store_true", help="forget all rows of the chain and read them again")

    def handle(self, *_: Any, once: bool, rebuild: bool, **__: Any) -> None:
        if once or rebuild:
            try:
                chain = chains.configured()
                w3 = reader.connect(chain)
                (walk.rebuild if rebuild else walk.catch_up)(chain, w3)
            except MintingError as error:
                raise CommandError(f"{error} {error.next_step}") from error
            self.stdout.write("The rows tell what the chain tells.")
            return
        self._follow()

    def _follow(self) -> None:
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        w3: Web3 | None = None
        wait, said = POLL_SECONDS, ""
        while not stop.wait(wait):
            try:
                chain = chains.configured()
                w3 = w3 or reader.connect(chain)
                while walk.step(chain, w3) and not stop.is_set():
                    reading.well(chain.chain_id)
                reading.well(chain.chain_id)
                if said:
                    log.info("The chain answers again.")
                wait, said = POLL_SECONDS, ""
            except chains.NotDeployed as error:
                if str(error) != said:
                    log.info("%s Waiting for it.", error)
                wait, said = POLL_SECONDS, str(error)
            except WrongChain as error:
                raise CommandError(f"{error} {error.next_step}") from error
            except (MintingError, Web3RPCError, OperationalError) as error:
                fault = (
                    error if isinstance(error, MintingError) else NodeUnreachable(f"{type(error).__name__}: {error}")
                )
                if str(fault) != said:
                    log.log(logging.WARNING if fault.retryable else logging.CRITICAL, "%s %s", fault, fault.next_step)
                wait, said, w3 = min(wait * 2, BACKOFF_SECONDS_MAX), str(fault), None
                close_old_connections()
                with suppress(DatabaseError):
                    reading.unwell(fault)
