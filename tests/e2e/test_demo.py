"""The one command that shows everything: it performs the main job, loses no request, and leaves nothing running."""

import os
import re
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = [pytest.mark.localaws, pytest.mark.redis, pytest.mark.xdist_group("demo")]

PORTS, SECONDS = 6, 300


def six_free_ports() -> int:
    """The first of six ports in a row that nobody listens on."""
    for first in range(20_000, 30_000, PORTS):
        with ExitStack() as held:
            try:
                for port in range(first, first + PORTS):
                    held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return first
    raise AssertionError("no six free ports in a row")


@pytest.mark.parametrize("runtime", ["process", pytest.param("docker", marks=pytest.mark.docker)])
def test_the_main_job_is_performed_without_losing_a_request(tmp_path: Path, runtime: str):
    first = six_free_ports()
    command = [sys.executable, "bin/demo", "--check", "--runtime", runtime, "--port", str(first)]
    environment = {**os.environ, "DEMO_HOME": str(tmp_path / "demo")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    counted = re.findall(r"· (.+): (\d+) requests sent \(.+\), (\d+) failed", done.stdout)
    assert [(title, failed) for title, _, failed in counted] == [("rollout of v2", "0"), ("rollback of v3", "0")]
    assert all(int(sent) > 0 for _, sent, _ in counted)
    assert not any(listens(port) for port in range(first, first + PORTS))


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
