"""Workers killed with -9 right after AWS did what they asked: the work is finished, and nothing is made twice."""

import pytest

from deployments import states
from deployments.models import Deployment, Placement
from deployments.rollouts.names import task_family
from provisioning import states as environment_states
from provisioning.facts import cluster_of, facts_of
from provisioning.models import Environment
from tests.e2e.conftest import EITHER_DATABASE
from tests.e2e.olivia import Olivia, arrived, moves, until

pytestmark = [pytest.mark.redis, pytest.mark.localaws, pytest.mark.xdist_group("e2e"), EITHER_DATABASE]

PLANNING, EXECUTED, CREATING = "CreateChangeSet", "ExecuteChangeSet", "ListStackResources"
BALANCING, DESCRIBING, UPDATED, ROLLING = (
    "CreateTargetGroup",
    "RegisterTaskDefinition",
    "UpdateService",
    "DescribeTargetHealth",
)
ONCE = (BALANCING, "CreateRule", DESCRIBING, "CreateService", UPDATED)


def killing_the_worker(olivia: Olivia, operation: str, containing: bytes = b""):
    """The worker dies when AWS has answered `operation`, before it hears the answer."""
    return olivia.stack.gate.at(operation, lambda: olivia.stack.kill("worker"), containing)


def replace_worker(olivia: Olivia, death) -> None:
    assert death.happened.wait(60), f"{death.operation} was never asked"
    olivia.stack.start_worker()


@pytest.mark.parametrize(
    ("operation", "containing"), [(PLANNING, b""), (EXECUTED, b""), (CREATING, b"CREATE_COMPLETE")]
)
def test_an_environment_is_made_once_whenever_its_worker_dies(olivia, operation, containing):
    executed = olivia.stack.gate.done[EXECUTED]
    death = killing_the_worker(olivia, operation, containing)
    environment = olivia.plan(operation[:11])
    if operation == PLANNING:
        replace_worker(olivia, death)
    arrived(environment, environment_states.PLANNED)
    olivia.approve(environment)
    if operation != PLANNING:
        replace_worker(olivia, death)
    arrived(environment, environment_states.READY)

    assert moves(environment) == ["planning", "planned", "creating", "ready"]
    assert stacks_of(olivia, environment) == ["CREATE_COMPLETE"]
    assert len(change_sets_of(olivia, environment)) == 1
    assert olivia.stack.gate.done[EXECUTED] - executed == 1
    assert networks_of(olivia, environment) == [facts_of(environment).vpc_id]


@pytest.mark.parametrize("operation", [BALANCING, DESCRIBING, UPDATED, ROLLING])
def test_a_release_is_rolled_out_once_whenever_its_worker_dies(olivia, operation):
    service = olivia.register()
    olivia.environment()
    before = olivia.stack.gate.done.copy()
    death = killing_the_worker(olivia, operation)
    deployment = olivia.deploy(service, "v1")
    replace_worker(olivia, death)
    arrived(deployment, states.SUCCEEDED)

    assert moves(deployment) == ["preparing", "rolling", "succeeded"]
    assert {name: olivia.stack.gate.done[name] - before[name] for name in ONCE} == dict.fromkeys(ONCE, 1)
    assert made_for(olivia, deployment) == {
        "repositories": 1,
        "target groups": 1,
        "rules": 1,
        "task definitions": 1,
        "services": 1,
    }
    until(lambda: running_tasks(olivia, deployment) == service.count)


def stacks_of(olivia: Olivia, environment: Environment) -> list[str]:
    """Every stack of that name that AWS has ever made."""
    found = olivia.aws("cloudformation").list_stacks()["StackSummaries"]
    return [each["StackStatus"] for each in found if each["StackName"] == environment.aws_name]


def change_sets_of(olivia: Olivia, environment: Environment) -> list[str]:
    found = olivia.aws("cloudformation").list_change_sets(StackName=environment.aws_name)["Summaries"]
    return [each["ChangeSetId"] for each in found]


def networks_of(olivia: Olivia, environment: Environment) -> list[str]:
    return [
        each["VpcId"] for each in olivia.aws("ec2").describe_vpcs()["Vpcs"] if each["CidrBlock"] == environment.network
    ]


def made_for(olivia: Olivia, deployment: Deployment) -> dict[str, int]:
    """How many things of each kind AWS has for this service."""
    placement = Placement.objects.get(pk=deployment.placement_id)
    facts, service = facts_of(deployment.environment), deployment.service
    elb, ecs = olivia.aws("elbv2"), olivia.aws("ecs")
    groups = [each for each in elb.describe_target_groups()["TargetGroups"] if service.name in each["TargetGroupName"]]
    rules = elb.describe_rules(ListenerArn=facts.listener_arn)["Rules"]
    revisions = ecs.list_task_definitions(familyPrefix=task_family(placement))["taskDefinitionArns"]
    services = ecs.list_services(cluster=facts.cluster, maxResults=100)["serviceArns"]
    repositories = olivia.aws("ecr").describe_repositories()["repositories"]
    return {
        "repositories": [each["repositoryName"] for each in repositories].count(service.repository.name),
        "target groups": len(groups),
        "rules": sum(placement.target_group_arn in str(each) for each in rules),
        "task definitions": len(revisions),
        "services": sum(each.endswith(f"/{service.name}") for each in services),
    }


def running_tasks(olivia: Olivia, deployment: Deployment) -> int:
    cluster, name = cluster_of(deployment.environment), deployment.service.name
    return len(olivia.aws("ecs").list_tasks(cluster=cluster, serviceName=name, desiredStatus="RUNNING")["taskArns"])
