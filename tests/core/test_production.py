"""The settings as production has them: DEBUG is false."""

import os
import re
import subprocess
import sys

import environ
import pytest

from portal.required import SETTINGS, Required
from tests.conftest import ROOT

# A whole set, none of it true; bin/test and bin/image-check take it too.
PRODUCTION = dict(line.split("=", 1) for line in (ROOT / "tests" / "production.env").read_text().splitlines())
CHECK = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")


def start(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program of the portal in production, in a process of its own."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **PRODUCTION, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def ask(question: str, **environment: str) -> str:
    """What a setting is there."""
    question = f"from django.conf import settings; print(settings.{question})"
    return start("manage.py", "shell", "--no-imports", "-c", question, **environment).stdout.strip()


def test_a_proxy_in_front_is_reckoned_with_so_that_limits_count_visitors():
    assert ask("ALLAUTH_TRUSTED_PROXY_COUNT") == "1"


def test_a_whole_set_passes_every_check():
    done = start(*CHECK)

    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n"), done.stderr


@pytest.mark.parametrize(
    "command",
    [
        CHECK,
        ("manage.py", "migrate"),
        ("manage.py", "rqworker", "documents"),
        ("-m", "gunicorn", "portal.wsgi", "--config", "python:portal.serving", "--bind", "127.0.0.1:0"),
        ("-m", "celery", "-A", "portal", "worker"),
        ("-m", "celery", "-A", "portal", "beat"),
    ],
    ids=["check", "migrate", "rq", "web", "worker", "beat"],
)
def test_nothing_starts_while_required_settings_are_wrong(command):
    done = start(*command, SECRET_KEY="", SELLER_IBAN="BE68539007547034", PORTAL_URL="http://127.0.0.1:8000")

    assert done.returncode != 0
    said = f"{done.stdout}{done.stderr}"
    for sentence in (
        "SECRET_KEY is missing. Set it to 50 random characters or more that only you know.",
        "SELLER_IBAN is an example. Set it to the bank account that invoices are paid to.",
        "PORTAL_URL is no address that begins with https://. Set it to the address at which people reach the portal.",
    ):
        assert f"\n- {sentence}\n" in f"{said}\n"


@pytest.mark.parametrize(
    "command", [CHECK, ("-m", "gunicorn", "portal.wsgi"), ("-m", "celery", "-A", "portal", "worker")]
)
def test_what_is_for_building_the_image_starts_nothing_else(command):
    done = start(*command, BUILD="true")

    assert done.returncode != 0
    assert "BUILD is for collectstatic, while the image is built. Unset it to start anything else." in done.stderr


def test_the_image_is_built_without_settings_of_production():
    nothing = dict.fromkeys(PRODUCTION, "") | {"DEBUG": "false"}

    assert start("manage.py", "collectstatic", "--dry-run", "--noinput", BUILD="true", **nothing).returncode == 0
    assert start("manage.py", "collectstatic", "--dry-run", "--noinput", **nothing).returncode != 0


def test_an_empty_variable_overrides_no_default():
    assert (
        ask(
            "PAYMENT_DAYS, settings.SELLER['country'], len(settings.AWS_REGIONS)",
            PAYMENT_DAYS="",
            AWS_REGIONS=" ",
            SELLER_COUNTRY="",
        )
        == "30 BE 4"
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "http://consul:8500"),
        ({"CONSUL_TASK_URL": ""}, ""),
        ({"CONSUL_TASK_URL": "http://10.0.0.7:8500"}, "http://10.0.0.7:8500"),
    ],
)
def test_running_tasks_are_told_of_no_consul_where_that_is_said(given, told):
    assert ask("CONSUL_TASK_URL", CONSUL_URL="http://consul:8500", **given) == told


def test_the_example_names_every_required_setting_and_is_taken_for_none():
    written = (ROOT / ".env.example").read_text()
    given = dict(re.findall(r"^([A-Z_]+)='(.*)'$", written, re.MULTILINE)) | {"DATABASE_URL": ""}

    assert SETTINGS.keys() <= given.keys()
    required = Required(given, production=True)
    for name in SETTINGS:
        required(name)
    assert {problem.partition(" ")[0] for problem in required.problems} == SETTINGS.keys() - {"ALLOWED_HOSTS"}


def test_a_dollar_survives_the_file_that_compose_and_the_portal_read(tmp_path, monkeypatch):
    monkeypatch.setattr(environ.Env, "ENVIRON", {})
    (tmp_path / ".env").write_text("SECRET_KEY='a$b$$c${d}'\n")

    environ.Env.read_env(str(tmp_path / ".env"))

    assert environ.Env.ENVIRON == {"SECRET_KEY": "a$b$$c${d}"}


def test_the_demo_shows_the_pages_that_people_see_in_production_over_plain_http_on_loopback():
    question = """
from django.test import Client
client = Client(headers={"host": "127.0.0.1"})
answers = [client.get(path) for path in ("/nowhere/", "/static/css/portal.css", "/account/login/")]
cookie = answers[2].cookies["csrftoken"]["secure"] or "over HTTP too"
print([answer.status_code for answer in answers], cookie, b"There is nothing here" in answers[0].content)
"""
    demo = {"DEBUG": "false", "DEMO": "process", "SECRET_KEY": "", "FIELD_KEYS": "", "ALLOWED_HOSTS": "127.0.0.1"}

    done = start("manage.py", "shell", "--no-imports", "-c", question, **demo)

    assert done.stdout.splitlines()[-1] == "[404, 200, 200] over HTTP too True", done.stderr[-2000:]


def test_without_the_demo_or_debug_plain_http_is_refused():
    question = """
from django.test import Client
answer = Client(headers={"host": "portal.in4it.test"}).get("/account/login/")
print(answer.status_code, answer["Location"])
"""

    done = start("manage.py", "shell", "--no-imports", "-c", question)

    assert done.stdout.splitlines()[-1] == "301 https://portal.in4it.test/account/login/"
