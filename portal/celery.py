"""The Celery application: AWS provisioning and rollouts."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

from portal.core.protected.starting import TablesAreOpen, refuse_open_tables

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect(weak=False)
def protected_tables_only(**_: Any) -> None:
    """A worker does not start on open tables; Celery would log any other exception and go on."""
    try:
        refuse_open_tables()
    except TablesAreOpen as error:
        raise SystemExit(str(error)) from error
