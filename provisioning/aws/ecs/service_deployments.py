"""ECS's own records of rollouts: how each one goes, how it ended and why; kept after it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from provisioning.aws.errors import accepting, asking_aws
from provisioning.aws.session import AwsSession

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceDeploymentTypeDef

RECORDS_PER_CALL = 20


@dataclass(frozen=True)
class ServiceDeployment:
    """`status` is one of AWS's ServiceDeploymentStatus; `reason` is why it went back, in ECS's words."""

    arn: str
    status: str
    reason: str = ""

    @property
    def is_under_way(self) -> bool:
        return self.status in {"PENDING", "IN_PROGRESS"}

    @property
    def succeeded(self) -> bool:
        return self.status == "SUCCESSFUL"

    @property
    def goes_back(self) -> bool:
        """Whether ECS brings back by itself what served before, or has done so."""
        return self.status in {"STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"}


@asking_aws("read how the rollouts go")
def describe_service_deployments(session: AwsSession, arns: Sequence[str]) -> dict[str, ServiceDeployment]:
    """By ARN, twenty a call; records that ECS does not know are absent."""
    batches = (arns[at : at + RECORDS_PER_CALL] for at in range(0, len(arns), RECORDS_PER_CALL))
    return {each.arn: each for each in chain.from_iterable(_describe(session, batch) for batch in batches)}


def _describe(session: AwsSession, arns: Sequence[str]) -> tuple[ServiceDeployment, ...]:
    said = session.client("ecs").describe_service_deployments(serviceDeploymentArns=list(arns))
    return tuple(map(_record, said["serviceDeployments"]))


def _record(said: ServiceDeploymentTypeDef) -> ServiceDeployment:
    reason = said.get("rollback", {}).get("reason", "") or said.get("statusReason", "")
    return ServiceDeployment(said["serviceDeploymentArn"], said["status"], reason)


def stop_service_deployment(session: AwsSession, arn: str) -> None:
    """Has ECS go back to what served before; one that is over or being stopped already is left alone."""
    with accepting("not_found", "conflict"), asking_aws("stop the rollout"):
        session.client("ecs").stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
