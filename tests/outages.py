"""Redis as it is when it does not do what it should: addresses at which nobody can keep anything."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from tempfile import TemporaryDirectory

import pytest

from bin.lib.processes import answers
from tests.conftest import free_port


@contextmanager
def away() -> Iterator[str]:
    """Nobody listens."""
    yield f"redis://127.0.0.1:{free_port()}/0"


@contextmanager
def silent() -> Iterator[str]:
    """Connections are accepted, by the kernel, and nobody ever answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@contextmanager
def full() -> Iterator[str]:
    """It answers to reads; for writes it has no memory."""
    with running("--maxmemory", "1") as url:
        yield url


@contextmanager
def running(*options: str, port: int = 0) -> Iterator[str]:
    """A Redis of the test's own, with nothing in it."""
    port = port or free_port()
    with TemporaryDirectory() as folder:
        command = [shutil.which("redis-server") or "", "--port", str(port), "--dir", folder, "--save", "", *options]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                deadline = time.monotonic() + 10
                while not answers(port):
                    assert time.monotonic() < deadline
                    time.sleep(0.02)
                yield f"redis://127.0.0.1:{port}/0"
            finally:
                process.kill()


Outage = Callable[[], AbstractContextManager[str]]
OUTAGES = [away, silent, pytest.param(full, marks=pytest.mark.redis)]
EVERY_OUTAGE = pytest.mark.parametrize("outage", OUTAGES, ids=["away", "silent", "full"])
