"""One local AWS for each runtime and test session."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.localaws import control
from tests.localaws.site import LocalAws, Site


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(state_dir: Path, runtime: str, *, port: int = 0, pace: float = 0.02, auth: bool = False) -> LocalAws:
    port = port or free_port()
    with (state_dir / f"log-{port}.txt").open("ab") as log:
        process = control.start(port, state_dir, runtime, pace, auth, log=log)
    try:
        said = control.wait_ready(port)
    except control.NotReadyError:
        control.stop(process)
        raise
    return LocalAws(port, said.runtime, process)


@pytest.fixture(
    scope="package",
    params=["process", pytest.param("docker", marks=pytest.mark.docker)],
)
def aws(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """With both ways of running tasks: everything asked of one is asked of the other."""
    started = start(tmp_path_factory.mktemp("state"), request.param)
    yield started
    started.stop()


@pytest.fixture(scope="package")
def process_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    started = start(tmp_path_factory.mktemp("state"), "process", pace=0.1)
    yield started
    started.stop()


@pytest.fixture
def site(aws: LocalAws) -> Iterator[Site]:
    site = Site(aws).build()
    yield site
    site.close()
