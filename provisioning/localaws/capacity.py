"""A rollout that has to stop old tasks for room waits until every running task is known to be healthy.

MiniStack counts any running task towards minimumHealthyPercent, so that two unhealthy ones could replace all the good.
"""

from typing import Any

from ministack.services import ecs

from provisioning.localaws.checks import Reaches
from provisioning.localaws.task_health import is_healthy

REACHES = (
    Reaches(
        "ministack.services.ecs",
        (
            "_reconcile_service_tasks",
            "_refresh_service_state",
            "_primary_deployment",
            "_deployment_for_task",
            "_services",
            "_tasks",
            "_PRE_STOP_STATUSES",
        ),
    ),
)


def install() -> None:
    original = ecs._reconcile_service_tasks

    def reconcile(cluster: str, service_key: str) -> None:
        service = ecs._services.get(service_key)
        if service and _must_wait(service):
            # The verdict on the task in question, either way, brings MiniStack here again.
            ecs._refresh_service_state(cluster, f"service:{service['serviceName']}")
        else:
            original(cluster, service_key)

    ecs._reconcile_service_tasks = reconcile


def _must_wait(service: dict[str, Any]) -> bool:
    primary = ecs._primary_deployment(service)
    if not primary or primary.get("rolloutState") != "IN_PROGRESS":
        return False
    tasks = live_tasks(service)
    desired = int(service.get("desiredCount", 0))
    wanted = desired - sum(1 for task in tasks if ecs._deployment_for_task(service, task) is primary)
    percent = int((service.get("deploymentConfiguration") or {}).get("maximumPercent", 200))
    room = max(1, desired * percent // 100) - len(tasks)
    return 0 < wanted > room and any(_unproven(service, task) for task in tasks)


def _unproven(service: dict[str, Any], task: dict[str, Any]) -> bool:
    return task["lastStatus"] == "RUNNING" and not is_healthy(service, task)


def live_tasks(service: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        task
        for task in list(ecs._tasks.values())
        if task.get("group") == f"service:{service['serviceName']}"
        and task.get("clusterArn") == service.get("clusterArn")
        and task.get("lastStatus") in ecs._PRE_STOP_STATUSES
    ]
