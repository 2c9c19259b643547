"""Target groups and listener rules of the public load balancer: changed in place, never made again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict

from provisioning.aws.errors import AwsProblem, accepting, asking_aws
from provisioning.aws.session import AwsSession

if TYPE_CHECKING:
    from mypy_boto3_elbv2.type_defs import (
        ActionTypeDef,
        MatcherTypeDef,
        RuleConditionUnionTypeDef,
        RuleTypeDef,
        TargetGroupAttributeTypeDef,
        TargetGroupTypeDef,
        TargetHealthDescriptionTypeDef,
    )


@dataclass(frozen=True)
class TargetGroupSpec:
    """Times are in seconds. `port` only matters where a target brings none of its own."""

    name: str
    vpc_id: str
    port: int = 80
    health_path: str = "/"
    health_codes: str = "200-399"
    interval: int = 10
    timeout: int = 5
    healthy_threshold: int = 2
    unhealthy_threshold: int = 3
    deregistration_delay: int = 30
    target_type: Literal["instance", "ip"] = "instance"


@dataclass(frozen=True)
class RuleConditions:
    """What a request must match; an empty field matches everything, but one must be filled."""

    paths: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    arn: str
    priority: int


@dataclass(frozen=True)
class TargetState:
    """`state` is initial, healthy, unhealthy, unused, draining or unavailable."""

    id: str
    port: int
    availability_zone: str
    state: str
    reason: str
    description: str


@asking_aws("prepare the load balancer for the service")
def ensure_target_group(session: AwsSession, spec: TargetGroupSpec) -> str:
    """The ARN of the target group of that name, with exactly these settings."""
    client = session.client("elbv2")
    found = _target_group(session, spec.name)
    if found is None:
        arn = _create_target_group(session, spec)
    else:
        arn = found["TargetGroupArn"]
        _refuse_other_network(found, spec)
        if not _has(found, _health(spec)):
            client.modify_target_group(TargetGroupArn=arn, **_health(spec))
    client.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[_delay(spec)])
    return arn


def _target_group(session: AwsSession, name: str) -> TargetGroupTypeDef | None:
    with accepting("not_found"), asking_aws("look for the target group"):
        found = session.client("elbv2").describe_target_groups(Names=[name])["TargetGroups"]
        return found[0] if found else None
    return None


def _create_target_group(session: AwsSession, spec: TargetGroupSpec) -> str:
    made = session.client("elbv2").create_target_group(
        Name=spec.name,
        Protocol="HTTP",
        Port=spec.port,
        VpcId=spec.vpc_id,
        TargetType=spec.target_type,
        **_health(spec),
    )
    return made["TargetGroups"][0]["TargetGroupArn"]


class _Health(TypedDict):
    HealthCheckProtocol: Literal["HTTP"]
    HealthCheckPath: str
    HealthCheckIntervalSeconds: int
    HealthCheckTimeoutSeconds: int
    HealthyThresholdCount: int
    UnhealthyThresholdCount: int
    Matcher: MatcherTypeDef


def _health(spec: TargetGroupSpec) -> _Health:
    return {
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPath": spec.health_path,
        "HealthCheckIntervalSeconds": spec.interval,
        "HealthCheckTimeoutSeconds": spec.timeout,
        "HealthyThresholdCount": spec.healthy_threshold,
        "UnhealthyThresholdCount": spec.unhealthy_threshold,
        "Matcher": {"HttpCode": spec.health_codes},
    }


def _has(said: TargetGroupTypeDef, wanted: _Health) -> bool:
    return all(said.get(key) == value for key, value in wanted.items())


def _delay(spec: TargetGroupSpec) -> TargetGroupAttributeTypeDef:
    return {"Key": "deregistration_delay.timeout_seconds", "Value": str(spec.deregistration_delay)}


def _refuse_other_network(said: TargetGroupTypeDef, spec: TargetGroupSpec) -> None:
    if said.get("VpcId", spec.vpc_id) != spec.vpc_id:
        sentence = (
            f"A target group named {spec.name} exists already in another network of this account. "
            "Remove it, or give the service another name."
        )
        raise AwsProblem("conflict", "prepare the load balancer", said["TargetGroupArn"], sentence)


@asking_aws("route requests to the service")
def ensure_rule(
    session: AwsSession, listener_arn: str, target_group_arn: str, conditions: RuleConditions, priority: int
) -> Rule:
    """The listener's rule for this target group; `priority` is for a new one, an existing one keeps its own.

    A priority that another rule took in the meantime is a problem with code "conflict": choose another.
    """
    client = session.client("elbv2")
    wanted = _conditions(conditions)
    found = next((r for r in _rules(session, listener_arn) if target_group_arn in _targets(r)), None)
    if found is None:
        made = client.create_rule(
            ListenerArn=listener_arn,
            Priority=priority,
            Conditions=wanted,
            Actions=[_forward(target_group_arn)],
        )
        return _rule(made["Rules"][0])
    if _values(found["Conditions"]) != _values(wanted):
        client.modify_rule(RuleArn=found["RuleArn"], Conditions=wanted)
    return _rule(found)


def _conditions(conditions: RuleConditions) -> list[RuleConditionUnionTypeDef]:
    wanted: list[RuleConditionUnionTypeDef] = []
    if conditions.hosts:
        wanted.append({"Field": "host-header", "HostHeaderConfig": {"Values": list(conditions.hosts)}})
    if conditions.paths:
        wanted.append({"Field": "path-pattern", "PathPatternConfig": {"Values": list(conditions.paths)}})
    return wanted


def _values(conditions: Sequence[RuleConditionUnionTypeDef]) -> dict[str, set[str]]:
    return {said["Field"]: _condition_values(said) for said in conditions}


def _condition_values(said: RuleConditionUnionTypeDef) -> set[str]:
    config = said.get("HostHeaderConfig") or said.get("PathPatternConfig") or {}
    return set(config.get("Values") or said.get("Values") or ())


def _forward(target_group_arn: str) -> ActionTypeDef:
    return {"Type": "forward", "TargetGroupArn": target_group_arn}


def _targets(rule: RuleTypeDef) -> set[str]:
    return {action.get("TargetGroupArn", "") for action in rule["Actions"]}


def _rule(said: RuleTypeDef) -> Rule:
    return Rule(said["RuleArn"], int(said["Priority"]))


def _rules(session: AwsSession, listener_arn: str) -> Iterator[RuleTypeDef]:
    pages = session.client("elbv2").get_paginator("describe_rules").paginate(ListenerArn=listener_arn)
    return (rule for page in pages for rule in page["Rules"])


@asking_aws("read the rules of the load balancer")
def used_priorities(session: AwsSession, listener_arn: str) -> frozenset[int]:
    """Priorities that are taken; the listener's default rule has none."""
    found = (rule["Priority"] for rule in _rules(session, listener_arn))
    return frozenset(int(priority) for priority in found if priority.isdigit())


@asking_aws("read the health of the service")
def target_health(session: AwsSession, target_group_arn: str) -> tuple[TargetState, ...]:
    found = session.client("elbv2").describe_target_health(TargetGroupArn=target_group_arn)
    return tuple(map(_target_state, found["TargetHealthDescriptions"]))


def _target_state(said: TargetHealthDescriptionTypeDef) -> TargetState:
    target, health = said["Target"], said.get("TargetHealth", {})
    return TargetState(
        id=target["Id"],
        port=target.get("Port", 0),
        availability_zone=target.get("AvailabilityZone", ""),
        state=health.get("State", "initial"),
        reason=health.get("Reason", ""),
        description=health.get("Description", ""),
    )


def delete_rule(session: AwsSession, rule_arn: str) -> None:
    with accepting("not_found"), asking_aws("remove the route to the service"):
        session.client("elbv2").delete_rule(RuleArn=rule_arn)


def delete_target_group(session: AwsSession, target_group_arn: str) -> None:
    """Its rules must be gone first; otherwise a problem with code "conflict"."""
    with accepting("not_found"), asking_aws("remove the service from the load balancer"):
        session.client("elbv2").delete_target_group(TargetGroupArn=target_group_arn)
