"""Running and stopped tasks of a service, and their protection from being stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Literal

from provisioning.aws.errors import AwsProblem, accepting, asking_aws
from provisioning.aws.session import AwsSession

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ContainerTypeDef, FailureTypeDef, TaskTypeDef

TASKS_PER_CALL = 100
PROTECTED_PER_CALL = 10
PROTECTING = "change which tasks are protected from being stopped"


@dataclass(frozen=True)
class TaskState:
    arn: str
    task_definition: str
    last_status: str
    health: str
    stopped_reason: str
    stop_code: str
    exit_code: int | None
    container_reason: str
    created_at: datetime | None
    started_at: datetime | None
    stopped_at: datetime | None  # when it ended, or was told to: a task that drains stands for a while between
    availability_zone: str


@asking_aws("list the tasks of the service")
def list_tasks(
    session: AwsSession, cluster: str, service: str, desired_status: Literal["RUNNING", "STOPPED"]
) -> tuple[TaskState, ...]:
    """The service's tasks that run (or start), or those that stopped: ECS forgets these in about an hour."""
    with accepting("not_found"), asking_aws("list the tasks of the service"):
        arns = list(_task_arns(session, cluster, service, desired_status))
        batches = (arns[at : at + TASKS_PER_CALL] for at in range(0, len(arns), TASKS_PER_CALL))
        return tuple(chain.from_iterable(describe_tasks(session, cluster, batch) for batch in batches))
    return ()


def running_task_arns(session: AwsSession, cluster: str, service: str) -> tuple[str, ...]:
    """Those of the service's tasks that run (or start); none when ECS does not know the service."""
    with accepting("not_found"), asking_aws("list the tasks of the service"):
        return tuple(_task_arns(session, cluster, service, "RUNNING"))
    return ()


def _task_arns(
    session: AwsSession, cluster: str, service: str, desired_status: Literal["RUNNING", "STOPPED"]
) -> Iterator[str]:
    pages = session.client("ecs").get_paginator("list_tasks")
    for page in pages.paginate(cluster=cluster, serviceName=service, desiredStatus=desired_status):
        yield from page["taskArns"]


@asking_aws("read the state of the tasks")
def describe_tasks(session: AwsSession, cluster: str, arns: Sequence[str]) -> tuple[TaskState, ...]:
    """At most 100 a call; tasks that ECS has forgotten are absent."""
    return tuple(map(_task, session.client("ecs").describe_tasks(cluster=cluster, tasks=list(arns))["tasks"]))


def _task(said: TaskTypeDef) -> TaskState:
    empty: ContainerTypeDef = {}
    container = next(iter(said.get("containers", ())), empty)
    return TaskState(
        arn=said["taskArn"],
        task_definition=said.get("taskDefinitionArn", ""),
        last_status=said.get("lastStatus", ""),
        health=said.get("healthStatus", "UNKNOWN"),
        stopped_reason=said.get("stoppedReason", ""),
        stop_code=said.get("stopCode", ""),
        exit_code=container.get("exitCode"),
        container_reason=container.get("reason", ""),
        created_at=said.get("createdAt"),
        started_at=said.get("startedAt"),
        stopped_at=said.get("stoppingAt") or said.get("stoppedAt"),
        availability_zone=said.get("availabilityZone", ""),
    )


@asking_aws(PROTECTING)
def protect_tasks(session: AwsSession, cluster: str, arns: Sequence[str], minutes: int) -> None:
    """For so long, from 1 to 2880, no deployment and no scale-in stops them. Tasks that are gone are left alone."""
    for batch in _to_protect(arns):
        said = session.client("ecs").update_task_protection(
            cluster=cluster, tasks=batch, protectionEnabled=True, expiresInMinutes=minutes
        )
        _check(said["failures"])


@asking_aws(PROTECTING)
def release_tasks(session: AwsSession, cluster: str, arns: Sequence[str]) -> None:
    """A deployment may stop them again, at once. Tasks that are gone are left alone."""
    for batch in _to_protect(arns):
        said = session.client("ecs").update_task_protection(cluster=cluster, tasks=batch, protectionEnabled=False)
        _check(said["failures"])


def _to_protect(arns: Sequence[str]) -> Iterator[list[str]]:
    return (list(arns[at : at + PROTECTED_PER_CALL]) for at in range(0, len(arns), PROTECTED_PER_CALL))


def _check(failures: Iterable[FailureTypeDef]) -> None:
    """Raises AwsProblem for tasks that stand and were not changed."""
    for each in failures:
        reason = each.get("reason", "")
        if reason != "MISSING":
            code = "conflict" if reason == "DEPLOYMENT_BLOCKED" else "refused"
            raise AwsProblem(code, PROTECTING, f"{reason}: {each.get('detail') or each.get('arn', '')}")
