"""CloudFormation on the local AWS: every type that environments use, at a pace, with failures on request."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.localaws.conftest import start
from tests.localaws.site import LocalAws, until

pytestmark = pytest.mark.localaws

ENVIRONMENT = Path(__file__).resolve().parents[2] / "provisioning" / "stacks" / "environment.yaml"

NETWORK = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
    "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"}},
    "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
    "Gateway": {
        "Type": "AWS::EC2::NatGateway",
        "Properties": {"SubnetId": {"Ref": "Subnet"}, "AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]}},
    },
    "Group": {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {"GroupDescription": "hosts", "VpcId": {"Ref": "Vpc"}},
    },
}

CAPACITY = {
    "Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "stacked"}},
    "Provider": {
        "Type": "AWS::ECS::CapacityProvider",
        "Properties": {"AutoScalingGroupProvider": {"AutoScalingGroupArn": "arn:aws:autoscaling:::hosts"}},
    },
    "Capacity": {
        "Type": "AWS::ECS::ClusterCapacityProviderAssociations",
        "Properties": {
            "Cluster": {"Ref": "Cluster"},
            "CapacityProviders": [{"Ref": "Provider"}],
            "DefaultCapacityProviderStrategy": [{"CapacityProvider": {"Ref": "Provider"}, "Weight": 1}],
        },
    },
}

UPKEEP = {
    "Baseline": {"Type": "AWS::SSM::PatchBaseline", "Properties": {"Name": "hosts"}},
    "Window": {
        "Type": "AWS::SSM::MaintenanceWindow",
        "Properties": {
            "Name": "sunday",
            "Schedule": "cron(0 3 ? * SUN *)",
            "Duration": 2,
            "Cutoff": 1,
            "AllowUnassociatedTargets": False,
        },
    },
    "Target": {
        "Type": "AWS::SSM::MaintenanceWindowTarget",
        "Properties": {"WindowId": {"Ref": "Window"}, "ResourceType": "INSTANCE", "Targets": []},
    },
    "Task": {
        "Type": "AWS::SSM::MaintenanceWindowTask",
        "Properties": {
            "WindowId": {"Ref": "Window"},
            "TaskArn": "AWS-RunPatchBaseline",
            "TaskType": "RUN_COMMAND",
            "Priority": 1,
            "Targets": [{"Key": "WindowTargetIds", "Values": [{"Ref": "Target"}]}],
        },
    },
    "Scaling": {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "MinCapacity": 1,
            "MaxCapacity": 4,
            "ResourceId": "service/stacked/web",
            "ScalableDimension": "ecs:service:DesiredCount",
            "ServiceNamespace": "ecs",
        },
    },
}


def status(aws: LocalAws, stack: str) -> str:
    return str(aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])


def finished(aws: LocalAws, stack: str) -> str:
    """The stack's status once nothing is in progress any more."""
    until(lambda: not status(aws, stack).endswith("IN_PROGRESS"))
    return status(aws, stack)


def create(aws: LocalAws, name: str, resources: dict[str, Any], **outputs: Any) -> str:
    template = {"Resources": resources} | ({"Outputs": outputs} if outputs else {})
    created = aws.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    return str(created["StackId"])


