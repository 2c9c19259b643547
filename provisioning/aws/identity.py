"""Connecting a customer's account: the role they make for the portal, and whether it works."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from portal.core.sentences import Sentence
from provisioning.aws.errors import AwsProblem, asking_aws, doing
from provisioning.aws.session import AwsSession, RoleAccess, assume
from provisioning.stacks import load


@dataclass(frozen=True)
class Check:
    """One line of the report: what was tried, whether it worked, and a plain sentence."""

    name: Sentence
    ok: bool
    sentence: Sentence


@dataclass(frozen=True)
class ConnectionReport:
    """`account_id` and `arn` are empty when nobody could be reached at all."""

    account_id: str
    arn: str
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)


@dataclass(frozen=True)
class _Probe:
    name: Sentence
    operation: str
    ask: Callable[[AwsSession], object]


_ACCESS, _CHANGES = Sentence("access.on.access"), Sentence("access.on.changes")
# Harmless questions, one for each kind of thing the portal works with.
_PROBES = (
    _Probe(Sentence("access.on.environments"), "read stacks", lambda s: s.client("cloudformation").describe_stacks()),
    _Probe(Sentence("access.on.network"), "read networks", lambda s: s.client("ec2").describe_vpcs(MaxResults=5)),
    _Probe(Sentence("access.on.clusters"), "read clusters", lambda s: s.client("ecs").list_clusters(maxResults=1)),
    _Probe(
        Sentence("access.on.load_balancers"),
        "read load balancers",
        lambda s: s.client("elbv2").describe_load_balancers(PageSize=1),
    ),
    _Probe(
        Sentence("access.on.images"),
        "read image repositories",
        lambda s: s.client("ecr").describe_repositories(maxResults=1),
    ),
    _Probe(Sentence("access.on.logs"), "read log groups", lambda s: s.client("logs").describe_log_groups(limit=1)),
    _Probe(
        Sentence("access.on.hosts"),
        "read groups of hosts",
        lambda s: s.client("autoscaling").describe_auto_scaling_groups(MaxRecords=1),
    ),
)

# What making an environment and rolling out a service begins with; simulated, never done.
CHANGES = (
    "cloudformation:CreateChangeSet",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:DeleteStack",
    "ec2:CreateVpc",
    "ec2:CreateNatGateway",
    "ec2:CreateLaunchTemplate",
    "ec2:RunInstances",
    "autoscaling:CreateAutoScalingGroup",
    "ecs:CreateCluster",
    "ecs:CreateService",
    "ecs:UpdateService",
    "ecs:StopServiceDeployment",
    "ecs:UpdateTaskProtection",
    "ecs:RegisterTaskDefinition",
    "elasticloadbalancing:CreateLoadBalancer",
    "elasticloadbalancing:CreateRule",
    "elasticloadbalancing:SetRulePriorities",
    "ecr:CreateRepository",
    "ecr:BatchGetImage",
    "logs:CreateLogGroup",
)


def test_connection(session: AwsSession, expected_account_id: str) -> ConnectionReport:
    """Try the access for real; every failure is a check with its plain cause, never an exception."""
    try:
        account, arn = _who(session)
    except AwsProblem as problem:
        return ConnectionReport("", "", (Check(_ACCESS, ok=False, sentence=problem.sentence),))
    who = _right_account(account, expected_account_id)
    return ConnectionReport(account, arn, (who, *_permissions(session, arn)) if who.ok else (who,))


test_connection.__test__ = False  # type: ignore[attr-defined]  # the name looks like a test's


@asking_aws("enter this account")
def _who(session: AwsSession) -> tuple[str, str]:
    if isinstance(session.access, RoleAccess):
        assume(session)  # afresh: credentials taken earlier outlive a change of the role
    identity = session.client("sts").get_caller_identity()
    return identity["Account"], identity["Arn"]


def _right_account(account: str, expected: str) -> Check:
    if account == expected:
        return Check(_ACCESS, ok=True, sentence=Sentence("access.enters", account=account))
    sentence = Sentence("access.other_account", account=account, expected=expected)
    return Check(_ACCESS, ok=False, sentence=sentence)


def _permissions(session: AwsSession, arn: str) -> Iterator[Check]:
    for probe in _PROBES:
        yield _try(session, probe)
    yield _may_change(session, arn)


def _try(session: AwsSession, probe: _Probe) -> Check:
    try:
        with asking_aws(probe.operation):
            probe.ask(session)
    except AwsProblem as problem:
        return Check(probe.name, ok=False, sentence=problem.sentence)
    return Check(probe.name, ok=True, sentence=Sentence("access.may", operation=doing(probe.operation)))


def _may_change(session: AwsSession, arn: str) -> Check:
    if arn.endswith(":root"):  # AWS simulates no rights of the root user, who has all of them
        return Check(_CHANGES, ok=True, sentence=Sentence("access.root"))
    try:
        denied = _denied(session, arn)
    except AwsProblem as problem:
        if problem.code != "access_denied":
            return Check(_CHANGES, ok=False, sentence=problem.sentence)
        return Check(_CHANGES, ok=True, sentence=Sentence("access.changes_unknown"))
    if denied:
        missing = Sentence("access.changes_missing", actions=", ".join(denied))
        return Check(_CHANGES, ok=False, sentence=missing)
    return Check(_CHANGES, ok=True, sentence=Sentence("access.changes"))


@asking_aws("look at its own rights")
def _denied(session: AwsSession, arn: str) -> tuple[str, ...]:
    source = session.access.role_arn if isinstance(session.access, RoleAccess) else arn
    said = session.client("iam").simulate_principal_policy(
        PolicySourceArn=source, ActionNames=list(CHANGES), MaxItems=len(CHANGES)
    )
    return tuple(each["EvalActionName"] for each in said["EvaluationResults"] if each["EvalDecision"] != "allowed")


def new_external_id() -> str:
    """A secret between the portal and one customer: whoever guesses it could use their role through us."""
    return f"in4it-{secrets.token_hex(16)}"


def role_template(portal_account_id: str, external_id: str, role_name: str) -> str:
    """The CloudFormation template (YAML) that makes the portal's role; the customer only has to run it."""
    values = (
        ('"000000000000"', f'"{_safe(portal_account_id)}"'),
        ("external-id-of-the-customer", _safe(external_id)),
        ("in4it-portal", _safe(role_name)),
    )
    body = load("portal_role").body
    for placeholder, value in values:
        body = body.replace(f"Default: {placeholder}\n", f"Default: {value}\n")
    return body


def _safe(value: str) -> str:
    """Only what cannot change the meaning of the template."""
    if not re.fullmatch(r"[A-Za-z0-9-]{3,64}", value):
        message = f"not fit for a template: {value!r}"
        raise ValueError(message)
    return value
