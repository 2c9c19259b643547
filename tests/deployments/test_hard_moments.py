"""Moments at which something goes wrong beside a rollout, at an AWS whose answers are scripted."""

import pytest

from deployments import states
from deployments.models import Placement
from deployments.rollouts import routes
from deployments.rollouts.prepare import prepare
from provisioning.sessions import ONCE, session_for
from tests.deployments.cluster import NEW, OLD, cluster, described, ecs_deployment

__all__ = ["cluster"]
pytestmark = pytest.mark.django_db

WHEN = "2026-01-01T12:00:00+00:00"


def get_ready(cluster) -> None:
    prepare(session_for(cluster.environment.account, cluster.environment.region, ONCE), cluster.environment)


def test_a_question_about_tasks_that_aws_refuses_does_not_keep_a_release_from_succeeding(cluster):
    rollout = cluster.rollout("web", observed={"new": {"failed": 0}})
    done = ecs_deployment(NEW, "PRIMARY", "COMPLETED", runningCount=2, failedTasks=1)
    cluster.answer("describe_services", {"services": [described("web", done, currentServiceDeployment="")]})
    cluster.refuse("list_tasks", "AccessDeniedException")

    cluster.look()

    rollout.refresh_from_db()
    assert rollout.state == states.SUCCEEDED


def test_a_bug_in_what_is_asked_for_all_ends_those_it_is_asked_for(cluster, monkeypatch):
    def broken(*_: object) -> None:
        raise KeyError("ListenerArn")

    monkeypatch.setattr(routes, "apply", broken)
    public = cluster.rollout("web", states.PREPARING, prepared=[WHEN])
    other = cluster.rollout("api", states.PREPARING, prepared=[WHEN])

    get_ready(cluster)

    for each in (public, other):
        each.refresh_from_db()
        assert each.state == states.ERRORED
        assert "ListenerArn" in each.traceback


def test_a_deployment_that_is_cancelled_while_its_last_stage_waits_is_not_started(cluster, bob):
    waiting = cluster.rollout(
        "web", states.PREPARING, prepared=[WHEN] * 4, cancel_requested_by=bob, ecs_deployment_before="ecs-svc/1"
    )
    served = ecs_deployment(OLD, "PRIMARY", "COMPLETED", runningCount=2)
    cluster.answer("describe_services", {"services": [described("web", served)]}, patience=ONCE)

    get_ready(cluster)

    waiting.refresh_from_db()
    assert (waiting.state, str(waiting.reason)) == (states.CANCELED, "Cancelled by Bob before anything was changed.")


def test_a_service_that_ecs_does_not_show_yet_is_waited_for(cluster):
    waiting = cluster.rollout("web", states.PREPARING, prepared=[WHEN] * 3 + [cluster.moments_ago()])
    cluster.answer("describe_services", {"services": []}, patience=ONCE)

    get_ready(cluster)

    waiting.refresh_from_db()
    assert (waiting.state, str(waiting.problem)) == (states.PREPARING, "The cluster does not show the service yet.")


def test_a_service_that_stays_away_was_removed(cluster):
    waiting = cluster.rollout("web", states.PREPARING, prepared=[WHEN] * 4)
    cluster.answer("describe_services", {"services": []}, patience=ONCE)

    get_ready(cluster)

    waiting.refresh_from_db()
    assert waiting.state == states.FAILED
    assert str(waiting.cause).startswith("Its service was removed from the cluster outside the portal")


def test_a_role_from_before_rollouts_could_be_stopped_goes_back_by_an_update(cluster, bob):
    record = "arn:aws:ecs:eu-west-1:111111111111:service-deployment/acme-dev/web/2"
    rollout = cluster.rollout("web", states.ROLLING_BACK, cancel_requested_by=bob, service_deployment=record)
    Placement.objects.update(desired=2)
    cluster.answer("describe_services", {"services": [described("web", currentServiceDeployment=record)]})
    under_way = {"serviceDeploymentArn": record, "status": "IN_PROGRESS"}
    cluster.answer("describe_service_deployments", {"serviceDeployments": [under_way]})
    cluster.refuse("stop_service_deployment", "AccessDeniedException")
    cluster.answer("update_service", {"service": described("web")})

    cluster.look()

    rollout.refresh_from_db()
    assert (rollout.state, str(rollout.problem)) == (states.ROLLING_BACK, "")
