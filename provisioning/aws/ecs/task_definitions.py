"""What a container needs to run; registered once for the same content."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from provisioning.aws.errors import accepting, asking_aws
from provisioning.aws.session import AwsSession

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ContainerDefinitionUnionTypeDef, HealthCheckOutputTypeDef

CONTENT_TAG = "in4it:content"


@dataclass(frozen=True)
class HealthCheck:
    """What the container is asked from within, in ECS's terms; all times in seconds.

    command: begins with CMD (run as it is) or CMD-SHELL (run by the container's shell); healthy when it ends with 0
    interval: between two checks, 5 to 300
    timeout: after which a check counts as failed, 2 to 60
    retries: failed checks in a row that make the task unhealthy, 1 to 10
    start_period: after the start, in which failed checks do not count, 0 to 300
    """

    command: tuple[str, ...]
    interval: int
    timeout: int
    retries: int
    start_period: int


@dataclass(frozen=True)
class TaskSpec:
    """`cpu` in 1/1024 of a core, `memory` in MiB (a container that needs more is killed)."""

    family: str
    image: str
    container_name: str
    port: int
    cpu: int
    memory: int
    environment: tuple[tuple[str, str], ...] = field(repr=False)  # may hold secrets
    log_group: str
    log_prefix: str
    execution_role_arn: str
    task_role_arn: str
    health_check: HealthCheck | None = None

    @property
    def content_hash(self) -> str:
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:32]


@asking_aws("describe the new version to the cluster")
def register_task_definition(session: AwsSession, spec: TaskSpec, *, may_be_known: bool = True) -> str:
    """The ARN of a revision with this content; where it may be known, the family's latest is used again if it has
    it."""
    return (_same_content(session, spec) if may_be_known else None) or _register(session, spec)


def _same_content(session: AwsSession, spec: TaskSpec) -> str | None:
    # AWS answers ClientException, a family without revisions being the only one possible here.
    with accepting("not_found", "invalid"), asking_aws("look for the task definition"):
        found = session.client("ecs").describe_task_definition(taskDefinition=spec.family, include=["TAGS"])
        tags = {tag["key"]: tag["value"] for tag in found.get("tags", [])}
        same = tags.get(CONTENT_TAG) == spec.content_hash
        return found["taskDefinition"]["taskDefinitionArn"] if same else None
    return None


def _register(session: AwsSession, spec: TaskSpec) -> str:
    made = session.client("ecs").register_task_definition(
        family=spec.family,
        networkMode="bridge",
        requiresCompatibilities=["EC2"],
        executionRoleArn=spec.execution_role_arn,
        taskRoleArn=spec.task_role_arn,
        containerDefinitions=[_container(spec, session.region)],
        tags=[{"key": CONTENT_TAG, "value": spec.content_hash}],
    )
    return made["taskDefinition"]["taskDefinitionArn"]


def _container(spec: TaskSpec, region: str) -> ContainerDefinitionUnionTypeDef:
    options = {
        "awslogs-group": spec.log_group,
        "awslogs-region": region,
        "awslogs-stream-prefix": spec.log_prefix,
    }
    container: ContainerDefinitionUnionTypeDef = {
        "name": spec.container_name,
        "image": spec.image,
        "essential": True,
        "cpu": spec.cpu,
        "memory": spec.memory,
        "portMappings": [{"containerPort": spec.port, "hostPort": 0, "protocol": "tcp"}],
        "environment": [{"name": name, "value": value} for name, value in spec.environment],
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }
    if spec.health_check:
        container["healthCheck"] = _health_check(spec.health_check)
    return container


def _health_check(check: HealthCheck) -> HealthCheckOutputTypeDef:
    """With every value: none is left to a default that may change."""
    return {
        "command": list(check.command),
        "interval": check.interval,
        "timeout": check.timeout,
        "retries": check.retries,
        "startPeriod": check.start_period,
    }
