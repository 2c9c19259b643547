"""Many services are deployed for the first time at once, in real containers: each comes up, however busy it is."""

import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from deployments import states
from deployments.models import Deployment, Service
from provisioning.facts import cluster_of
from tests.e2e.conftest import ON_DOCKER
from tests.e2e.olivia import Olivia, until
from tests.e2e.releases import push
from tests.soak import LONG, say

pytestmark = [pytest.mark.docker, pytest.mark.localaws, pytest.mark.redis, pytest.mark.xdist_group("e2e"), ON_DOCKER]

SERVICES = 30 if LONG else 8
SECONDS = 600
STOPPING_SECONDS = 60


def test_all_first_deployments_succeed_and_leave_nothing_behind(olivia: Olivia):
    environment = olivia.environment()
    pushed = [(service, push(service, "v1")) for service in (olivia.register() for _ in range(SERVICES))]
    with _made() as made:
        began = time.time()
        rollouts = [olivia.roll_out(service, environment, digest, "v1") for service, digest in pushed]
        until(lambda: not _going(rollouts), SECONDS)
        seconds = time.time() - began
    ended = Deployment.objects.filter(pk__in=[each.pk for each in rollouts])
    ends = Counter(ended.values_list("state", flat=True))
    images = {f"{service.repository.uri}@{digest}": service for service, digest in pushed}
    started = Counter(image for image in made if image in images)
    say(f"first deployments: {SERVICES} at once, {dict(ends)} after {seconds:.0f} s, {started.total()} containers made")

    assert list(ended.exclude(state=states.SUCCEEDED).values_list("reason", flat=True)) == []
    assert started == {image: service.count for image, service in images.items()}
    assert all(_tasks(olivia, service) == service.count for service, _ in pushed)
    for service, _ in pushed:
        olivia.aws("ecs").delete_service(cluster=cluster_of(environment), service=service.name, force=True)
    until(lambda: images.keys().isdisjoint(_containers()), STOPPING_SECONDS)


def _going(rollouts: list[Deployment]) -> bool:
    return Deployment.objects.filter(pk__in=[each.pk for each in rollouts], state__in=states.ACTIVE).exists()


def _tasks(olivia: Olivia, service: Service) -> int:
    """The running tasks, as ECS tells."""
    cluster = cluster_of(olivia.environment())
    found = olivia.aws("ecs").describe_services(cluster=cluster, services=[service.name])["services"][0]
    return int(found["runningCount"])


@contextmanager
def _made() -> Iterator[list[str]]:
    """The image of every container that is made within the block: of one started again it is there twice. Listened to
    all the time, because the engine remembers no more than its last 256 events."""
    chosen = ("--filter", "type=container", "--filter", "event=create", "--since", f"{time.time():.3f}")
    command = ["docker", "events", *chosen, "--format", '{{index .Actor.Attributes "image"}}']
    images: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as events:
        assert events.stdout
        reader = Thread(target=images.extend, args=(map(str.strip, events.stdout),))
        reader.start()
        try:
            yield images
        finally:
            events.terminate()
            reader.join()


def _containers() -> list[str]:
    """The images of those that are there, running or not."""
    return _docker("ps", "--all", "--no-trunc", "--format", "{{.Image}}")


def _docker(*command: str) -> list[str]:
    """The lines that it prints."""
    return subprocess.run(["docker", *command], capture_output=True, text=True, check=True, timeout=120).stdout.split()
