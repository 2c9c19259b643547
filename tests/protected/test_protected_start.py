"""The site does not start on open tables, by whichever door, and says what to do."""

import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from portal.core.protected.installing import open_tables, remove
from portal.core.protected.starting import check_protection
from tests.conftest import ROOT

WSGI = ["-c", "import portal.wsgi; print('started')"]
SHELL = ["manage.py", "shell", "--no-imports", "-c", "print('started')"]
DOORS = {
    "web": WSGI,
    "worker": ["-m", "celery", "-A", "portal", "worker", "--pool", "solo"],
    "rq": ["manage.py", "rqworker", "documents", "--burst"],
    "shell": SHELL,
}
SENTENCE = (
    "Not started: the database does not protect billing_charge, billing_invoice, core_auditevent, whose rows must stay"
    " as they are. A migrate was cut short, or the code is newer than the database. Run manage.py migrate again."
)


def start(arguments, **environment):
    """A process of the site on the scratch database, in a minute at most."""
    settings = connection.settings_dict
    url = {
        "sqlite": f"sqlite:///{settings['NAME']}",
        "postgresql": f"postgres://{settings['USER']}:{settings['PASSWORD']}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}",
    }[connection.vendor]
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1/0", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("door", DOORS)
def test_it_does_not_start_on_open_tables(scratch, door):
    remove(connection)
    connection.close()

    done = start(DOORS[door])

    assert done.returncode == 1
    assert SENTENCE in done.stderr


@pytest.mark.parametrize("arguments", [WSGI, SHELL], ids=["web", "shell"])
def test_it_starts_on_protected_ones(scratch, arguments):
    done = start(arguments)

    assert done.stdout.strip() == "started"


def test_protect_mends_them(scratch, capsys):
    remove(connection)
    with pytest.raises(CommandError, match="Not protected: billing_charge, billing_invoice, core_auditevent"):
        call_command("protect", check=True)

    call_command("protect")
    call_command("protect")
    call_command("protect", check=True)

    assert open_tables(connection) == []
    assert capsys.readouterr().out.splitlines() == [
        "Protected now: billing_charge, billing_invoice, core_auditevent.",
        "Every table is protected.",
        "Every table is protected.",
    ]


def test_check_names_them_for_whoever_asks_for_a_database(scratch):
    remove(connection)

    with pytest.raises(
        SystemCheckError, match=r"portal.E002\) Tables are not protected in database default: billing_ch"
    ):
        call_command("check", databases=["default"])

    call_command("check")


def test_the_check_looks_at_the_databases_it_is_given(scratch):
    remove(connection)

    assert check_protection(databases=None) == []
    assert [error.id for error in check_protection(databases=["default"])] == ["portal.E002"]
