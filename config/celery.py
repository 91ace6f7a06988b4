"""The Celery application. Tasks carry ids and claim their rows; queues are gpu, pin and chain."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("ninefold")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["generation", "minting"])


@worker_init.connect  # type: ignore[untyped-decorator]
def refuse_another_chain(**_: Any) -> None:
    """A worker that signs does not start on a node of another chain than CHAIN_ID names."""
    from django.conf import settings

    from minting import api

    if settings.ROLE == "chain":
        try:
            api.refuse_wrong_chain()
        except api.WrongChain as error:
            raise SystemExit(f"{error} {error.next_step}") from error
