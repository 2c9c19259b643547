"""Releases that break in ten ways, in real containers under thirty requests a second: none reaches a visitor.

A request is lost when it gets no answer, an error or a wrong echo. What a release that never became healthy may lose is
nothing. One that became healthy first may lose what it was answering itself, and no more: the tasks before it still
run.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from deployments import states
from deployments.models import Deployment, Placement, Service
from provisioning.facts import cluster_of, facts_of
from tests.e2e.conftest import ON_DOCKER
from tests.e2e.olivia import Olivia, arrived, until
from tests.e2e.releases import frames, push
from tests.e2e.traffic import PER_SECOND, Request, Traffic
from tests.e2e.websocket import WebSocket
from tests.soak import LONG, say

pytestmark = [pytest.mark.docker, pytest.mark.localaws, pytest.mark.redis, pytest.mark.xdist_group("e2e"), ON_DOCKER]

GOOD = 10 if LONG else 2  # rollouts one after the other
OVERLAP_SECONDS = 15  # as the form proposes
START_SECONDS = 30  # how long a task may take until it answers: more than the slow one needs
END_SECONDS = 300  # for a verdict: several starts, and the watch after a success
AFTERWARDS = 3  # seconds of traffic after the end
TIMES = {"start_seconds": START_SECONDS, "overlap_seconds": OVERLAP_SECONDS}
# Until the load balancer knows that a task is gone. On AWS until ECS has deregistered it, which takes longer.
NOTICED = 0.2


@dataclass(frozen=True)
class Kind:
    """A way to break, how its deployment ends, and what its sentence says of the cause (of a success: what serves)."""

    fault: str
    state: str
    says: str
    becomes_healthy: bool = False


GONE = "image-gone"
KINDS = (
    Kind("exits-0", states.ROLLED_BACK, "It exits at once with code 0: a service must keep running."),
    Kind("exits-1", states.ROLLED_BACK, "It exits at once with code 1: its last log lines say more."),
    Kind("answers-500", states.ROLLED_BACK, "Its health path {health_path} answers 500."),
    Kind(
        "hangs",
        states.ROLLED_BACK,
        f"Its health path {{health_path}} did not answer within {START_SECONDS} s of its start.",
    ),
    Kind(
        "wrong-port",
        states.ROLLED_BACK,
        f"Its health path {{health_path}} did not answer on port 8080 within {START_SECONDS} s of its start.",
    ),
    Kind("out-of-memory", states.ROLLED_BACK, "It ran out of memory: it may use 128 MiB."),
    Kind(GONE, states.ROLLED_BACK, "Its image could not be fetched, because it is not in the repository any more."),
    Kind("dies", states.ROLLED_BACK, "It restarts again and again: it exits with code 1.", becomes_healthy=True),
    Kind("flaps", states.ROLLED_BACK, "health path {health_path} answers 503.", becomes_healthy=True),
    Kind("slow", states.SUCCEEDED, "serves with 2 of 2 tasks.", becomes_healthy=True),
)
SHORT = (GONE, "dies")  # the others are held without traffic, too: tests/deployments, tests/localaws
CHOSEN = [kind for kind in KINDS if LONG or kind.fault in SHORT]


@dataclass
class Shop:
    """A public service of Olivia's, and the fault of each of its releases."""

    olivia: Olivia
    service: Service
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        balancer = facts_of(self.olivia.environment()).load_balancer
        return f"http://127.0.0.1:{self.olivia.stack.aws_port}/_alb/{balancer}/{self.service.name}/"

    @property
    def placement(self) -> Placement:
        return Placement.objects.select_related("release", "latest").get(service=self.service)

    @property
    def serves(self) -> str:
        """The release that the portal says serves; empty before there is one."""
        release = self.placement.release
        return release.tag if release else ""

    def is_well(self) -> bool:
        """Whether a good release serves and nothing is under way, as the portal and ECS say."""
        placement = self.placement
        runs = self.served_by_ecs() == (placement.task_definition_arn, self.service.count)
        return runs and placement.latest.state in states.ENDED and self.faults.get(self.serves) == ""

    def roll_out(self, fault: str = "") -> Deployment:
        """Asks for a new release; one that is gone is deleted when everything but its start has been made ready."""
        version = f"v{len(self.faults) + 1}"
        self.faults[version] = fault
        digest = push(self.service, version, "" if fault == GONE else fault)
        if fault == GONE:
            deletion = self.olivia.stack.gate.at("RegisterTaskDefinition", lambda: self._delete(digest))
        deployment = self.olivia.roll_out(self.service, self.olivia.environment(), digest, version)
        assert fault != GONE or deletion.happened.wait(60)
        return deployment

    def _delete(self, digest: str) -> None:
        name = self.service.repository.name
        done = self.olivia.aws("ecr").batch_delete_image(repositoryName=name, imageIds=[{"imageDigest": digest}])
        assert not done.get("failures"), done

    def deaths(self) -> list[float]:
        """When tasks have died by themselves (epoch): their logs tell."""
        group = facts_of(self.olivia.environment()).log_group
        pages = self.olivia.aws("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=group, logStreamNamePrefix=self.service.name).search("events[].message")
        return [float(died[1]) for line in found if (died := re.match(r"died at ([\d.]+)", line))]

    def served_by_ecs(self) -> tuple[str, int]:
        """The task definition that ECS runs, and with how many tasks."""
        cluster, name = cluster_of(self.olivia.environment()), self.service.name
        found = self.olivia.aws("ecs").describe_services(cluster=cluster, services=[name])["services"]
        return (found[0]["taskDefinition"], found[0]["runningCount"]) if found else ("", 0)

    def close(self) -> None:
        cluster = cluster_of(self.olivia.environment())
        self.olivia.aws("ecs").delete_service(cluster=cluster, service=self.service.name, force=True)


@pytest.fixture(scope="module")
def shops() -> list[Shop]:
    """Those that are well."""
    return []


@pytest.fixture
def shop(olivia: Olivia, shops: list[Shop]) -> Iterator[Shop]:
    """One whose good release serves: that of the test before, unless it left it otherwise."""
    opened = shops.pop() if shops else Shop(olivia, olivia.register(**TIMES))
    opened.olivia = olivia
    try:
        if not opened.faults:
            arrived(opened.roll_out(), states.SUCCEEDED)
        yield opened
    finally:
        if opened.is_well():
            shops.append(opened)
        else:
            opened.close()


def test_good_releases_lose_no_request(shop: Shop):
    rollouts = []
    with Traffic(shop.url) as traffic:
        for _ in range(GOOD):
            rollouts.append(arrived(shop.roll_out(), states.SUCCEEDED))
            _serves(shop, traffic)

    say(f"good releases: {GOOD}, {len(traffic.requests)} requests sent, {len(traffic.lost)} lost")
    assert traffic.lost == []
    assert [str(each.reason) for each in rollouts] == [
        f"{each.release.tag} serves with 2 of 2 tasks." for each in rollouts
    ]
    assert {each.release.tag for each in rollouts} <= set(traffic.served)
    assert {request.kind for request in traffic.requests} == {"get", "post", "kept", "slow"}


@pytest.mark.parametrize("kind", CHOSEN, ids=lambda kind: kind.fault)
def test_a_broken_release_ends_as_it_deserves(shop: Shop, kind: Kind):
    before = shop.serves
    with Traffic(shop.url) as traffic:
        asked = time.monotonic()
        deployment = _ended(shop.roll_out(kind.fault), kind.state)
        seconds = time.monotonic() - asked
        time.sleep(AFTERWARDS)

    said, lost = str(deployment.cause or deployment.reason), traffic.lost
    deaths = shop.deaths()
    counted = f"{len(traffic.requests)} requests sent, {len(lost)} lost"
    say(f"{kind.fault}: {counted}; {deployment.state} after {seconds:.0f} s: {said}")
    assert kind.says.format(health_path=shop.service.health_path) in said
    assert lost == [] or kind.becomes_healthy
    assert [request for request in lost if not _own(deployment.release.tag, kind, request, deaths)] == []
    assert shop.serves == (before if kind.state == states.ROLLED_BACK else deployment.release.tag)
    until(lambda: shop.served_by_ecs() == (shop.placement.task_definition_arn, shop.placement.running))


def test_a_websocket_is_closed_cleanly_and_reaches_the_new_release_afterwards(shop: Shop):
    with WebSocket(shop.url) as before:
        assert before.ask("hello") == f"{shop.serves} hello"
        deployment = shop.roll_out()
        assert before.closed() == frames.GOING_AWAY
    with WebSocket(shop.url) as after:
        assert after.ask("hello") == f"{deployment.release.tag} hello"
    arrived(deployment, states.SUCCEEDED)


def _serves(shop: Shop, traffic: Traffic) -> None:
    """Waits until the release that serves answers all that is asked, and the tasks of the one before are gone."""
    until(lambda: {request.version for request in traffic.requests[-PER_SECOND:]} == {shop.serves})
    until(lambda: shop.served_by_ecs()[1] == shop.service.count)


def _ended(deployment: Deployment, state: str) -> Deployment:
    """Waits for this end. A success is not yet the end of what fails later; every other end is."""
    final = states.ENDED - {states.SUCCEEDED} | {state}
    deadline = time.monotonic() + END_SECONDS
    while deployment.state not in final and time.monotonic() < deadline:
        time.sleep(0.2)
        deployment.refresh_from_db()
    assert deployment.state == state, (deployment.state, str(deployment.reason))
    return deployment


def _own(version: str, kind: Kind, request: Request, deaths: list[float]) -> bool:
    """Whether the broken release itself lost the request: by the death of a task, or by answering with an error."""
    if kind.fault == "dies":
        return any(request.was_on_the_way(died) or died <= request.began <= died + NOTICED for died in deaths)
    return kind.fault == "flaps" and request.version == version and request.problem.startswith("503")
