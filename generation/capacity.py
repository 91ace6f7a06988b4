"""Which workers there are and what they can hold, so that an impossible job is refused before it queues.

A worker announces itself (`announce`) with its pool, device and memory; who was not seen for a minute does not count.
While no worker of a pool is known the job is queued: it may be starting. Routing is Celery's: one queue per pool.
"""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from generation.errors import NoPainter
from generation.models import Workbench
from generation.pipelines.base import ModelCard

DEFAULT_POOL = "gpu"
SEEN_WITHIN = dt.timedelta(minutes=1)
FORGOTTEN_AFTER = dt.timedelta(days=1)


def pool_of(model: str) -> str:
    """The queue whose workers paint with this model."""
    return str(settings.MODEL_POOLS.get(model, DEFAULT_POOL))


def announce(
    name: str, pool: str, device: str, memory_bytes: int, may_load: Iterable[str] = (), warm: Iterable[str] = ()
) -> None:
    """This worker is there; to be said again within a minute."""
    Workbench.objects.update_or_create(
        name=name,
        defaults={"pool": pool, "device": device, "memory_bytes": memory_bytes, "may_load": list(may_load),
                  "warm": list(warm)},
    )  # fmt: skip


def leave(name: str) -> None:
    """This worker has put its tools away; what nobody saw for a day is forgotten with it."""
    gone = Q(name=name) | Q(seen_at__lt=timezone.now() - FORGOTTEN_AFTER)
    Workbench.objects.filter(gone).delete()


def benches() -> list[Workbench]:
    """The workers seen lately, of all pools, by name."""
    return list(Workbench.objects.filter(seen_at__gt=timezone.now() - SEEN_WITHIN).order_by("name"))


def workers(pool: str) -> int:
    """How many workers of this pool were seen lately; at least 1, for what is divided by it."""
    return max(1, _seen(pool).count())


def require(card: ModelCard, pool: str) -> None:
    """NoPainter when workers of the pool are there and none of them may or can hold this model."""
    benches = list(_seen(pool))
    able = [bench for bench in benches if not bench.may_load or card.name in bench.may_load]
    if benches and not able:
        models = sorted({name for bench in benches for name in bench.may_load})
        raise NoPainter(f"No painter here has {card.title_en}. There are: {', '.join(models)}.")
    if able and card.memory_bytes > max(bench.memory_bytes for bench in able):
        most = max(bench.memory_bytes for bench in able)
        raise NoPainter(
            f"{card.title_en} needs {card.memory_bytes / 2**30:.1f} GB of memory; the largest painter here has "
            f"{most / 2**30:.1f} GB.", next_step="Choose a smaller model, or ask the operator for a larger painter.",
        )  # fmt: skip


def _seen(pool: str) -> "QuerySet[Workbench]":
    return Workbench.objects.filter(pool=pool, seen_at__gt=timezone.now() - SEEN_WITHIN)
