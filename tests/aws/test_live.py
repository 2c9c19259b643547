"""The adapters and both templates for real: a customer's account that enforces trust, policies and signatures."""

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from provisioning.aws import cloudformation, ecr, ecs, elbv2, identity, logs
from provisioning.aws.errors import AwsProblem, asking_aws
from provisioning.aws.session import (
    AwsEndpoint,
    AwsSession,
    BaseCredentials,
    KeyAccess,
    RoleAccess,
    forget_clients,
)
from provisioning.localaws import control
from provisioning.localaws.sample import images
from provisioning.stacks import load

pytestmark = pytest.mark.localaws

CUSTOMER, PORTAL = "111111111111", "222222222222"
EXTERNAL_ID = identity.new_external_id()
NAME = "acme-production"
PARAMETERS = {"EnvironmentName": NAME, "Kind": "production", "VpcCidr": "10.7.0.0/16"}


@dataclass(frozen=True)
class Account:
    registry: str
    owner: AwsSession
    portal: AwsSession


def until(look: Callable[[], Any], done: Callable[[Any], bool], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not done(found := look()):
        assert time.monotonic() < deadline, f"still waiting after {seconds} seconds: {found}"
        time.sleep(0.1)
    return found


def planned(session: AwsSession, name: str, body: str, parameters: dict[str, str]) -> cloudformation.ChangeSet:
    plan_id = cloudformation.create_change_set(session, name, body, parameters, {"made-by": "test"}, token=uuid4().hex)
    return until(
        lambda: cloudformation.describe_change_set(session, name, plan_id),
        lambda plan: plan.is_ready or plan.status == "FAILED",
    )


def created(session: AwsSession, name: str, body: str, parameters: dict[str, str]) -> cloudformation.StackState:
    plan = planned(session, name, body, parameters)
    assert plan.is_ready, plan.reason
    for _ in range(2):
        cloudformation.execute_change_set(session, name, plan.change_set_id, "once")
    return until(
        lambda: cloudformation.describe_stack(session, name), lambda stack: not (stack.is_busy or stack.is_planned_only)
    )


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder: Path = tmp_path_factory.mktemp("localaws")
    with (folder / "log").open("wb") as log:
        process = control.start(port, folder, runtime="process", pace=0.01, auth=True, log=log)
        try:
            control.wait_ready(port)
            yield connected(port)
        finally:
            forget_clients()
            control.stop(process)


def connected(port: int) -> Account:
    """The customer runs the role's template with their own key; the portal takes the role from its own account."""
    endpoint = AwsEndpoint(f"http://127.0.0.1:{port}")
    owner = AwsSession(KeyAccess(CUSTOMER, "x"), "eu-west-1", endpoint)
    stack = created(owner, "in4it", identity.role_template(PORTAL, EXTERNAL_ID, "in4it-portal"), {})
    role = RoleAccess(stack.outputs["RoleArn"], EXTERNAL_ID)
    portal = AwsSession(role, "eu-west-1", endpoint, BaseCredentials(PORTAL, "x"))
    return Account(f"127.0.0.1:{port}", owner, portal)


@pytest.fixture(scope="module")
def environment(account: Account) -> cloudformation.StackState:
    return created(account.portal, NAME, load("environment").body, PARAMETERS)


def test_the_role_of_the_template_passes_the_connection_test(account):
    report = identity.test_connection(account.portal, CUSTOMER)

    assert report.ok, report
    assert report.account_id == CUSTOMER
    assert report.arn == f"arn:aws:sts::{CUSTOMER}:assumed-role/in4it-portal/in4it-portal"


@pytest.mark.parametrize(
    "change",
    [
        {"access": RoleAccess(f"arn:aws:iam::{CUSTOMER}:role/in4it-portal", "in4it-of-somebody-else")},
        {"access": RoleAccess(f"arn:aws:iam::{CUSTOMER}:role/no-such-role", EXTERNAL_ID)},
        {"base": BaseCredentials("333333333333", "x")},
    ],
    ids=["wrong-external-id", "no-such-role", "another-account-than-the-portals"],
)
def test_whoever_does_not_fit_the_trust_is_refused_with_the_causes(account, change):
    report = identity.test_connection(replace(account.portal, **change), CUSTOMER)

    assert [check.ok for check in report.checks] == [False]
    assert "ExternalId differs" in str(report.checks[0].sentence)


def test_the_role_may_not_look_beyond_the_portals_work(account):
    with pytest.raises(AwsProblem) as caught, asking_aws("list the users"):
        account.portal.client("iam").list_users()

    assert caught.value.code == "access_denied"


def test_the_role_may_not_give_more_rights_to_the_roles_it_makes(account, environment):
    role = environment.outputs["TaskRoleArn"].rpartition("/")[2]
    everything = "arn:aws:iam::aws:policy/AdministratorAccess"

    with pytest.raises(AwsProblem) as caught, asking_aws("attach it"):
        account.portal.client("iam").attach_role_policy(RoleName=role, PolicyArn=everything)

    assert caught.value.code == "access_denied"


def test_the_role_makes_the_whole_environment(account, environment):
    assert environment.status == "CREATE_COMPLETE"
    assert environment.outputs["ClusterName"] == NAME
    assert environment.outputs["LoadBalancerName"] == NAME
    assert environment.outputs["LogGroupName"] == f"/in4it/{NAME}"
    assert len(environment.outputs["PrivateSubnetIds"].split(",")) == 2
    assert {each.logical_id: each.status for each in cloudformation.resources(account.portal, NAME)} == dict.fromkeys(
        load("environment").types, "CREATE_COMPLETE"
    )


def test_a_plan_names_every_resource_and_makes_none(account):
    plan = planned(
        account.portal, "acme-plan", load("environment").body, {**PARAMETERS, "EnvironmentName": "acme-plan"}
    )

    assert {each.logical_id: each.type for each in plan.changes} == load("environment").types
    assert {each.action for each in plan.changes} == {"Add"}
    stack = cloudformation.describe_stack(account.portal, "acme-plan")
    assert stack is not None
    assert stack.is_planned_only


def test_an_environment_for_development_has_one_outgoing_gateway(account):
    parameters = {"EnvironmentName": "acme-dev", "Kind": "dev", "VpcCidr": "10.8.0.0/16"}

    stack = created(account.portal, "acme-dev", load("environment").body, parameters)

    made = {each.logical_id for each in cloudformation.resources(account.portal, "acme-dev")}
    assert stack.is_complete
    assert load("environment").types.keys() - made == {"NatAddressB", "NatGatewayB"}


def test_planning_what_is_there_already_changes_nothing(account, environment):
    assert planned(account.portal, NAME, load("environment").body, PARAMETERS).is_empty


def test_the_events_of_one_request_are_told_by_its_token(account, environment):
    every = cloudformation.events(account.portal, NAME)

    made = cloudformation.events_of(account.portal, NAME, "once")

    assert made == tuple(event for event in every if event.token == "once")
    assert (made[-1].logical_id, made[-1].status) == (NAME, "CREATE_COMPLETE")
    assert len(made) > 30
    assert cloudformation.events_of(account.portal, NAME, "never") == ()


def test_a_protected_environment_is_not_deleted(account, environment):
    cloudformation.set_termination_protection(account.portal, NAME, enabled=True)

    with pytest.raises(AwsProblem, match="protected against deletion") as caught:
        cloudformation.delete_stack(account.portal, NAME, "t1")
    cloudformation.set_termination_protection(account.portal, NAME, enabled=False)

    assert caught.value.code == "protected"


def test_a_pushed_image_is_rolled_out_by_digest_and_everything_can_be_removed(account, environment):
    portal, out = account.portal, environment.outputs
    repository = ecr.ensure_repository(portal, "acme/shop", {})
    digest = images.push_sample(account.registry, "acme/shop", "v1", version="v1", runtime="process")
    assert ecr.resolve_tag(portal, "acme/shop", "v1") == digest
    group = elbv2.create_target_group(
        portal, elbv2.TargetGroupSpec("acme-shop", out["VpcId"], health_path="/health", interval=5)
    )
    rule = elbv2.create_rule(portal, out["ListenerArn"], group, elbv2.RuleConditions(paths=("/*",)), 10)
    revision = ecs.register_task_definition(
        portal, shop(out, ecr.image_reference(repository, digest, account.registry))
    )

    service = ecs.ServiceSpec(NAME, "shop", revision, "shop", 8080, out["CapacityProviderName"], group)
    assert ecs.ensure_service(portal, service, None).running == 0
    ecs.update_service(portal, ecs.ServiceUpdate(NAME, "shop", revision, desired_count=2, grace_seconds=60))
    done = until(
        lambda: ecs.describe_services(portal, NAME, ["shop"])["shop"],
        lambda found: found.primary.rollout_state != "IN_PROGRESS",
    )

    assert (done.primary.rollout_state, done.running) == ("COMPLETED", 2)
    assert [target.state for target in elbv2.target_health(portal, group)] == ["healthy", "healthy"]
    task = ecs.list_tasks(portal, NAME, "shop", "RUNNING")[0]
    stream = logs.task_stream("shop", "shop", task.arn)
    assert until(lambda: logs.tail(portal, out["LogGroupName"], stream), bool)

    for _ in range(2):
        ecs.delete_service(portal, NAME, "shop")
        elbv2.delete_rule(portal, rule.arn)
        elbv2.delete_target_group(portal, group)
    until(  # a cluster whose services still drain cannot be deleted
        lambda: ecs.describe_services(portal, NAME, ["shop"]).get("shop"),
        lambda found: found is None or found.status == "INACTIVE",
        60,
    )
    for _ in range(2):
        cloudformation.delete_stack(portal, NAME, "t2")
    gone = until(
        lambda: cloudformation.describe_stack(portal, environment.stack_id), lambda stack: not stack.is_busy, 60
    )
    events = cloudformation.events_of(portal, environment.stack_id, "t2")
    assert gone.is_deleted, [(event.logical_id, event.reason) for event in events if "FAILED" in event.status]
    assert cloudformation.describe_stack(portal, NAME) is None


def shop(out: dict[str, str], image: str) -> ecs.TaskSpec:
    return ecs.TaskSpec(
        family="acme-shop",
        image=image,
        container_name="shop",
        port=8080,
        cpu=64,
        memory=128,
        environment=(("PORT", "8080"),),
        log_group=out["LogGroupName"],
        log_prefix="shop",
        execution_role_arn=out["TaskExecutionRoleArn"],
        task_role_arn=out["TaskRoleArn"],
    )
