"""Killed workers, lost and doubled messages: a rollout finishes all the same, and nothing is made twice."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from deployments import states, tasks
from deployments.models import ClusterWatch, Deployment
from deployments.rollouts import services
from deployments.rollouts.watches import watch_of
from portal.core.work import turns
from provisioning.aws import ecs
from tests import factories
from tests.deployments.queue import Calls, WorkerKilled

pytestmark = pytest.mark.django_db

ONCE = ("CreateTargetGroup", "CreateRule", "RegisterTaskDefinition", "CreateService", "UpdateService")


def assert_done(deployment: Deployment, calls: Calls, updates: int = 1) -> None:
    deployment.refresh_from_db()
    assert deployment.state == states.SUCCEEDED, deployment.reason
    assert {name: calls.made[name] for name in ONCE} == {**dict.fromkeys(ONCE, 1), "UpdateService": updates}


@pytest.mark.localaws
@pytest.mark.parametrize("call", ["DescribeRules", *ONCE, "DescribeServices", "DescribeTargetHealth"])
def test_a_worker_killed_right_after_a_call_is_replaced(quick_site, queue, calls, call):
    deployment = queue.send(quick_site.request, "v1")
    calls.deadly = call
    with pytest.raises(WorkerKilled):
        queue.work()

    queue.lose()
    queue.tick()
    queue.work()

    assert_done(deployment, calls)


@pytest.mark.localaws
def test_messages_delivered_twice_do_their_work_once(quick_site, queue, calls):
    deployment = queue.send(quick_site.request, "v1")

    queue.work(deliveries=2)

    assert_done(deployment, calls)


@pytest.mark.localaws
@pytest.mark.parametrize("after", range(1, 8))
def test_a_lost_message_is_sent_again_by_the_tick(quick_site, queue, calls, after):
    deployment = queue.send(quick_site.request, "v1")
    for _ in range(after):
        queue.deliver()
    queue.lose()

    queue.tick()
    queue.work()

    assert_done(deployment, calls)


@pytest.mark.localaws
def test_a_worker_killed_while_it_goes_back_does_not_go_back_twice(quick_site, queue, calls):
    queue.send(quick_site.request, "v1")
    queue.work()
    second = queue.send(quick_site.request, "v2", "hang")
    while second.state != states.ROLLING:
        queue.deliver()
        second.refresh_from_db()
    services.request_cancel(second, quick_site.user)
    calls.deadly = "UpdateService"
    with pytest.raises(WorkerKilled):
        queue.work()

    queue.lose()
    queue.tick()
    queue.work()

    second.refresh_from_db()
    assert (second.state, calls.made["UpdateService"]) == (states.CANCELED, 3)


def test_several_watches_of_an_environment_become_one(queue):
    environment = factories.EnvironmentFactory()
    for _ in range(3):
        queue.send(watch_of(environment.pk).wake)

    queue.work()

    assert ClusterWatch.objects.get().seq == 1


def test_what_serves_is_looked_at_from_time_to_time(queue):
    environments = {served_long_ago().environment_id for _ in range(2)}

    queue.send(tasks.tick_deployments)

    assert set(queue.messages) == {(tasks.refresh_placements.name, (pk,)) for pk in environments}


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
    factories.DeploymentFactory(state=states.QUEUED)
    rolling = factories.DeploymentFactory(state=states.ROLLING)
    ClusterWatch.objects.create(environment=rolling.environment)

    queue.send(tasks.tick_deployments)

    assert queue.messages == []


def test_unreachable_aws_is_said_and_asked_again(queue, settings):
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    placement = factories.PlacementFactory(service__account__access="key", service__account__access_key_id="1" * 12)
    deployment = factories.DeploymentFactory(placement=placement, state=states.QUEUED)
    tasks.advance_deployment(deployment.pk, 0)

    tasks.advance_deployment(deployment.pk, 1)

    deployment.refresh_from_db()
    assert deployment.state == states.PREPARING
    assert "could not be reached" in deployment.problem


def test_a_look_that_takes_too_long_is_followed_by_the_next_one(queue, monkeypatch):
    def hang(*_arguments: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(ecs, "describe_services", hang)
    rollout = factories.DeploymentFactory(state=states.ROLLING)

    watch = watch_of(rollout.environment_id)
    queue.send(watch.wake)
    queue.deliver()

    rollout.refresh_from_db()
    assert rollout.state == states.ROLLING
    assert queue.messages == [(tasks.watch_cluster.name, (watch.pk, 1))]
