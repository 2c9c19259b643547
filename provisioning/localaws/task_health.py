"""A task's health: its targets' and its containers' own. An unhealthy task of a service is stopped and replaced."""

import time
from collections.abc import Iterator
from typing import Any

from ministack.services import ecs

from provisioning.localaws.checks import Reaches
from provisioning.localaws.containers import checked_containers
from provisioning.localaws.elbv2 import targets
from provisioning.localaws.targets import targets_of

REACHES = (
    Reaches(
        "ministack.services.ecs",
        (
            "_maybe_mark_stopped",
            "_mark_task_stopped",
            "_task_is_active",
            "_cleanup_task_resources",
            "_services",
            "_cluster_name_from_arn",
            "_iso",
        ),
    ),
)

LONGEST_GRACE = 5.0  # seconds; AWS's healthCheckGracePeriodSeconds is usually a minute or more
INSPECT_EVERY = 0.5  # seconds

Task = dict[str, Any]


def install() -> None:
    original = ecs._maybe_mark_stopped

    def watch(task: Task, docker_client: Any = None) -> None:
        original(task, docker_client)
        # Only the task's own watcher passes a client; an API call must not stop tasks.
        if docker_client and ecs._task_is_active(task["taskArn"], task) and task.get("lastStatus") == "RUNNING":
            _inspect(task, docker_client)
            _stop_if_unhealthy(task, docker_client)

    ecs._maybe_mark_stopped = watch


def service_of(task: Task) -> dict[str, Any] | None:
    cluster = ecs._cluster_name_from_arn(task.get("clusterArn", ""))
    kind, _, name = task.get("group", "").partition(":")
    service: dict[str, Any] | None = ecs._services.get(f"{cluster}/{name}") if kind == "service" else None
    return service


def problem(service: dict[str, Any], task: Task) -> str:
    """Why the task counts as unhealthy, in ECS's words; empty when it does not."""
    return next(_problems(service, task), "")


def is_healthy(service: dict[str, Any], task: Task) -> bool:
    """Whether every check that applies to the task has passed."""
    own = targets_of(service, task)
    reachable = len(own) == len(service.get("loadBalancers") or [])
    healthy = all(targets.health(target).state == "healthy" for target in own)
    return reachable and healthy and all(each == "HEALTHY" for each in _container_states(task).values())


def _problems(service: dict[str, Any], task: Task) -> Iterator[str]:
    for target in targets_of(service, task):
        if targets.health(target).state == "unhealthy":
            yield f"Task failed ELB health checks in (target-group {target.group})"
    if "UNHEALTHY" in _container_states(task).values():
        yield "Task failed container health checks"


def _container_states(task: Task) -> dict[str, str]:
    checked = checked_containers(task)
    return {each["name"]: each["healthStatus"] for each in task["containers"] if each["name"] in checked}


def _inspect(task: Task, docker_client: Any) -> None:
    """Copy Docker's verdict on containers that have a health check to the task."""
    checked = checked_containers(task)
    if not checked or time.monotonic() < task.get("_inspect_due", 0):
        return
    task["_inspect_due"] = time.monotonic() + INSPECT_EVERY
    for record, docker_id in zip(task["containers"], task.get("_docker_ids", []), strict=False):
        if record["name"] in checked:
            state = docker_client.containers.get(docker_id).attrs["State"]
            record["healthStatus"] = {"healthy": "HEALTHY", "unhealthy": "UNHEALTHY"}.get(
                state.get("Health", {}).get("Status", ""), "UNKNOWN"
            )
    task["healthStatus"] = _worst(set(_container_states(task).values()))


def _worst(states: set[str]) -> str:
    return next((state for state in ("UNHEALTHY", "UNKNOWN", "HEALTHY") if state in states), "UNKNOWN")


def _stop_if_unhealthy(task: Task, docker_client: Any) -> None:
    service = service_of(task)
    if not service or service.get("status") != "ACTIVE" or _in_grace(service, task):
        return
    why = problem(service, task)
    if why:
        # This stop code is the one that MiniStack counts as a failure of the deployment.
        ecs._mark_task_stopped(task["taskArn"], task, why, "TaskFailedToStart")
        task["stopCode"] = "ServiceSchedulerInitiated"
        ecs._cleanup_task_resources(task, docker_client)


def _in_grace(service: dict[str, Any], task: Task) -> bool:
    grace = min(float(service.get("healthCheckGracePeriodSeconds") or 0), LONGEST_GRACE)
    began = task.setdefault("_running_since", time.monotonic())
    return time.monotonic() - float(began) < grace