def events(aws: LocalAws, stack: str) -> list[dict[str, Any]]:
    return list(aws.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"])


def test_network_types_become_resources_that_the_services_show(process_aws: LocalAws):
    allocation = {"Fn::GetAtt": ["Address", "AllocationId"]}
    stack = create(process_aws, "network", NETWORK, Allocation={"Value": allocation})
    assert finished(process_aws, stack) == "CREATE_COMPLETE"

    ec2 = process_aws.client("ec2")
    described = process_aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    allocation_id = described["Outputs"][0]["OutputValue"]
    assert ec2.describe_addresses(AllocationIds=[allocation_id])["Addresses"][0]["Domain"] == "vpc"
    gateways = ec2.describe_nat_gateways()["NatGateways"]
    assert [gateway["State"] for gateway in gateways] == ["available"]

    process_aws.client("cloudformation").delete_stack(StackName=stack)
    assert finished(process_aws, stack) == "DELETE_COMPLETE"
    assert allocation_id not in [each["AllocationId"] for each in ec2.describe_addresses()["Addresses"]]


def test_capacity_types_give_the_cluster_its_default_strategy(process_aws: LocalAws):
    stack = create(process_aws, "capacity", CAPACITY, Provider={"Value": {"Ref": "Provider"}})
    assert finished(process_aws, stack) == "CREATE_COMPLETE"

    described = process_aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    provider = described["Outputs"][0]["OutputValue"]
    cluster = process_aws.client("ecs").describe_clusters(clusters=["stacked"])["clusters"][0]
    assert cluster["capacityProviders"] == [provider]
    assert cluster["defaultCapacityProviderStrategy"] == [{"capacityProvider": provider, "weight": 1}]

    process_aws.client("cloudformation").delete_stack(StackName=stack)
    assert finished(process_aws, stack) == "DELETE_COMPLETE"


def test_a_deletion_asked_for_again_while_it_runs_starts_nothing(process_aws: LocalAws):
    cloudformation = process_aws.client("cloudformation")
    stack = create(process_aws, "going", NETWORK)
    assert finished(process_aws, stack) == "CREATE_COMPLETE"

    for _ in range(3):  # each resource takes a pace to go, so the second and third are asked for meanwhile
        cloudformation.delete_stack(StackName=stack)

    assert finished(process_aws, stack) == "DELETE_COMPLETE"
    begun = [event for event in events(process_aws, stack) if event["ResourceStatus"] == "DELETE_IN_PROGRESS"]
    assert sorted(event["LogicalResourceId"] for event in begun) == sorted(["going", *NETWORK])


def test_types_without_an_interface_of_their_own_are_recorded(process_aws: LocalAws):
    stack = create(process_aws, "upkeep", UPKEEP)

    assert finished(process_aws, stack) == "CREATE_COMPLETE"
    listed = process_aws.client("cloudformation").list_stack_resources(StackName=stack)["StackResourceSummaries"]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed}
    assert ids["Window"].startswith("mw-")
    assert ids["Baseline"].startswith("pb-")


def test_progress_is_spread_over_time(process_aws: LocalAws):
    stack = create(process_aws, "paced", {f"Topic{n}": {"Type": "AWS::SNS::Topic"} for n in range(5)})
    assert finished(process_aws, stack) == "CREATE_COMPLETE"

    topics = [each for each in events(process_aws, stack) if each["ResourceType"] == "AWS::SNS::Topic"]
    done = [each["Timestamp"] for each in topics if each["ResourceStatus"] == "CREATE_COMPLETE"]
    assert (max(done) - min(done)).total_seconds() >= 0.35  # four more paces of 0.1 s


@pytest.mark.parametrize("kind", ["dev", "production"])
def test_the_environment_s_template_creates_and_deletes(process_aws: LocalAws, kind: str):
    cloudformation = process_aws.client("cloudformation")
    stack = cloudformation.create_stack(
        StackName=f"acme-{kind}",
        TemplateBody=ENVIRONMENT.read_text(),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[
            {"ParameterKey": "EnvironmentName", "ParameterValue": f"acme-{kind}"},
            {"ParameterKey": "Kind", "ParameterValue": kind},
        ],
    )["StackId"]
    assert finished(process_aws, stack) == "CREATE_COMPLETE"

    cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=False)
    cloudformation.delete_stack(StackName=stack)
    assert finished(process_aws, stack) == "DELETE_COMPLETE"


@pytest.mark.parametrize(
    ("kind", "gateways"), [("dev", {"NatGatewayA"}), ("production", {"NatGatewayA", "NatGatewayB"})]
)
def test_a_plan_shows_just_what_will_be_made(process_aws: LocalAws, kind: str, gateways: set[str]):
    cloudformation = process_aws.client("cloudformation")
    plan = cloudformation.create_change_set(
        StackName=f"planned-{kind}",
        ChangeSetName="first",
        ChangeSetType="CREATE",
        TemplateBody=ENVIRONMENT.read_text(),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[
            {"ParameterKey": "EnvironmentName", "ParameterValue": f"planned-{kind}"},
            {"ParameterKey": "Kind", "ParameterValue": kind},
        ],
    )["Id"]

    changes = cloudformation.describe_change_set(ChangeSetName=plan)["Changes"]

    planned = {change["ResourceChange"]["LogicalResourceId"] for change in changes}
    assert {name for name in planned if name.startswith("NatGateway")} == gateways


def test_a_requested_failure_rolls_the_stack_back_with_a_reason_in_aws_s_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(os.environ, "LOCALAWS_FAIL_RESOURCE", "Gateway")
    aws = start(tmp_path, "process", pace=0)
    try:
        stack = create(aws, "failing", NETWORK)
        assert finished(aws, stack) == "ROLLBACK_COMPLETE"
        failed = next(each for each in events(aws, stack) if each["ResourceStatus"] == "CREATE_FAILED")
    finally:
        aws.stop()

    assert failed["LogicalResourceId"] == "Gateway"
    assert "exceed the limit of 5 NAT gateways" in failed["ResourceStatusReason"]
    assert "HandlerErrorCode: ServiceLimitExceeded" in failed["ResourceStatusReason"]
