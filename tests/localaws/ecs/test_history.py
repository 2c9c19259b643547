"""Deployments, service deployments and events as they are shown, from the beginning to each end."""

import pytest

from provisioning.localaws.ecs import history, outcomes
from provisioning.localaws.ecs.decide import Cause
from provisioning.localaws.ecs.failures import task_failed, task_is_healthy
from provisioning.localaws.ecs.names import Scope, ServiceKey
from provisioning.localaws.ecs.records import Record, primary, service_record, shown

KEY = ServiceKey(Scope("111111111111", "eu-west-1"), "shop", "web")
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


def service(**asked: object) -> Record:
    """A service whose first deployment has begun."""
    made = service_record(KEY, {"deploymentConfiguration": BREAKER, "desiredCount": 2, **asked}, "web:1", {})
    history.begin(KEY, made, [])
    return made


def roll_out(record: Record, definition: str) -> Record:
    """A further deployment's service deployment."""
    record["taskDefinition"] = definition
    return service_deployment(record, history.begin(KEY, record, []))


def service_deployment(record: Record, deployment: Record | None = None) -> Record:
    found = history.find(record, (deployment or primary(record))["_service_deployment"])
    assert found
    return found


def said(record: Record) -> list[str]:
    """The events, oldest first."""
    return [event["message"] for event in reversed(record["events"])]


def task_of(record: Record) -> Record:
    return {"_deployment": primary(record)["id"], "taskArn": "arn/task"}


def test_a_deployment_begins_in_progress_with_a_service_deployment_and_a_revision():
    record = service()

    first = primary(record)
    assert (first["rolloutState"], first["rolloutStateReason"]) == (
        "IN_PROGRESS",
        f"ECS deployment {first['id']} in progress.",
    )
    deployment = service_deployment(record)
    assert deployment["status"] == "IN_PROGRESS"
    assert deployment["serviceDeploymentArn"].startswith(
        "arn:aws:ecs:eu-west-1:111111111111:service-deployment/shop/web/"
    )
    assert record["currentServiceDeployment"] == deployment["serviceDeploymentArn"]
    assert deployment["targetServiceRevision"] == {"arn": record["_revisions"][0]["serviceRevisionArn"]}
    assert record["_revisions"][0]["taskDefinition"] == "web:1"


def test_it_completes_with_the_events_and_states_of_ecs():
    record = service()

    outcomes.complete(record)

    done = primary(record)
    assert (done["rolloutState"], done["rolloutStateReason"]) == (
        "COMPLETED",
        f"ECS deployment {done['id']} completed.",
    )
    deployment = service_deployment(record)
    assert deployment["status"] == "SUCCESSFUL"
    assert deployment["finishedAt"] >= deployment["startedAt"]
    assert deployment["deploymentCircuitBreaker"]["status"] == "MONITORING_COMPLETE"
    assert said(record) == [
        f"(service web) (deployment {done['id']}) deployment completed.",
        "(service web) has reached a steady state.",
    ]


def test_a_rollback_brings_the_former_deployment_back_under_its_id():
    record = service()
    outcomes.complete(record)
    good = primary(record)["id"]
    deployment = roll_out(record, "web:2")
    broken = primary(record)["id"]

    outcomes.roll_back(record, Cause.TASKS_FAILED)

    assert (primary(record)["id"], record["taskDefinition"]) == (good, "web:1")
    assert [(each["status"], each["rolloutState"]) for each in record["deployments"]] == [
        ("ACTIVE", "FAILED"),
        ("PRIMARY", "IN_PROGRESS"),
    ]
    assert said(record)[-2:] == [
        f"(service web) (deployment {broken}) deployment failed: tasks failed to start.",
        f"(service web) rolling back to deployment {good}.",
    ]
    assert deployment["status"] == "ROLLBACK_IN_PROGRESS"
    assert deployment["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    assert deployment["rollback"]["serviceRevisionArn"] == record["_revisions"][0]["serviceRevisionArn"]
    assert deployment["rollback"]["reason"] == deployment["statusReason"]

    outcomes.complete(record)

    assert deployment["status"] == "ROLLBACK_SUCCESSFUL"
    assert "circuit breaker" in deployment["statusReason"]


def test_a_rollback_goes_back_past_deployments_that_never_completed():
    record = service()
    outcomes.complete(record)
    good = primary(record)["id"]
    roll_out(record, "web:2")
    record["deployments"] = [each for each in record["deployments"] if each["id"] != good]  # its tasks had gone
    roll_out(record, "web:3")

    outcomes.roll_back(record, Cause.REQUESTED)

    assert (primary(record)["id"], record["taskDefinition"]) == (good, "web:1")


def test_a_newer_deployment_stops_the_one_under_way():
    record = service()
    deployment = roll_out(record, "web:2")

    roll_out(record, "web:3")

    assert (deployment["status"], deployment["statusReason"]) == ("STOPPED", history.REPLACED)
    assert deployment["stoppedAt"] == deployment["finishedAt"]


def test_a_deployment_of_no_tasks_is_nothing_to_go_back_to():
    record = service(desiredCount=0)

    outcomes.complete(record)

    assert record["_good"] is None


@pytest.mark.parametrize(
    ("cause", "rollback", "status"),
    [
        (Cause.TASKS_FAILED, True, "ROLLBACK_FAILED"),
        (Cause.TASKS_FAILED, False, "STOPPED"),
        (Cause.REQUESTED, False, "ROLLBACK_FAILED"),
        (Cause.ABORTED, True, "STOPPED"),
    ],
)
def test_a_deployment_that_fails_for_good_says_how(cause, rollback, status):
    record = service(deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": rollback}})

    outcomes.fail(record, cause)

    assert primary(record)["rolloutState"] == "FAILED"
    assert service_deployment(record)["status"] == status
    assert service_deployment(record)["statusReason"]


def test_failed_tasks_are_counted_while_the_deployment_is_under_way_and_a_healthy_one_resets_the_count():
    record = service()
    task_failed(record, task_of(record))
    task_failed(record, task_of(record))

    assert primary(record)["failedTasks"] == 2
    assert service_deployment(record)["deploymentCircuitBreaker"] == {
        "status": "MONITORING",
        "failureCount": 2,
        "threshold": 3,
    }

    task_is_healthy(record, task_of(record))
    assert primary(record)["failedTasks"] == 0

    outcomes.complete(record)
    task_failed(record, task_of(record))
    assert primary(record)["failedTasks"] == 0


def test_the_breaker_counts_no_further_than_its_threshold():
    record = service()
    for _ in range(5):
        task_failed(record, task_of(record))

    assert primary(record)["failedTasks"] == 3


def test_without_reset_on_healthy_task_the_count_stays():
    breaker = {"enable": True, "rollback": True, "resetOnHealthyTask": False}
    record = service(deploymentConfiguration={"deploymentCircuitBreaker": breaker})
    task_failed(record, task_of(record))

    task_is_healthy(record, task_of(record))

    assert primary(record)["failedTasks"] == 1


def test_failures_in_a_row_hold_the_next_start_back_and_are_said_once():
    record = service(deploymentConfiguration={})
    for _ in range(6):
        task_failed(record, task_of(record))

    assert primary(record)["_not_before"] > primary(record)["createdAt"]
    assert said(record) == ["(service web) is unable to consistently start tasks successfully."]


def test_our_own_members_are_not_shown():
    record = service()

    assert not [name for name in shown(record) if name.startswith("_")]
    assert not [name for name in shown(record)["deployments"][0] if name.startswith("_")]
