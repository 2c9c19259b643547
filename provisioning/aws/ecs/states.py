"""What ECS says about a service, in our own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import DeploymentTypeDef, ServiceTypeDef


@dataclass(frozen=True)
class DeploymentState:
    id: str
    status: str
    task_definition: str
    rollout_state: str
    rollout_reason: str
    desired: int
    running: int
    pending: int
    failed: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class ServiceEvent:
    id: str
    at: datetime
    message: str


@dataclass(frozen=True)
class ServiceState:
    """`status` is ACTIVE, DRAINING or INACTIVE; events come newest first."""

    arn: str
    name: str
    status: str
    task_definition: str
    desired: int
    running: int
    pending: int
    deployments: tuple[DeploymentState, ...]
    events: tuple[ServiceEvent, ...]
    target_group_arns: tuple[str, ...]
    service_deployment_arn: str = ""  # ECS's record of the rollout it works on, or worked on last

    @property
    def primary(self) -> DeploymentState | None:
        """The deployment ECS works towards: found by status, never by place."""
        return next((each for each in self.deployments if each.status == "PRIMARY"), None)


def service_state(said: ServiceTypeDef) -> ServiceState:
    return ServiceState(
        arn=said["serviceArn"],
        name=said["serviceName"],
        status=said["status"],
        task_definition=said.get("taskDefinition", ""),
        desired=said.get("desiredCount", 0),
        running=said.get("runningCount", 0),
        pending=said.get("pendingCount", 0),
        deployments=tuple(map(_deployment, said.get("deployments", ()))),
        events=tuple(ServiceEvent(e["id"], e["createdAt"], e["message"]) for e in said.get("events", ())),
        target_group_arns=tuple(lb.get("targetGroupArn", "") for lb in said.get("loadBalancers", ())),
        service_deployment_arn=said.get("currentServiceDeployment", ""),
    )


def _deployment(said: DeploymentTypeDef) -> DeploymentState:
    return DeploymentState(
        id=said["id"],
        status=said["status"],
        task_definition=said["taskDefinition"],
        rollout_state=said.get("rolloutState", ""),
        rollout_reason=said.get("rolloutStateReason", ""),
        desired=said.get("desiredCount", 0),
        running=said.get("runningCount", 0),
        pending=said.get("pendingCount", 0),
        failed=said.get("failedTasks", 0),
        created_at=said["createdAt"],
        updated_at=said["updatedAt"],
    )
