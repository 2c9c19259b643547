"""Which address a task has in its service's target groups: host and published port, as with instance targets."""

import time
import zlib
from typing import Any

from ministack.services import ecs

from provisioning.localaws.checks import Reaches
from provisioning.localaws.elbv2 import targets
from provisioning.localaws.elbv2.targets import SIMULATED, Target

REACHES = (
    Reaches(
        "ministack.services.ecs",
        ("_sync_service_targets", "_cleanup_task_resources", "_tasks", "_task_ip"),
    ),
)

Task = dict[str, Any]
Address = tuple[str, int]


def install() -> None:
    ecs._sync_service_targets = _sync_service_targets
    _drain_before_stopping()


def targets_of(service: dict[str, Any], task: Task) -> list[Target]:
    """The task's targets, one for each load balancer block of its service."""
    found = []
    for block in service.get("loadBalancers") or []:
        address = _address(task, block.get("containerName", ""), int(block.get("containerPort", 80)))
        if address:
            found.append(Target(block["targetGroupArn"], *address))
    return found


def _address(task: Task, container: str, port: int) -> Address | None:
    for each in task.get("containers", []):
        if container in ("", each["name"]):
            for binding in each.get("networkBindings") or []:
                if binding["containerPort"] == port:
                    return "127.0.0.1", int(binding["hostPort"])
    if task.get("_simulated"):
        return SIMULATED, zlib.crc32(task["taskArn"].encode()) % 60_000 + 1024
    ip = ecs._task_ip(task)
    return (ip, port) if ip else None


def _sync_service_targets(cluster: str, service: dict[str, Any]) -> None:
    """Register the service's running tasks and withdraw its former ones; other registrations stay."""
    running = {target: task for task in _running_tasks(service) for target in targets_of(service, task)}
    for target, task in running.items():
        task["_targets"] = targets_of(service, task)
        targets.register(target, task.get("availabilityZone") or f"{target.group.split(':')[3]}a")
    for former in (Target(*each) for each in service.get("_published_targets", [])):  # lists, once saved and restored
        if former not in running:
            targets.deregister(former)
    service["_published_targets"] = list(running)


def _running_tasks(service: dict[str, Any]) -> list[Task]:
    if service.get("status") != "ACTIVE":
        return []
    return [
        task
        for task in list(ecs._tasks.values())
        if task.get("group") == f"service:{service['serviceName']}"
        and task.get("clusterArn") == service.get("clusterArn")
        and task.get("lastStatus") == "RUNNING"
    ]


def _drain_before_stopping() -> None:
    original = ecs._cleanup_task_resources

    def cleanup(task: Task, *args: Any) -> None:
        own = task.pop("_targets", [])
        for target in own:
            targets.deregister(target)
        while not all(map(targets.is_drained, own)):
            time.sleep(0.02)
        original(task, *args)

    ecs._cleanup_task_resources = cleanup
