"""Killed workers, lost and doubled messages: a rollout finishes all the same, and nothing is made twice."""

from contextlib import ExitStack, suppress
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from deployments import states, tasks
from deployments.models import ClusterWatch, Deployment, Service
from deployments.rollouts import refresh, services
from portal.core.work import turns
from portal.core.work.shares import Full, shares
from portal.core.work.turns import claim_exclusive, release
from provisioning.aws import ecs
from tests import factories
from tests.callers import by
from tests.deployments.cloud import Site
from tests.deployments.queue import Calls, Queue, WorkerKilled

pytestmark = pytest.mark.django_db

ONCE = ("CreateRule", "RegisterTaskDefinition", "CreateService", "UpdateService")


def assert_done(site: Site, deployment: Deployment, calls: Calls) -> None:
    """Everything was made once. AWS is asked for a target group by its name, and makes it once however often."""
    deployment.refresh_from_db()
    assert deployment.state == states.SUCCEEDED, str(deployment.reason)
    assert {name: calls.made[name] for name in ONCE} == dict.fromkeys(ONCE, 1)
    groups = site.session.client("elbv2").describe_target_groups()["TargetGroups"]
    assert len([each for each in groups if each["HealthCheckPath"] == site.service.health_path]) == 1


def killed_and_replaced(queue: Queue, calls: Calls, call: str) -> None:
    """A worker dies right after this call, with its messages; another one goes on to the end."""
    calls.deadly = call
    with pytest.raises(WorkerKilled):
        queue.work()
    queue.lose()
    queue.tick()
    queue.work()


@pytest.mark.localaws
@pytest.mark.parametrize(
    "call", ["CreateTargetGroup", "DescribeRules", *ONCE, "DescribeServices", "DescribeServiceDeployments"]
)
def test_a_worker_killed_right_after_a_call_is_replaced(quick_site, queue, calls, call):
    deployment = queue.send(quick_site.request, "v1")

    killed_and_replaced(queue, calls, call)

    assert_done(quick_site, deployment, calls)


@pytest.mark.localaws
def test_messages_delivered_twice_do_their_work_once(quick_site, queue, calls):
    deployment = queue.send(quick_site.request, "v1")

    queue.work(deliveries=2)

    assert_done(quick_site, deployment, calls)


@pytest.mark.localaws
@pytest.mark.parametrize("after", range(1, 5))
def test_a_lost_message_is_sent_again_by_the_tick(quick_site, queue, calls, after):
    deployment = queue.send(quick_site.request, "v1")
    for _ in range(after):
        queue.deliver()
    queue.lose()

    queue.tick()
    queue.work()

    assert_done(quick_site, deployment, calls)


@pytest.mark.localaws
def test_a_worker_killed_while_it_goes_back_does_not_go_back_twice(quick_site, queue, calls):
    queue.send(quick_site.request, "v1")
    queue.work()
    second = queue.send(quick_site.request, "v2", "hang")
    while second.state != states.ROLLING:
        queue.deliver()
        second.refresh_from_db()
    services.request_cancel(second, by(quick_site.user))

    killed_and_replaced(queue, calls, "StopServiceDeployment")

    second.refresh_from_db()
    assert (second.state, calls.made["StopServiceDeployment"]) == (states.CANCELED, 1)
    assert calls.made["UpdateService"] == 2  # one for each release, none to go back


@pytest.mark.localaws
@pytest.mark.parametrize("call", ["ListTasks", "UpdateTaskProtection", "UpdateService", "DescribeTargetHealth"])
def test_a_worker_killed_while_old_tasks_are_kept_lets_them_go_in_the_end(quick_site, queue, calls, call):
    Service.objects.update(overlap_seconds=1)
    queue.send(quick_site.request, "v1")
    queue.work()
    second = queue.send(quick_site.request, "v2")

    killed_and_replaced(queue, calls, call)

    second.refresh_from_db()
    assert (second.state, second.kept, calls.made["UpdateService"]) == (states.SUCCEEDED, {}, 2)
    assert quick_site.answer()["version"] == "v2"


def test_several_watches_of_an_environment_become_one(queue):
    environment = factories.EnvironmentFactory()
    for _ in range(3):
        queue.send(ClusterWatch.of(environment.pk).wake)

    queue.work()

    assert ClusterWatch.objects.get().seq == 1


def test_what_serves_is_looked_at_from_time_to_time(queue):
    environments = {served_long_ago().environment_id for _ in range(2)}

    queue.send(tasks.tick_deployments)

    assert set(queue.messages) == {(tasks.refresh_placements.name, (pk,)) for pk in environments}


def test_what_serves_is_not_looked_at_while_its_account_has_its_share_of_the_worker(monkeypatch):
    placement = served_long_ago()
    looked = []
    monkeypatch.setattr(refresh, "refresh", looked.append)

    with ExitStack() as held:
        with suppress(Full):
            while True:
                held.enter_context(shares.hold(str(placement.environment.account_id)))
        tasks.refresh_placements(placement.environment_id)
        assert looked == []

    tasks.refresh_placements(placement.environment_id)
    assert looked == [placement.environment]


def test_a_tick_does_not_wait_for_a_broker_that_is_away(queue, monkeypatch):
    served_long_ago(), served_long_ago()
    asked = []
    monkeypatch.setattr(turns.broker, "hand_over", asked.append)

    queue.send(tasks.tick_deployments)

    assert len(asked) == 1


def served_long_ago():
    placement = factories.PlacementFactory(observed_at=timezone.now() - timedelta(minutes=6))
    placement.release = factories.ReleaseFactory(service=placement.service)
    placement.save()
    return placement


def test_a_tick_leaves_alone_what_is_looked_after(queue):
    for state in (states.QUEUED, states.ROLLING):
        ClusterWatch.of(factories.DeploymentFactory(state=state).environment_id)

    queue.send(tasks.tick_deployments)

    assert queue.messages == []


def test_unreachable_aws_is_said_and_asked_again(queue, settings):
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    placement = factories.PlacementFactory(service__account__access="key", service__account__access_key_id="1" * 12)
    deployment = factories.DeploymentFactory(placement=placement, state=states.QUEUED)
    queue.send(deployment.wake)

    queue.deliver()
    queue.deliver()

    deployment.refresh_from_db()
    assert deployment.state == states.PREPARING
    assert "could not be reached" in str(deployment.problem)
    assert 1 < queue.waits[0] <= 2  # twice as far as usual


def test_a_turn_that_is_cut_off_is_followed_by_the_next_one(queue, monkeypatch):
    def locked(*_arguments: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(ecs, "describe_services", locked)
    rollout = factories.DeploymentFactory(state=states.ROLLING)

    queue.send(rollout.wake)
    queue.deliver()

    rollout.refresh_from_db()
    assert rollout.state == states.ROLLING
    assert queue.messages == [(tasks.watch_cluster.name, (ClusterWatch.objects.get().pk, 1))]


def test_what_is_asked_for_during_a_turn_is_seen_when_it_ends(queue):
    rollout = factories.DeploymentFactory(state=states.ROLLING)
    turn = claim_exclusive(ClusterWatch.objects.all(), ClusterWatch.of(rollout.environment_id).pk, 0)

    queue.send(rollout.wake)
    assert queue.messages == []

    release(turn)
    queue.send(rollout.wake)
    assert queue.messages == [(tasks.watch_cluster.name, (turn.pk, 1))]
