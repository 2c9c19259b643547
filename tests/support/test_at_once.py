"""Two people on one ticket at the same moment, on the kind of database the suite runs on: nobody's text is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import free_port

PROGRAM = Path(__file__).with_name("at_once.py")


def test_of_two_who_change_a_ticket_at_once_the_second_acts_on_what_the_first_left(empty_database):
    nobody = f"redis://127.0.0.1:{free_port()}/0"
    done = subprocess.run(
        [sys.executable, str(PROGRAM)],
        env={**os.environ, "DATABASE_URL": empty_database, "REDIS_URL": nobody, "LOCAL_CACHE": "true"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "close, reply": {
            "state": "open",
            "steps": [["open", "closed"], ["closed", "open"]],
            "said": ["Bob writes."],
            "assignee": "",
        },
        "answer, answer": {
            "state": "waiting",
            "steps": [["open", "waiting"]],
            "said": ["Erin writes.", "Emma writes."],
            "assignee": "Erin",
        },
        "answer, reply": {
            "state": "open",
            "steps": [["open", "waiting"], ["waiting", "open"]],
            "said": ["Erin writes.", "Bob writes."],
            "assignee": "Erin",
        },
        "reply, close": {
            "state": "closed",
            "steps": [["open", "closed"]],
            "said": ["Bob writes."],
            "assignee": "",
        },
        "close, close": {
            "state": "closed",
            "steps": [["open", "closed"]],
            "said": [],
            "assignee": "",
        },
    }
