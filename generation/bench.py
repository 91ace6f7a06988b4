"""A worker's child at its bench: it says that it is there, on what it paints and which models it holds warm.

Said from a thread every twenty seconds, and at once when a job is done; a bench not heard of for a minute counts for
nothing (generation/capacity.py). A child that is killed says nothing more, and the next one takes its name.
"""

import logging
import os
import threading
import time

from billiard import current_process
from django import db
from django.conf import settings

from generation import capacity
from generation.pipelines import devices, registry

log = logging.getLogger(__name__)
EVERY_SECONDS = 20.0

worker_name = ""
_news = threading.Event()
_closed = threading.Event()
_thread: threading.Thread | None = None


def open_() -> None:
    """Begin to announce this process; once in a process."""
    global _thread
    _closed.clear()
    _thread = threading.Thread(target=_announce, name="bench", daemon=True)
    _thread.start()


def news() -> None:
    """Something has changed, such as the warm models."""
    _news.set()


def close() -> None:
    """Announce no more, and leave."""
    _closed.set()
    _news.set()
    if _thread is not None:
        _thread.join(5)


def name() -> str:
    """The worker and the place of this child in it; the same for the child that follows."""
    return f"{worker_name or os.getpid()}/{getattr(current_process(), 'index', 0)}"[:120]


def _announce() -> None:
    device = devices.choose()
    about, memory_bytes = devices.describe(device), devices.memory_bytes(device)
    said: list[str] | None = None
    due = 0.0
    while not _closed.is_set():
        warm = registry.warm()
        try:
            if warm != said or time.monotonic() >= due:
                capacity.announce(name(), settings.GPU_POOL, about, memory_bytes, settings.MODELS_HERE, warm)
                said, due = warm, time.monotonic() + EVERY_SECONDS
        except db.Error as error:
            log.warning("Not announced: %s", str(error).splitlines()[0])
        finally:
            db.connections.close_all()
        _news.wait(EVERY_SECONDS)
        if not _closed.is_set():
            _news.clear()
    try:
        capacity.leave(name())
    except db.Error as error:
        log.warning("Left without a word: %s", str(error).splitlines()[0])
    finally:
        db.connections.close_all()
