"""/healthz: each part up or down with the reason, and the counts of what Ninefold has made.

Answers 200 when every part is up, else 503 with the same document. Workers are asked by Celery's own ping; sweeper
and indexer are seen by their database sessions, which carry the name of their role.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse

from config.celery import app
from generation import api as generation
from minting import api as minting

log = logging.getLogger(__name__)
PING_SECONDS = 2.0  # at the most: it ends with the last answer that is expected
FRESH_SECONDS = 2.0
WORKERS = ("gpu", "pin", "chain")
LOOPS = ("sweeper", "indexer")
_asking = threading.Lock()
_last: dict[str, Any] = {}


def healthz(request: HttpRequest) -> JsonResponse:
    """The document, for people and for monitors; asked anew at most every two seconds by each web process."""
    with _asking:
        if _last.get("until", 0.0) <= time.monotonic():
            status, document = _ask_all()
            _last.update(until=time.monotonic() + FRESH_SECONDS, status=status, document=document)
    return JsonResponse(_last["document"], status=_last["status"], headers={"Cache-Control": "no-store"})


def _ask_all() -> tuple[int, dict[str, Any]]:
    parts = {"database": _asked(_database)}
    if parts["database"]["up"]:
        parts |= {"broker": _asked(_broker), "chain_node": _asked(minting.node_answers)}
        parts |= {"signers": _signers()}
        parts |= {"content_store": _asked(minting.store_answers)} | _places()
        parts |= _workers() | _loops()
    up = all(part["up"] for part in parts.values())
    document: dict[str, Any] = {"up": up, "parts": parts}
    if parts["database"]["up"]:
        document["counts"] = generation.counts() | minting.counts()
    return (200 if up else 503), document


def _asked(question: Callable[[], str]) -> dict[str, Any]:
    try:
        return {"up": True, "detail": question()}
    except minting.MintingError as error:
        return {"up": False, "detail": str(error)}
    except Exception as error:  # whatever a part says, the page must still come
        log.warning("%s is down: %s", question.__name__, error)
        return {"up": False, "detail": type(error).__name__}


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0]}"


def _broker() -> str:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
        return f"Redis {client.info('server')['redis_version']}"


def _workers() -> dict[str, dict[str, Any]]:
    try:
        answers = {
            name.partition("@")[0]
            for reply in app.control.ping(timeout=PING_SECONDS, limit=len(WORKERS))
            for name in reply
        }
    except Exception:  # the broker says why, above
        answers = set()
    seen = {f"{name}_worker": _seen(name in answers, "does not answer") for name in WORKERS}
    for bench in generation.painters():
        warm = ", ".join(bench.warm) or "nothing yet"
        about = f"{bench.device}, {bench.memory_bytes / 2**30:.1f} GB for models, warm: {warm}"
        seen[f"painter_{bench.name}"] = {"up": True, "detail": about}
    return seen


def _loops() -> dict[str, dict[str, Any]]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()"
            )
            seen = {row[0] for row in cursor.fetchall()}
    except Error:
        seen = set()
    found = {name: _seen(f"ninefold-{name}" in seen, "has no session with the database") for name in LOOPS}
    if found["indexer"]["up"]:
        reads, says = minting.indexer_state()
        found["indexer"] = {"up": reads, "detail": says or found["indexer"]["detail"]}
    return found


def _places() -> dict[str, dict[str, Any]]:
    """Where further copies are kept, as the pin workers last met it."""
    try:
        met = minting.places_well()
    except minting.MintingError as error:
        return {"places": {"up": False, "detail": str(error)}}
    return {f"place_{name}": {"up": not wrong, "detail": wrong or "well"} for name, wrong in met.items()}


def _signers() -> dict[str, Any]:
    """What pays for the gas: funded, low, empty or unseen. Only an empty account stops anything."""
    state, says = minting.signers_state()
    return {"up": state != "empty", "state": state, "detail": says}


def _seen(up: bool, why_not: str) -> dict[str, Any]:
    return {"up": up, "detail": "answers" if up else why_not}
