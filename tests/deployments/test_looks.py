"""What a look at the rollouts of a cluster costs: calls to AWS and statements, whatever the number of rollouts."""

from datetime import timedelta

import pytest
from botocore.stub import ANY
from django.utils import timezone

from deployments import states
from deployments.models import Deployment
from deployments.rollouts import services
from tests.deployments.cluster import AT, NEW, RECORD, cluster, described, ecs_deployment

__all__ = ["cluster"]
pytestmark = pytest.mark.django_db


def test_one_call_serves_ten_rollouts_and_nobody_asks_for_tasks(cluster):
    names = [f"web-{number:02}" for number in range(23)]
    for name in names:
        cluster.rollout(name)
    for batch in (names[:10], names[10:20], names[20:]):
        cluster.answer(
            "describe_services",
            {"services": [described(name) for name in batch]},
            {"cluster": ANY, "services": batch},
        )

    cluster.look()

    assert {each.observed["new"]["desired"] for each in Deployment.objects.all()} == {2}


@pytest.mark.parametrize("many", [1, 20])
def test_a_look_at_which_nothing_is_new_writes_nothing(cluster, django_assert_num_queries, many):
    names = [f"web-{number:02}" for number in range(many)]
    for name in names:
        cluster.rollout(name)
    for _ in range(2):
        for at in range(0, many, 10):
            cluster.answer("describe_services", {"services": [described(name) for name in names[at : at + 10]]})
    cluster.look()

    with django_assert_num_queries(1):
        cluster.look()


def test_tasks_and_targets_are_asked_for_while_somebody_has_the_page_open(cluster):
    rollout = cluster.rollout("web")
    services.note_viewed(rollout)
    cluster.answer("describe_services", {"services": [described("web")]})
    cluster.answer("list_tasks", {"taskArns": []}, {"cluster": ANY, "serviceName": "web", "desiredStatus": "RUNNING"})
    cluster.answer("list_tasks", {"taskArns": []}, {"cluster": ANY, "serviceName": "web", "desiredStatus": "STOPPED"})
    cluster.targets("healthy")

    cluster.look()

    rollout.refresh_from_db()
    assert rollout.observed["targets"] == {"healthy": 1}


def test_a_page_that_was_closed_is_forgotten(cluster):
    cluster.rollout("web", viewed_at=timezone.now() - timedelta(minutes=1))
    cluster.answer("describe_services", {"services": [described("web")]})

    cluster.look()


def test_a_task_that_failed_is_looked_at_once(cluster):
    rollout = cluster.rollout("web")
    failing = described("web", ecs_deployment(NEW, "PRIMARY", failedTasks=1))
    cluster.answer("describe_services", {"services": [failing]})
    cluster.answer("list_tasks", {"taskArns": ["arn:task/1"]})
    task = {"taskArn": "arn:task/1", "taskDefinitionArn": NEW, "stoppedReason": "Gone", "createdAt": AT}
    cluster.answer("describe_tasks", {"tasks": [task]})
    cluster.answer("describe_services", {"services": [failing]})
    cluster.targets()

    cluster.look()
    cluster.look()

    assert [each.stopped_reason for each in rollout.stopped_tasks.all()] == ["Gone"]


def test_the_record_is_asked_for_when_rollouts_look_over_all_of_them_at_once(cluster, settings):
    settings.AFTER_WATCH_SECONDS = 120
    rollouts = [cluster.rollout(name) for name in ("api", "web")]
    over = ecs_deployment(NEW, "PRIMARY", "COMPLETED", runningCount=2)
    records = {name: f"{RECORD}-{name}" for name in ("api", "web")}
    said = [described(name, over, currentServiceDeployment=record) for name, record in records.items()]
    cluster.answer("describe_services", {"services": said})
    cluster.answer(
        "describe_service_deployments",
        {"serviceDeployments": [{"serviceDeploymentArn": arn, "status": "SUCCESSFUL"} for arn in records.values()]},
        {"serviceDeploymentArns": list(records.values())},
    )

    cluster.look()

    for rollout in rollouts:
        rollout.refresh_from_db()
        assert (rollout.state, str(rollout.reason)) == (
            states.SUCCEEDED,
            f"{rollout.release.name} serves with 2 of 2 tasks.",
        )
        assert rollout.watched_until is not None


def test_a_record_from_before_the_rollout_is_not_taken_for_its_own(cluster):
    rollout = cluster.rollout("web", service_deployment_before=RECORD)
    cluster.answer("describe_services", {"services": [described("web")]})

    cluster.look()

    rollout.refresh_from_db()
    assert rollout.service_deployment == ""


def test_a_cancel_is_ecs_own_stop_of_its_rollout(cluster, bob):
    rollout = cluster.rollout("web", cancel_requested_by=bob, service_deployment=RECORD)
    cluster.answer("describe_services", {"services": [described("web")]})
    cluster.answer("list_tasks", {"taskArns": []})
    cluster.targets()
    cluster.answer("describe_services", {"services": [described("web")]})
    under_way = {"serviceDeployments": [{"serviceDeploymentArn": RECORD, "status": "IN_PROGRESS"}]}
    cluster.answer("describe_service_deployments", under_way)
    cluster.answer("stop_service_deployment", {}, {"serviceDeploymentArn": RECORD, "stopType": "ROLLBACK"})

    cluster.look()
    cluster.look()

    rollout.refresh_from_db()
    assert rollout.state == states.ROLLING_BACK
