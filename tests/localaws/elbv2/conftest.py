"""One front for all tests of this package, with MiniStack's API behind it."""

import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.localaws import control
from tests.localaws.elbv2.balancer import Balancer
from tests.localaws.elbv2.servers import free_port
from tests.localaws.site import until

ROOT = Path(__file__).resolve().parents[3]


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/ready", timeout=2):
            return True
    except OSError:
        return False


@pytest.fixture(scope="package")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of the front."""
    port = free_port()
    command = [control.python(), "-m", "tests.localaws.elbv2.serve", str(port), str(tmp_path_factory.mktemp("state"))]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        until(lambda: answers(port) or process.poll() is not None)
        assert process.poll() is None
        yield port
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def balancer(front: int) -> Balancer:
    return Balancer(front)
