"""Handing work to a queue whose Redis is away or silent: the caller knows within moments."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.outages import away, silent

ASK = """
import time, django
django.setup()
import django_rq
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from portal.celery import app

def seconds(send, expected):
    started = time.monotonic()
    try:
        send()
    except expected:
        return time.monotonic() - started

print(seconds(lambda: app.send_task("any"), OperationalError))
print(seconds(lambda: app.send_task("any"), OperationalError))
print(seconds(lambda: django_rq.get_queue("documents").enqueue(print), RedisError))
"""


@pytest.mark.parametrize("outage", [away, silent])
@pytest.mark.parametrize("form", ["redis{}", "rediss{}?ssl_cert_reqs=required"])
def test_whoever_hands_work_over_does_not_wait(outage, form):
    with outage() as url:
        done = subprocess.run(
            [sys.executable, "-c", ASK],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "portal.settings",
                "REDIS_URL": form.format(url.removeprefix("redis")),
            },
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )

    waits = [float(line) for line in done.stdout.splitlines()]
    assert len(waits) == 3
    assert max(waits) < 2, waits
