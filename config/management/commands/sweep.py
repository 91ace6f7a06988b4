"""`manage.py sweep`: bring back what was lost, until SIGTERM.

Every round sends the rows that are due and that no worker has heard of, and takes jobs back from lost workers. With
Redis empty or away nothing is lost: this finds all of it in the database. It also looks at new pictures, so that they
are found by words, colours and likeness, and once an hour deletes the files that have lain in the trash for 30 days.
Two sweepers do no harm.
"""

import logging
import math
import signal
import threading
import time
from typing import Any

from django import db
from django.core.management.base import BaseCommand, CommandParser

from gallery import trash
from generation import api as generation
from minting import api as minting

log = logging.getLogger(__name__)
TRASH_EVERY_SECONDS = 3600
LOOKS_PER_ROUND = 8  # a few tens of milliseconds each


class Command(BaseCommand):
    help = "Send what is due and bring back lost work, until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS")
        parser.add_argument("--once", action="store_true", help="one round, then end")

    def handle(self, *_: Any, every: float, once: bool, **__: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        emptied_at = -math.inf
        while True:
            try:
                if time.monotonic() - emptied_at > TRASH_EVERY_SECONDS:
                    emptied_at = time.monotonic()
                    _empty_trash()
                generation.curation.take(LOOKS_PER_ROUND)
                sent = generation.sweep() + minting.sweep()
                if sent:
                    log.info("Sent %d", sent)
            except db.Error as error:
                log.warning("The database is away: %s", str(error).splitlines()[0])
                db.connections.close_all()
            if once or stop.wait(every):
                return


def _empty_trash() -> None:
    try:
        emptied = trash.empty()
    except OSError as error:
        log.warning("The trash was not emptied: %s", error)
    else:
        if emptied:
            log.info("Emptied the trash of %d pictures", emptied)
