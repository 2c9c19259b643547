"""The settings as production has them: DEBUG is false."""

import os
import subprocess
import sys

from tests.conftest import ROOT

PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "a production secret of more than fifty characters, " + "0123456789",
    "FIELD_KEYS": "dGVzdC1vbmx5LWtleS0wMDAwMDAwMDAwMDAwMDAwMDA=",
    "ALLOWED_HOSTS": "portal.example.com",
    "DATABASE_URL": "sqlite://:memory:",
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """manage.py in production, in a process of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **PRODUCTION, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_proxy_in_front_is_reckoned_with_so_that_limits_count_visitors():
    ask = "from django.conf import settings; print(settings.ALLAUTH_TRUSTED_PROXY_COUNT)"

    done = manage("shell", "--no-imports", "-c", ask)

    assert done.stdout.strip() == "1"


def test_without_its_secrets_it_does_not_start():
    done = manage("check", SECRET_KEY="")

    assert done.returncode != 0
    assert "Set SECRET_KEY: it has no default when DEBUG is false." in done.stderr


def test_the_demo_shows_the_pages_that_people_see_in_production_over_plain_http_on_loopback():
    ask = """
from django.test import Client
client = Client(headers={"host": "127.0.0.1"})
answers = [client.get(path) for path in ("/nowhere/", "/static/css/portal.css", "/account/login/")]
cookie = answers[2].cookies["csrftoken"]["secure"] or "over HTTP too"
print([answer.status_code for answer in answers], cookie, b"There is nothing here" in answers[0].content)
"""
    demo = {"DEBUG": "false", "DEMO": "process", "SECRET_KEY": "", "FIELD_KEYS": "", "ALLOWED_HOSTS": "127.0.0.1"}

    done = manage("shell", "--no-imports", "-c", ask, **demo)

    assert done.stdout.splitlines()[-1] == "[404, 200, 200] over HTTP too True", done.stderr[-2000:]


def test_without_the_demo_or_debug_plain_http_is_refused():
    ask = """
from django.test import Client
answer = Client(headers={"host": "portal.example.com"}).get("/account/login/")
print(answer.status_code, answer["Location"])
"""

    done = manage("shell", "--no-imports", "-c", ask)

    assert done.stdout.splitlines()[-1] == "301 https://portal.example.com/account/login/"
