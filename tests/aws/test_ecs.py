from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from provisioning.aws import ecs
from provisioning.aws.ecs.states import service_state
from provisioning.aws.errors import AwsProblem

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
REVISION = "arn:aws:ecs:eu-west-1:111111111111:task-definition/acme-web:7"
TARGET_GROUP = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/acme-web/1"
SPEC = ecs.TaskSpec(
    family="acme-web",
    image="registry/acme/web@sha256:1",
    container_name="web",
    port=8080,
    cpu=128,
    memory=256,
    environment=(("MODE", "fast"),),
    log_group="/in4it/acme-dev",
    log_prefix="web",
    execution_role_arn="arn:aws:iam::111111111111:role/in4it/execution",
    task_role_arn="arn:aws:iam::111111111111:role/in4it/task",
)
BREAKER = {
    "enable": True,
    "rollback": True,
    "resetOnHealthyTask": False,
    "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
}
CHECK = ecs.HealthCheck(
    command=("CMD-SHELL", "wget -q localhost:8080"), interval=10, timeout=5, retries=3, start_period=120
)
SERVICE = ecs.ServiceSpec("acme-dev", "web", REVISION, "web", 8080, "hosts", TARGET_GROUP)


def service(name: str = "web", status: str = "ACTIVE", **more) -> dict:
    return {"serviceArn": f"arn:{name}", "serviceName": name, "status": status, **more}


def deployment(status: str, revision: str) -> dict:
    return {
        "id": f"ecs-svc/{status}",
        "status": status,
        "taskDefinition": revision,
        "createdAt": NOW,
        "updatedAt": NOW,
    }


def revision(content: str) -> dict:
    tags = [{"key": "in4it:content", "value": content}]
    return {"taskDefinition": {"taskDefinitionArn": REVISION}, "tags": tags}


def test_what_a_container_is_told_does_not_show_in_what_is_printed():
    assert "fast" not in repr(SPEC)


def test_a_new_version_is_registered_with_everything_its_container_needs(session, answers):
    answers("ecs").add_client_error("describe_task_definition", "ClientException", "Unable to describe")
    container = {
        "name": "web",
        "image": "registry/acme/web@sha256:1",
        "essential": True,
        "cpu": 128,
        "memory": 256,
        "portMappings": [{"containerPort": 8080, "hostPort": 0, "protocol": "tcp"}],
        "environment": [{"name": "MODE", "value": "fast"}],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "/in4it/acme-dev",
                "awslogs-region": "eu-west-1",
                "awslogs-stream-prefix": "web",
            },
        },
        "healthCheck": {
            "command": ["CMD-SHELL", "wget -q localhost:8080"],
            "interval": 10,
            "timeout": 5,
            "retries": 3,
            "startPeriod": 120,
        },
    }
    spec = replace(SPEC, health_check=CHECK)
    wanted = {
        "family": "acme-web",
        "networkMode": "bridge",
        "requiresCompatibilities": ["EC2"],
        "executionRoleArn": SPEC.execution_role_arn,
        "taskRoleArn": SPEC.task_role_arn,
        "containerDefinitions": [container],
        "tags": [{"key": "in4it:content", "value": spec.content_hash}],
    }
    answers("ecs").add_response("register_task_definition", revision(""), wanted)

    assert ecs.register_task_definition(session, spec) == REVISION


def test_what_cannot_be_known_yet_is_registered_without_looking(session, answers):
    answers("ecs").add_response("register_task_definition", revision(""))

    assert ecs.register_task_definition(session, SPEC, may_be_known=False) == REVISION


def test_the_latest_revision_is_used_again_if_nothing_changed(session, answers):
    answers("ecs").add_response("describe_task_definition", revision(SPEC.content_hash))

    assert ecs.register_task_definition(session, SPEC) == REVISION


@pytest.mark.parametrize("name", [each.name for each in fields(ecs.TaskSpec)])
def test_any_difference_makes_a_new_revision(name):
    others = {"port": 1, "cpu": 1, "memory": 1, "environment": (("MODE", "slow"),), "health_check": CHECK}
    other = others.get(name, "other")

    assert replace(SPEC, **{name: other}).content_hash != SPEC.content_hash


