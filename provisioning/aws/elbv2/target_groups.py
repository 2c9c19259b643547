"""Target groups: found many at a time by name, made with all their settings, and what they say of their targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal, TypedDict

from portal.core.sentences import Sentence
from provisioning.aws.errors import AwsProblem, accepting, asking_aws
from provisioning.aws.session import AwsSession

if TYPE_CHECKING:
    from mypy_boto3_elbv2.type_defs import (
        MatcherTypeDef,
        TargetGroupAttributeTypeDef,
        TargetGroupTypeDef,
        TargetHealthDescriptionTypeDef,
    )

GROUPS_PER_CALL = 20


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
class TargetGroup:
    """One that exists; `health` are its settings of the health check, in AWS's words."""

    arn: str
    name: str
    vpc_id: str
    health: dict[str, object]

    def fits(self, spec: TargetGroupSpec) -> bool:
        """Whether it checks the health of its targets as wanted."""
        return all(self.health.get(key) == value for key, value in _health(spec).items())


@dataclass(frozen=True)
class TargetState:
    """`state` is initial, healthy, unhealthy, unused, draining or unavailable."""

    id: str
    port: int
    availability_zone: str
    state: str
    reason: str
    description: str


@asking_aws("look for the target groups")
def target_groups(session: AwsSession, names: Sequence[str]) -> dict[str, TargetGroup]:
    """By name, twenty a call; those that do not exist are absent."""
    batches = (names[at : at + GROUPS_PER_CALL] for at in range(0, len(names), GROUPS_PER_CALL))
    found = map(_group, chain.from_iterable(_described(session, batch) for batch in batches))
    return {group.name: group for group in found}


def _described(session: AwsSession, names: Sequence[str]) -> list[TargetGroupTypeDef]:
    """One missing name fails AWS's answer for all of them: then each half is asked for by itself."""
    with accepting("not_found"), asking_aws("look for the target groups"):
        return session.client("elbv2").describe_target_groups(Names=list(names))["TargetGroups"]
    half = len(names) // 2
    return [*_described(session, names[:half]), *_described(session, names[half:])] if half else []


def _group(said: TargetGroupTypeDef) -> TargetGroup:
    return TargetGroup(said["TargetGroupArn"], said["TargetGroupName"], said.get("VpcId", ""), dict(said))


@asking_aws("prepare the load balancer for the service")
def create_target_group(session: AwsSession, spec: TargetGroupSpec) -> str:
    """The ARN of a target group with exactly these settings, to which one of that name is brought if it exists."""
    with accepting("already_exists"), asking_aws("prepare the load balancer for the service"):
        made = _create(session, spec)
        _send_delay(session, made, spec)
        return made
    found = target_groups(session, (spec.name,)).get(spec.name)
    if found is None:
        raise AwsProblem("not_yet", "prepare the load balancer for the service", spec.name)
    change_target_group(session, found, spec)
    _send_delay(session, found.arn, spec)
    return found.arn


def _create(session: AwsSession, spec: TargetGroupSpec) -> str:
    made = session.client("elbv2").create_target_group(
        Name=spec.name,
        Protocol="HTTP",
        Port=spec.port,
        VpcId=spec.vpc_id,
        TargetType=spec.target_type,
        **_health(spec),
    )
    return made["TargetGroups"][0]["TargetGroupArn"]


@asking_aws("prepare the load balancer for the service")
def change_target_group(session: AwsSession, found: TargetGroup, spec: TargetGroupSpec) -> None:
    """Brings its health check to the settings; nothing is asked when it has them."""
    if found.vpc_id not in {"", spec.vpc_id}:
        sentence = Sentence("aws.target_group_elsewhere", name=spec.name)
        raise AwsProblem("conflict", "prepare the load balancer", found.arn, sentence)
    if not found.fits(spec):
        session.client("elbv2").modify_target_group(TargetGroupArn=found.arn, **_health(spec))


def _send_delay(session: AwsSession, arn: str, spec: TargetGroupSpec) -> None:
    session.client("elbv2").modify_target_group_attributes(TargetGroupArn=arn, Attributes=[_delay(spec)])


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


def _delay(spec: TargetGroupSpec) -> TargetGroupAttributeTypeDef:
    return {"Key": "deregistration_delay.timeout_seconds", "Value": str(spec.deregistration_delay)}


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


def delete_target_group(session: AwsSession, target_group_arn: str) -> None:
    """Its rules must be gone first; otherwise a problem with code "conflict"."""
    with accepting("not_found"), asking_aws("remove the service from the load balancer"):
        session.client("elbv2").delete_target_group(TargetGroupArn=target_group_arn)
