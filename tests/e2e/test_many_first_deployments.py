"""Many services are deployed for the first time at once, in real containers: each comes up, however busy it is."""

import subprocess
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from deployments import states
from deployments.models import Deployment, Service
from provisioning.facts import cluster_of
from tests.e2e.conftest import ON_DOCKER, portal
from tests.e2e.olivia import Olivia, until
from tests.e2e.releases import push
from tests.e2e.stack import Stack
from tests.soak import LONG, say

pytestmark = [pytest.mark.docker, pytest.mark.localaws, pytest.mark.redis, pytest.mark.xdist_group("e2e"), ON_DOCKER]

SERVICES = 30 if LONG else 8
SECONDS = 600
STOPPING_SECONDS = 60


@pytest.fixture(scope="module")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A portal of this test's own, because its AWS is stopped at the end."""
    with portal(request.param, tmp_path_factory.mktemp("portal")) as running:
        yield running


def test_all_first_deployments_succeed_and_leave_nothing_behind(olivia: Olivia):
    environment = olivia.environment()
    pushed = [(service, push(service, "v1")) for service in (olivia.register() for _ in range(SERVICES))]
    began = time.time()
    rollouts = [olivia.roll_out(service, environment, digest, "v1") for service, digest in pushed]
    until(lambda: not _going(rollouts), SECONDS)
    seconds = time.time() - began
    ends = Counter(Deployment.objects.filter(pk__in=[each.pk for each in rollouts]).values_list("state", flat=True))
    started = _starts(olivia, began)
    say(f"first deployments: {SERVICES} at once, {dict(ends)} after {seconds:.0f} s, {len(started)} containers started")

    assert ends == {states.SUCCEEDED: SERVICES}
    assert Counter(started) == {image: service.count for image, service in _images(pushed).items()}
    assert all(_tasks(olivia, service) == service.count for service, _ in pushed)
    olivia.stack.stop_aws()
    until(lambda: not _containers(olivia), STOPPING_SECONDS)


def _going(rollouts: list[Deployment]) -> bool:
    return Deployment.objects.filter(pk__in=[each.pk for each in rollouts], state__in=states.ACTIVE).exists()


def _images(pushed: list[tuple[Service, str]]) -> dict[str, Service]:
    """Each service by its image, as a task definition names it."""
    return {f"{service.repository.uri}@{digest}": service for service, digest in pushed}


def _tasks(olivia: Olivia, service: Service) -> int:
    """The running tasks, as ECS tells."""
    cluster = cluster_of(olivia.environment())
    found = olivia.aws("ecs").describe_services(cluster=cluster, services=[service.name])["services"][0]
    return int(found["runningCount"])


def _starts(olivia: Olivia, since: float) -> list[str]:
    """The image of every container of this local AWS that was made since then: one started again is there twice."""
    chosen = ("--filter", "type=container", "--filter", "event=create")
    until_now = ("--since", f"{since:.3f}", "--until", f"{time.time():.3f}")
    form = '{{index .Actor.Attributes "image"}}'
    return _ours(olivia, "events", *chosen, *until_now, "--format", form)


def _containers(olivia: Olivia) -> list[str]:
    """The images of those that are there, running or not."""
    return _ours(olivia, "ps", "--all", "--no-trunc", "--format", "{{.Image}}")


def _ours(olivia: Olivia, *command: str) -> list[str]:
    """The lines that name an image of this local AWS's registry."""
    done = subprocess.run(["docker", *command], capture_output=True, text=True, check=True, timeout=120)
    return [line for line in done.stdout.splitlines() if line.startswith(f"127.0.0.1:{olivia.stack.aws_port}/")]
