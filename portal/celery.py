"""The Celery application: AWS provisioning and rollouts."""

import os

from celery import Celery
from celery.signals import worker_init
from django.db import connections

from portal.core.protected.starting import TablesAreOpen, refuse_open_tables

STATEMENT_MS, LOCK_MS = 20_000, 10_000

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect(weak=False)
def protected_tables_only(**_: object) -> None:
    """A worker does not start on open tables; Celery would log any other exception and go on."""
    try:
        refuse_open_tables()
    except TablesAreOpen as error:
        raise SystemExit(str(error)) from error


@worker_init.connect(weak=False)
def bounded_database_waits(**_: object) -> None:
    """A step waits this long at most for a statement or a lock: nothing else would ever end its thread's wait. Pages
    and migrations have no such bound. SQLite has its own (`timeout` in the settings)."""
    database = connections.settings["default"]
    if database["ENGINE"].endswith("postgresql"):
        bounds = f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={LOCK_MS}"
        database["OPTIONS"]["options"] = f"{bounds} {database['OPTIONS'].get('options', '')}"
        connections.close_all()