@pytest.mark.parametrize("name", [each.name for each in fields(ecs.HealthCheck)])
def test_any_difference_of_its_health_check_makes_a_new_revision(name):
    other = replace(CHECK, **{name: ("CMD", "true") if name == "command" else 60})

    assert replace(SPEC, health_check=other).content_hash != replace(SPEC, health_check=CHECK).content_hash


@pytest.mark.parametrize("found", [None, service(status="INACTIVE")])
def test_a_new_service_begins_without_tasks_and_goes_back_by_itself(session, answers, found):
    wanted = {
        "cluster": "acme-dev",
        "serviceName": "web",
        "taskDefinition": REVISION,
        "desiredCount": 0,
        "capacityProviderStrategy": [{"capacityProvider": "hosts"}],
        "loadBalancers": [{"targetGroupArn": TARGET_GROUP, "containerName": "web", "containerPort": 8080}],
        "deploymentConfiguration": {
            "minimumHealthyPercent": 100,
            "maximumPercent": 200,
            "deploymentCircuitBreaker": BREAKER,
        },
        "availabilityZoneRebalancing": "ENABLED",
        "placementStrategy": [
            {"type": "spread", "field": "attribute:ecs.availability-zone"},
            {"type": "binpack", "field": "memory"},
        ],
        "enableECSManagedTags": True,
        "propagateTags": "SERVICE",
        "tags": [],
    }
    answers("ecs").add_response("create_service", {"service": service()}, wanted)

    assert ecs.ensure_service(session, SERVICE, found and service_state(found)).name == "web"


def test_a_service_that_runs_is_left_as_it_is(session, answers):
    answers("ecs")

    assert ecs.ensure_service(session, SERVICE, service_state(service(desiredCount=3))).desired == 3


def test_a_service_that_another_request_made_meanwhile_is_found_by_the_next_look(session, answers):
    said = {"service_message": "Creation of service was not idempotent."}
    answers("ecs").add_client_error("create_service", "InvalidParameterException", **said)

    with pytest.raises(AwsProblem, match="has just made the service") as caught:
        ecs.ensure_service(session, SERVICE, None)

    assert (caught.value.code, caught.value.retryable) == ("not_yet", True)


def test_a_service_that_is_still_being_removed_is_a_conflict(session, answers):
    answers("ecs")

    with pytest.raises(AwsProblem, match="still being removed") as caught:
        ecs.ensure_service(session, SERVICE, service_state(service(status="DRAINING")))

    assert caught.value.code == "conflict"


@pytest.mark.parametrize(("seconds", "grace"), [(45, {"healthCheckGracePeriodSeconds": 45}), (None, {})])
def test_every_roll_out_sets_all_its_limits_anew(session, answers, seconds, grace):
    wanted = {
        "cluster": "acme-dev",
        "service": "web",
        "taskDefinition": REVISION,
        "desiredCount": 4,
        "forceNewDeployment": True,
        "deploymentConfiguration": {
            "minimumHealthyPercent": 50,
            "maximumPercent": 150,
            "deploymentCircuitBreaker": BREAKER,
        },
        "availabilityZoneRebalancing": "ENABLED",
        **grace,
    }
    answers("ecs").add_response("update_service", {"service": service(desiredCount=4)}, wanted)

    update = ecs.ServiceUpdate("acme-dev", "web", REVISION, 4, seconds, 50, 150)
    assert ecs.update_service(session, update).desired == 4


def test_services_are_read_ten_a_call_and_unknown_ones_are_absent(session, answers):
    names = [f"service-{number}" for number in range(23)]
    for batch in (names[:10], names[10:20], names[20:]):
        known = [service(name) for name in batch if name != "service-13"]
        answers("ecs").add_response(
            "describe_services", {"services": known}, {"cluster": "acme-dev", "services": batch}
        )

    found = ecs.describe_services(session, "acme-dev", names)

    assert list(found) == [name for name in names if name != "service-13"]


def test_no_services_are_read_without_asking_aws(session, answers):
    answers("ecs")

    assert ecs.describe_services(session, "acme-dev", []) == {}


