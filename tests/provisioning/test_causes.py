"""Why a stack failed, in a sentence."""

from datetime import UTC, datetime

import pytest

from portal.core.sentences import Sentence
from provisioning.aws.cloudformation import ResourceState, StackEvent, StackState
from provisioning.changes.causes import ASK_US, advice_for, creation_failure, deletion_failure
from provisioning.changes.wording import charges, kind_of
from provisioning.stacks import load

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def event(logical_id: str, reason: str, resource_type: str = "AWS::EC2::EIP", status: str = "CREATE_FAILED"):
    return StackEvent("1", NOW, logical_id, resource_type, status, reason)


def stack(status: str, reason: str = "") -> StackState:
    return StackState("arn", "acme-dev", status, reason)


def test_the_first_resource_that_failed_by_itself_is_the_cause():
    events = [
        event("Vpc", "Resource creation cancelled", "AWS::EC2::VPC"),
        event("NatAddressA", "The maximum number of addresses has been reached."),
        event("LogGroup", "Resource creation cancelled", "AWS::Logs::LogGroup"),
        event("acme-dev", "The following resource(s) failed to create", "AWS::CloudFormation::Stack"),
    ]

    failure = creation_failure(stack("ROLLBACK_COMPLETE"), events)

    assert str(failure.reason) == (
        "The fixed public address (NatAddressA) could not be made: The maximum number of addresses has been reached."
    )
    assert failure.advice == advice_for("maximum number") == Sentence("advice.limit")


def test_without_a_failed_resource_the_stack_speaks_for_itself():
    failure = creation_failure(stack("ROLLBACK_COMPLETE", "Transform failed"), [])

    assert str(failure.reason) == "AWS could not make the environment: Transform failed."
    assert failure.advice == ASK_US


def test_what_could_not_be_deleted_is_named_with_the_reason_of_its_event():
    left = ResourceState("Vpc", "vpc-1", "AWS::EC2::VPC", "DELETE_FAILED", "", NOW)
    events = [event("Vpc", "The vpc has dependencies and cannot be deleted", "AWS::EC2::VPC", "DELETE_FAILED")]

    failure = deletion_failure(stack("DELETE_FAILED"), [left], events)

    assert (
        str(failure.reason) == "The network (Vpc) could not be deleted: The vpc has dependencies and cannot be deleted."
    )
    assert str(failure.advice).startswith("Something that was made outside the portal still uses it.")


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("The maximum number of VPCs has been reached. (VpcLimitExceeded)", "A limit of your AWS account"),
        ("User is not authorized to perform: ec2:CreateVpc", "The portal may not do this"),
        ("acme-dev/platform already exists in stack", "Something with this name exists"),
        ("We currently do not have sufficient t3.small capacity (InsufficientInstanceCapacity)", "AWS has no hosts"),
        ("resource sg-1 has a dependent object", "Something that was made outside the portal"),
        ("Rate exceeded", "AWS was asked too much at once"),
        ("Group did not stabilize", "AWS took too long"),
        ("The vpc ID 'vpc-1' does not exist", "Something that this needs was removed"),
        ("Mystery", "Try again. If it fails once more"),
    ],
)
def test_common_causes_have_their_own_advice(said, advice):
    assert str(advice_for(said)).startswith(advice)


def test_every_kind_of_resource_of_the_template_has_a_plain_word():
    template = load("environment")

    assert {each for each in template.types.values() if not isinstance(kind_of(each), Sentence)} == set()


def test_what_costs_money_is_said_once_for_each_kind_with_its_number():
    plan = [{"type": "AWS::EC2::NatGateway"}, {"type": "AWS::EC2::NatGateway"}, {"type": "AWS::EC2::EIP"}]

    assert charges([*plan, {"type": "AWS::EC2::VPC"}]) == [
        "2 outgoing gateways: by the hour, and by the amount of data that goes out.",
        "One fixed public address: by the hour.",
    ]
