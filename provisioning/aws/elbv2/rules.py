"""Rules of a listener: what they say, where they forward to, and their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provisioning.aws.errors import accepting, asking_aws
from provisioning.aws.session import AwsSession

if TYPE_CHECKING:
    from mypy_boto3_elbv2.type_defs import ActionOutputTypeDef, RuleConditionUnionTypeDef, RuleTypeDef


@dataclass(frozen=True)
class RuleConditions:
    """What a request must match; an empty field matches everything, but one must be filled."""

    paths: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """`only_these`: whether host and path are all it asks of a request. `target_groups`: all it can forward to."""

    arn: str
    priority: int
    conditions: RuleConditions = RuleConditions()
    only_these: bool = True
    target_groups: frozenset[str] = field(default_factory=frozenset)

    def says(self, wanted: RuleConditions) -> bool:
        return self.only_these and _sets(self.conditions) == _sets(wanted)


def _sets(conditions: RuleConditions) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(conditions.paths), frozenset(conditions.hosts)


@asking_aws("read the rules of the load balancer")
def rules(session: AwsSession, listener_arn: str) -> tuple[Rule, ...]:
    """All but the default rule, which has no place in their order."""
    pages = session.client("elbv2").get_paginator("describe_rules").paginate(ListenerArn=listener_arn)
    return tuple(_rule(said) for page in pages for said in page["Rules"] if said["Priority"].isdigit())


def _rule(said: RuleTypeDef) -> Rule:
    conditions = said.get("Conditions", [])
    return Rule(
        said["RuleArn"],
        int(said["Priority"]),
        RuleConditions(paths=_values(conditions, "path-pattern"), hosts=_values(conditions, "host-header")),
        only_these=all(each.get("Field") in {"path-pattern", "host-header"} for each in conditions),
        target_groups=frozenset(group for action in said.get("Actions", ()) for group in _forwards(action)),
    )


def _values(conditions: Sequence[RuleConditionUnionTypeDef], name: str) -> tuple[str, ...]:
    return tuple(value for said in conditions if said.get("Field") == name for value in _condition_values(said))


def _condition_values(said: RuleConditionUnionTypeDef) -> Sequence[str]:
    config = said.get("HostHeaderConfig") or said.get("PathPatternConfig") or {}
    return config.get("Values") or said.get("Values") or ()


def _forwards(action: ActionOutputTypeDef) -> frozenset[str]:
    """The target groups of an action: one, or several with weights."""
    weighted = action.get("ForwardConfig", {}).get("TargetGroups", ())
    named = (action.get("TargetGroupArn", ""), *(each.get("TargetGroupArn", "") for each in weighted))
    return frozenset(filter(None, named))


@asking_aws("route requests to the service")
def create_rule(
    session: AwsSession, listener_arn: str, target_group_arn: str, conditions: RuleConditions, priority: int
) -> Rule:
    """A priority that another rule took in the meantime is a problem with code "conflict": choose another."""
    made = session.client("elbv2").create_rule(
        ListenerArn=listener_arn,
        Priority=priority,
        Conditions=_conditions(conditions),
        Actions=[{"Type": "forward", "TargetGroupArn": target_group_arn}],
    )
    return _rule(made["Rules"][0])


@asking_aws("route requests to the service")
def change_rule(session: AwsSession, rule_arn: str, conditions: RuleConditions) -> None:
    """What it says; its place and its target groups stay."""
    session.client("elbv2").modify_rule(RuleArn=rule_arn, Conditions=_conditions(conditions))


def _conditions(conditions: RuleConditions) -> list[RuleConditionUnionTypeDef]:
    wanted: list[RuleConditionUnionTypeDef] = []
    if conditions.hosts:
        wanted.append({"Field": "host-header", "HostHeaderConfig": {"Values": list(conditions.hosts)}})
    if conditions.paths:
        wanted.append({"Field": "path-pattern", "PathPatternConfig": {"Values": list(conditions.paths)}})
    return wanted


@asking_aws("put the routes of the load balancer in their order")
def set_priorities(session: AwsSession, priorities: Mapping[str, int]) -> None:
    """The priorities of these rules (by ARN), all at the same moment; others keep theirs."""
    wanted = [{"RuleArn": arn, "Priority": priority} for arn, priority in priorities.items()]
    session.client("elbv2").set_rule_priorities(RulePriorities=wanted)  # type: ignore[arg-type]


def delete_rule(session: AwsSession, rule_arn: str) -> None:
    with accepting("not_found"), asking_aws("remove the route to the service"):
        session.client("elbv2").delete_rule(RuleArn=rule_arn)
