"""Which address a task has in its service's target groups: host and published port, as with instance targets."""

import zlib
from typing import Any

from ministack.core.concurrency import resource_lock
from ministack.services import alb, ecs

from provisioning.localaws.checks import Reaches
from provisioning.localaws.health import Key
from provisioning.localaws.simulated import SIMULATED
from provisioning.localaws.traffic import drain

REACHES = (
    Reaches("ministack.core.concurrency", ("resource_lock",)),
    Reaches("ministack.services.alb", ("_targets", "_tgs")),
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


def keys_of(service: dict[str, Any], task: Task) -> list[Key]:
    """The task's targets, one for each load balancer block of its service."""
    found = []
    for block in service.get("loadBalancers") or []:
        address = _address(task, block.get("containerName", ""), int(block.get("containerPort", 80)))
        if address:
            found.append((block["targetGroupArn"], *address))
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
    running = _running_tasks(service)
    for task in running:
        task["_target_keys"] = keys_of(service, task)
    published = service.setdefault("_published_targets", {})
    for block in service.get("loadBalancers") or []:
        arn = block.get("targetGroupArn")
        if arn not in alb._tgs:
            continue
        with resource_lock("elbv2-targets", arn):
            mine = [[host, port] for task in running for group, host, port in task["_target_keys"] if group == arn]
            former = published.get(arn, []) + mine
            others = [each for each in alb._targets.get(arn, []) if [each["Id"], each.get("Port")] not in former]
            alb._targets[arn] = others + [{"Id": host, "Port": port} for host, port in mine]
            published[arn] = mine


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
        drain([(group, host, port) for group, host, port in task.pop("_target_keys", [])])
        original(task, *args)

    ecs._cleanup_task_resources = cleanup
