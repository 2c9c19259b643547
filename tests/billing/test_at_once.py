"""Several processes at once, on the kind of database the suite runs on: real connections, real locks."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import psycopg
import pytest
from django.db import connection

PROGRAM = Path(__file__).with_name("processes.py")


@pytest.fixture
def empty_database(db, tmp_path):
    """The URL of a new database of the suite's kind."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'billing.sqlite3'}"
        return
    facts = connection.settings_dict
    server = f"postgres://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}"
    name = f"billing_{uuid.uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield f"{server}/{name}"
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_four_runs_make_each_charge_once_and_eight_issuers_leave_no_gap(empty_database):
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "40", "200", "4", "8"],
        env={**os.environ, "DATABASE_URL": empty_database, "LOCAL_CACHE": "true"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    left = json.loads(done.stdout.splitlines()[-1])
    assert left["charges"] == 200
    assert left["numbers"] == [f"2026-{count:06}" for count in range(1, 41)]
    assert left["last"] == 40
