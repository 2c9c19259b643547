"""A task as a target of its service's load balancers: registered when it runs, withdrawn before it stops."""

import zlib

from provisioning.localaws.ecs import events
from provisioning.localaws.ecs.records import Record, add_event
from provisioning.localaws.ecs.view import targets_of
from provisioning.localaws.elbv2 import targets
from provisioning.localaws.elbv2.targets import SIMULATED, Target


def enter(task: Record, service: Record) -> None:
    """Register the running task in the target groups that its service has now."""
    task["_wanted_targets"] = len(service["loadBalancers"])
    for block in service["loadBalancers"]:
        address = _address(task, block.get("containerName", ""), int(block.get("containerPort", 80)))
        if address and block.get("targetGroupArn"):
            target = Target(block["targetGroupArn"], *address)
            targets.register(target, task["availabilityZone"])
            task["_targets"].append(list(target))
            add_event(service, events.registered(target.group))


def withdraw(task: Record, service: Record | None) -> None:
    """Give it no more requests; those under way may finish."""
    found = targets_of(task)
    for target in found:
        targets.deregister(target)
        if service:
            add_event(service, events.deregistered(target.group))
    if found and service:
        add_event(service, events.draining())


def are_drained(task: Record) -> bool:
    return all(targets.is_drained(target) for target in targets_of(task))


def describe_unhealthy(task: Record, service: Record) -> None:
    """Say in the service's events which target failed its checks, and how."""
    for target in targets_of(task):
        health = targets.health(target)
        if health.state == "unhealthy":
            message = events.unhealthy(task["taskArn"], target.port, target.group, health.description)
            add_event(service, message)


def _address(task: Record, container: str, port: int) -> tuple[str, int] | None:
    """Host and published port, as with instance targets; the container's own address without published ports."""
    for each in task["containers"]:
        if container in ("", each["name"]):
            for binding in each["networkBindings"]:
                if binding["containerPort"] == port:
                    return "127.0.0.1", int(binding["hostPort"])
            if each.get("_address"):
                return each["_address"], port
    if task.get("_simulated"):
        return SIMULATED, zlib.crc32(task["taskArn"].encode()) % 60_000 + 1024
    return None
