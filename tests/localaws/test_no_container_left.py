"""Nothing that the launcher started is left behind, however a start went and however the launcher ends."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.localaws.conftest import start
from tests.localaws.site import LocalAws, Site, until
from tests.localaws.slow_engine import SlowEngine

pytestmark = [pytest.mark.localaws, pytest.mark.docker]


def containers_of(site: Site) -> list[str]:
    """The names of the service's containers on the engine, ended ones included."""
    label = f"label=com.amazonaws.ecs.task-definition-family={site.name}"
    command = ["docker", "ps", "--all", "--filter", label, "--format", "{{.Names}}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("call", ["/containers/create", "/start"])
def test_a_start_that_timed_out_is_removed_before_the_next_and_fails_no_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
):
    engine = SlowEngine(call, times=2, seconds=20)
    monkeypatch.setenv("DOCKER_HOST", engine.address)
    monkeypatch.setenv("LOCALAWS_DOCKER_TIMEOUT", "8")
    aws = start(tmp_path, "docker")
    try:
        site = Site(aws).build()
        site.launch(site.image("1"), desired=1)

        assert site.settled()["rolloutState"] == "COMPLETED"
        assert engine.held_all
        assert site.stopped_tasks() == []
        assert until(lambda: len(containers_of(site)) == 1)
    finally:
        aws.stop()
        engine.close()
    assert containers_of(site) == []


def test_sigterm_ends_every_container_while_tasks_are_being_started(tmp_path: Path):
    aws = start(tmp_path, "docker")
    site = Site(aws).build()
    site.launch(site.image("1"), desired=6)
    until(lambda: containers_of(site))

    aws.stop()

    assert containers_of(site) == []


def test_what_a_killed_launcher_left_is_removed_when_it_starts_again(tmp_path: Path):
    killed = start(tmp_path, "docker")
    site = Site(killed).build()
    site.launch(site.image("1"))
    site.settled()
    killed.process.send_signal(signal.SIGKILL)
    killed.process.wait(30)
    assert len(containers_of(site)) == 2

    again = start(tmp_path, "docker", port=killed.port)
    try:
        assert until(lambda: containers_of(site) == [])
    finally:
        again.stop()


@pytest.mark.parametrize("aws", ["docker"], indirect=True)
def test_another_launcher_s_containers_are_left_alone(aws: LocalAws, site: Site, tmp_path: Path):
    site.launch(site.image("1"), desired=1)
    site.settled()
    before = containers_of(site)

    start(tmp_path, "docker").stop()

    assert containers_of(site) == before
