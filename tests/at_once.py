"""Two people at once, on the kind of database the suite runs on, each with a connection of their own.

A program for the tests starts with `django.setup()`, calls `at_once` and writes what it found as JSON; a test runs it
with `run` on an empty database.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, connections, transaction

from portal.core.errors import UserError
from tests.conftest import ROOT, free_port

Act = Callable[[], object]


def run(program: Path, database: str) -> Any:
    """What the program wrote. Nobody answers where its queues should be."""
    redis = f"redis://127.0.0.1:{free_port()}/0"
    surroundings = {"DATABASE_URL": database, "REDIS_URL": redis, "LOCAL_CACHE": "true", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(program)],
        env={**os.environ, **surroundings, "DJANGO_SETTINGS_MODULE": "portal.settings"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def report(find: Callable[[], Any]) -> None:
    """What a program does: makes the tables, finds something out, and writes it."""
    call_command("migrate", verbosity=0)
    sys.stdout.write(json.dumps(find()))


def at_once(first: Act, second: Act) -> UserError | None:
    """`second` begins before the transaction of `first` ends. What `second` was refused with, if it was."""
    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            first()
            other = pool.submit(_refusal_of, second)
            _wait_for_the_other()
        return other.result(timeout=30)


def _refusal_of(act: Act) -> UserError | None:
    try:
        act()
    except UserError as refusal:
        return refusal
    finally:
        connections.close_all()
    return None


def _wait_for_the_other() -> None:
    """Until the other waits for this transaction; SQLite does not tell."""
    if connection.vendor == "sqlite":
        time.sleep(0.5)
        return
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.02)
    raise SystemExit("The other did not wait: nothing was at once.")
