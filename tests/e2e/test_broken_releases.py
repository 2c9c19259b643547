"""Releases that break in ten ways, in real containers under thirty requests a second: none reaches a visitor.

A request is lost when it gets no answer, an error or a wrong echo. What a release that never became healthy may lose is
nothing. One that became healthy first may lose what it was answering itself, and no more.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from deployments import states
from deployments.models import Deployment, Placement, Service
from provisioning.facts import cluster_of, facts_of
from tests.e2e.conftest import ON_DOCKER
from tests.e2e.olivia import Olivia, arrived, until
from tests.e2e.releases import frames, push
from tests.e2e.traffic import Request, Traffic
from tests.e2e.websocket import WebSocket
from tests.soak import LONG, say

pytestmark = [pytest.mark.docker, pytest.mark.localaws, pytest.mark.redis, pytest.mark.xdist_group("e2e"), ON_DOCKER]

GOOD = 10 if LONG else 2  # rollouts one after the other
START_SECONDS = 30  # how long a task may take until it answers: more than the slow one needs
END_SECONDS = 300  # for a verdict: several starts, and the watch after a success
AFTERWARDS = 3  # seconds of traffic after the end
# Until the load balancer knows that a task is gone. On AWS until ECS has deregistered it, which is of that order.
NOTICED = 1.0


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
    Kind("hangs", states.ROLLED_BACK, "Its health path {health_path} does not answer."),
    Kind("wrong-port", states.ROLLED_BACK, "Its health path {health_path} does not answer on port 8080."),
    Kind("out-of-memory", states.ROLLED_BACK, "It ran out of memory: it may use 128 MiB."),
    Kind(GONE, states.ROLLED_BACK, "Its image could not be fetched: it was removed, or may not be read."),
    Kind("dies", states.ROLLED_BACK, "It restarts again and again: It exits at once with code 1", becomes_healthy=True),
    Kind("flaps", states.ROLLED_BACK, "answers 503.", becomes_healthy=True),
    Kind("slow", states.SUCCEEDED, "serves with 2 of 2 tasks.", becomes_healthy=True),
)
SHORT = ("exits-1", GONE, "dies")
CHOSEN = [kind for kind in KINDS if LONG or kind.fault in SHORT]


@dataclass
class Shop:
    """A public service of Olivia's whose v1 serves."""

    olivia: Olivia
    service: Service

    @property
    def url(self) -> str:
        balancer = facts_of(self.olivia.environment()).load_balancer
        return f"http://127.0.0.1:{self.olivia.stack.aws_port}/_alb/{balancer}/{self.service.name}/"

    def roll_out(self, version: str, fault: str = "") -> Deployment:
        """Asks for a release; one that is gone is deleted when everything but its start has been made ready."""
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
        found = self.olivia.aws("ecs").describe_services(cluster=cluster, services=[name])["services"][0]
        return found["taskDefinition"], found["runningCount"]

    def close(self) -> None:
        cluster = cluster_of(self.olivia.environment())
        self.olivia.aws("ecs").delete_service(cluster=cluster, service=self.service.name, force=True)


@pytest.fixture
def shop(olivia: Olivia) -> Iterator[Shop]:
    olivia.environment()
    opened = Shop(olivia, olivia.register(start_seconds=START_SECONDS))
    try:
        arrived(opened.roll_out("v1"), states.SUCCEEDED)
        yield opened
    finally:
        opened.close()


def test_good_releases_lose_no_request(shop: Shop):
    with Traffic(shop.url) as traffic:
        versions = [f"v{number}" for number in range(2, GOOD + 2)]
        for version in versions:
            deployment = arrived(shop.roll_out(version), states.SUCCEEDED)
            assert deployment.reason == f"{version} serves with 2 of 2 tasks."
            _serves(shop, traffic, version)

    say(f"good releases: {GOOD}, {len(traffic.requests)} requests sent, {len(traffic.lost)} lost")
    assert traffic.lost == []
    assert set(versions) <= set(traffic.served)
    assert {request.kind for request in traffic.requests} == {"get", "post", "kept", "slow"}


@pytest.mark.parametrize("kind", CHOSEN, ids=lambda kind: kind.fault)
def test_a_broken_release_ends_as_it_deserves(shop: Shop, kind: Kind):
    with Traffic(shop.url) as traffic:
        asked = time.monotonic()
        deployment = _ended(shop.roll_out("v2", kind.fault), kind.state)
        seconds = time.monotonic() - asked
        time.sleep(AFTERWARDS)

    said, lost = deployment.cause or deployment.reason, traffic.lost
    counted = f"{len(traffic.requests)} requests sent, {len(lost)} lost"
    say(f"{kind.fault}: {counted}; {deployment.state} after {seconds:.0f} s: {said}")
    assert kind.says.format(health_path=shop.service.health_path) in said
    assert lost == [] or kind.becomes_healthy
    assert [request for request in lost if not _own(kind, shop, request)] == []
    placement = Placement.objects.get(pk=deployment.placement_id)
    assert (placement.release.tag, placement.running) == ("v1" if kind.state == states.ROLLED_BACK else "v2", 2)
    until(lambda: shop.served_by_ecs() == (placement.task_definition_arn, 2))


def test_a_websocket_is_closed_cleanly_and_reaches_the_new_release_afterwards(shop: Shop):
    with WebSocket(shop.url) as before:
        assert before.ask("hello") == "v1 hello"
        deployment = shop.roll_out("v2")
        assert before.closed() == frames.GOING_AWAY
    with WebSocket(shop.url) as after:
        assert after.ask("hello") == "v2 hello"
    arrived(deployment, states.SUCCEEDED)


def _serves(shop: Shop, traffic: Traffic, version: str) -> None:
    """Waits until all that is asked is answered by this version."""
    until(lambda: {request.version for request in traffic.requests[-30:]} == {version})
    until(lambda: shop.served_by_ecs()[1] == shop.service.count)


def _ended(deployment: Deployment, state: str) -> Deployment:
    """Waits for this end. A success is not yet the end of what fails later; every other end is."""
    final = states.ENDED - {states.SUCCEEDED} | {state}
    deadline = time.monotonic() + END_SECONDS
    while deployment.state not in final and time.monotonic() < deadline:
        time.sleep(0.2)
        deployment.refresh_from_db()
    assert deployment.state == state, (deployment.state, deployment.reason)
    return deployment


def _own(kind: Kind, shop: Shop, request: Request) -> bool:
    """Whether the broken release itself had the request: it answered with an error, or died of what it was doing."""
    if kind.fault == "dies":
        return any(request.was_on_the_way(died) or died <= request.began <= died + NOTICED for died in shop.deaths())
    return kind.fault == "flaps" and request.version == "v2" and request.problem.startswith("503")
