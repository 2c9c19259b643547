"""Several processes at once, on the kind of database the suite runs on: real connections, real locks."""

import json
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("processes.py")


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
