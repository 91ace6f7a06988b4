"""What the gpu queue's workers do: take the next job in turn, make its picture, finish it.

A message says only that something waits in a pool. It may come twice, late or for a job that is over: the claim
decides what is made, and everything else is a quiet return.
"""

import os
import socket
import uuid

from celery import shared_task
from celery.signals import celeryd_after_setup, worker_init, worker_process_init, worker_process_shutdown
from django.conf import settings

from generation import bench, making, turns
from generation.capacity import DEFAULT_POOL
from generation.pipelines import registry


@celeryd_after_setup.connect
def named(sender: str, **_: object) -> None:
    """The worker's name, for its children to announce themselves by."""
    bench.worker_name = sender


@worker_init.connect
def before_children(**_: object) -> None:
    """In the parent of the gpu worker: a child that is killed is followed by one that need not import torch anew."""
    if settings.ROLE == "gpu":
        registry.import_libraries(settings.MODEL)


@worker_process_init.connect
def child_begins(**_: object) -> None:
    """In each child of the gpu worker: say that it is there, and go on saying it."""
    if settings.ROLE == "gpu":
        bench.open_()


@worker_process_shutdown.connect
def child_ends(**_: object) -> None:
    if settings.ROLE == "gpu":
        bench.close()


@shared_task(name="generation.make")
def make(pool: str = DEFAULT_POOL) -> None:
    """Make the picture of the job whose turn it is, and those that share its forward pass. Harmless to repeat."""
    worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    job = turns.claim(pool, worker, settings.MODELS_HERE)
    if job is None:
        return
    beside = turns.claim_beside(job, worker, making.most_beside(job) - 1)
    making.make([job, *beside], worker)
    bench.news()
