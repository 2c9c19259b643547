"""The settings as production has them: DEBUG is false."""

import os
import subprocess
import sys

from tests.conftest import ROOT

# A whole set, none of it true; bin/test takes it too.
PRODUCTION = dict(line.split("=", 1) for line in (ROOT / "tests" / "production.env").read_text().splitlines())


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