def test_the_primary_deployment_is_found_by_status_not_by_place(session, answers):
    deployments = [deployment("ACTIVE", "old"), deployment("PRIMARY", "new")]
    answers("ecs").add_response("describe_services", {"services": [service(deployments=deployments)]})

    primary = ecs.describe_services(session, "acme-dev", ["web"])["web"].primary

    assert primary is not None
    assert primary.task_definition == "new"


def test_a_stopped_task_tells_why_it_stopped(session, answers):
    container = {"exitCode": 137, "reason": "OutOfMemoryError: killed"}
    task = {
        "taskArn": "arn:task/1",
        "stoppedReason": "Essential container in task exited",
        "stopCode": "EssentialContainerExited",
        "containers": [container],
        "stoppedAt": NOW,
    }
    listed = {"cluster": "acme-dev", "serviceName": "web", "desiredStatus": "STOPPED"}
    answers("ecs").add_response("list_tasks", {"taskArns": ["arn:task/1"]}, listed)
    answers("ecs").add_response("describe_tasks", {"tasks": [task]})

    (found,) = ecs.list_tasks(session, "acme-dev", "web", "STOPPED")

    assert (found.exit_code, found.container_reason) == (137, "OutOfMemoryError: killed")
    assert (found.stop_code, found.stopped_at) == ("EssentialContainerExited", NOW)


def test_a_service_that_is_gone_has_no_tasks_and_is_removed_already(session, answers):
    answers("ecs").add_client_error("list_tasks", "ServiceNotFoundException")
    answers("ecs").add_client_error("delete_service", "ServiceNotFoundException")

    assert ecs.list_tasks(session, "acme-dev", "web", "RUNNING") == ()
    ecs.delete_service(session, "acme-dev", "web")


def test_the_tasks_that_run_are_listed_page_by_page_without_being_looked_at(session, answers):
    asked = {"cluster": "acme-dev", "serviceName": "web", "desiredStatus": "RUNNING"}
    answers("ecs").add_response("list_tasks", {"taskArns": ["arn:task/1"], "nextToken": "2"}, asked)
    answers("ecs").add_response("list_tasks", {"taskArns": ["arn:task/2"]}, {**asked, "nextToken": "2"})

    assert ecs.running_task_arns(session, "acme-dev", "web") == ("arn:task/1", "arn:task/2")


def test_a_service_that_is_gone_has_no_tasks_to_protect(session, answers):
    answers("ecs").add_client_error("list_tasks", "ServiceNotFoundException")

    assert ecs.running_task_arns(session, "acme-dev", "web") == ()


def test_tasks_are_protected_and_let_go_ten_a_call(session, answers):
    arns = [f"arn:task/{number}" for number in range(12)]
    for how in ({"protectionEnabled": True, "expiresInMinutes": 30}, {"protectionEnabled": False}):
        for batch in (arns[:10], arns[10:]):
            asked = {"cluster": "acme-dev", "tasks": batch, **how}
            answers("ecs").add_response("update_task_protection", {"protectedTasks": [], "failures": []}, asked)

    ecs.protect_tasks(session, "acme-dev", arns, 30)
    ecs.release_tasks(session, "acme-dev", tuple(arns))


def test_nothing_is_asked_for_no_tasks(session, answers):
    answers("ecs")

    ecs.protect_tasks(session, "acme-dev", [], 30)
    ecs.release_tasks(session, "acme-dev", [])


@pytest.mark.parametrize(
    "change",
    [
        lambda session: ecs.protect_tasks(session, "acme-dev", ["arn:task/1"], 30),
        lambda session: ecs.release_tasks(session, "acme-dev", ["arn:task/1"]),
    ],
)
def test_a_task_that_is_gone_needs_no_protection_and_one_that_stands_must_have_what_was_asked(session, answers, change):
    for reason in ("MISSING", "TASK_NOT_VALID", "DEPLOYMENT_BLOCKED"):
        failure = {"arn": "arn:task/1", "reason": reason, "detail": "so it is"}
        answers("ecs").add_response("update_task_protection", {"protectedTasks": [], "failures": [failure]})

    change(session)
    for code, detail in (("refused", "TASK_NOT_VALID: so it is"), ("conflict", "DEPLOYMENT_BLOCKED: so it is")):
        with pytest.raises(AwsProblem) as caught:
            change(session)
        assert (caught.value.code, caught.value.detail) == (code, detail)
