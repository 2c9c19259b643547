"""ECS's own records of rollouts, as AWS describes them."""

import pytest

from provisioning.aws import ecs
from provisioning.aws.errors import AwsProblem

ARN = "arn:aws:ecs:eu-west-1:111111111111:service-deployment/acme-dev/web/1"


def test_records_are_read_twenty_a_call_and_unknown_ones_are_absent(session, answers):
    arns = [f"{ARN}{number}" for number in range(23)]
    for batch in (arns[:20], arns[20:]):
        known = [{"serviceDeploymentArn": arn, "status": "IN_PROGRESS"} for arn in batch if arn != f"{ARN}7"]
        answers("ecs").add_response(
            "describe_service_deployments", {"serviceDeployments": known}, {"serviceDeploymentArns": batch}
        )

    found = ecs.describe_service_deployments(session, arns)

    assert list(found) == [arn for arn in arns if arn != f"{ARN}7"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, ""),
        ({"statusReason": "The breaker was triggered."}, "The breaker was triggered."),
        ({"statusReason": "Rolled back.", "rollback": {"reason": "Tasks failed to start."}}, "Tasks failed to start."),
    ],
)
def test_why_it_went_back_comes_before_why_it_stands_where_it_does(session, answers, said, reason):
    record = {"serviceDeploymentArn": ARN, "status": "ROLLBACK_SUCCESSFUL", **said}
    answers("ecs").add_response("describe_service_deployments", {"serviceDeployments": [record]})

    assert ecs.describe_service_deployments(session, [ARN])[ARN].reason == reason


@pytest.mark.parametrize("status", ["PENDING", "IN_PROGRESS", "SUCCESSFUL", "STOPPED", "ROLLBACK_FAILED"])
def test_a_record_tells_apart_what_goes_on_and_what_went_well(status):
    record = ecs.ServiceDeployment(ARN, status)

    assert record.is_under_way == (status in {"PENDING", "IN_PROGRESS"})
    assert record.succeeded == (status == "SUCCESSFUL")


def test_a_rollout_is_stopped_by_going_back(session, answers):
    wanted = {"serviceDeploymentArn": ARN, "stopType": "ROLLBACK"}
    answers("ecs").add_response("stop_service_deployment", {"serviceDeploymentArn": ARN}, wanted)

    ecs.stop_service_deployment(session, ARN)


@pytest.mark.parametrize("code", ["ConflictException", "ServiceDeploymentNotFoundException"])
def test_a_rollout_that_is_over_needs_no_stopping(session, answers, code):
    answers("ecs").add_client_error("stop_service_deployment", code)

    ecs.stop_service_deployment(session, ARN)


def test_a_stop_that_aws_does_not_allow_is_said(session, answers):
    answers("ecs").add_client_error("stop_service_deployment", "AccessDeniedException")

    with pytest.raises(AwsProblem, match="does not allow the portal to stop the rollout"):
        ecs.stop_service_deployment(session, ARN)
