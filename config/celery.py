"""The Celery application. Tasks carry ids and claim their rows; queues are gpu, pin and chain."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("ninefold")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["generation", "minting"])
