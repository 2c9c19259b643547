"""What Docker is asked for a container definition of ECS. Pure."""

import math
from collections.abc import Mapping
from typing import Any

from provisioning.localaws.ecs.runtimes.base import Container

NANOSECONDS = 1_000_000_000
MEBIBYTE = 1024 * 1024
SHORTEST_INTERVAL = 1.0  # seconds between the checks of a container
PATIENCE = 15.0  # seconds for which they may fail; on AWS 90 by default
SMALLEST_MEMORY = 6 * MEBIBYTE  # Docker refuses less

Definition = Mapping[str, Any]


def of(container: Container, labels: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of docker-py's containers.create."""
    definition = container.definition
    asked = {
        "image": definition["image"],
        "name": container.name,
        "detach": True,
        "environment": dict(container.environment),
        "labels": dict(labels),
        "command": definition.get("command") or None,
        "privileged": bool(definition.get("privileged")),
        "read_only": bool(definition.get("readonlyRootFilesystem")),
    }
    return asked | _network(container) | _limits(definition) | _program(definition)


def _network(container: Container) -> dict[str, Any]:
    if container.host_network:
        return {"network_mode": "host"}
    return {
        "ports": loopback_ports(container.definition),
        "extra_hosts": {"host.docker.internal": "host-gateway"},
    }


def loopback_ports(definition: Definition) -> dict[str, tuple[str, int | None]]:
    """Published on this machine only; a missing or zero host port means a free one, as on AWS with bridge mode."""
    return {
        f"{mapping['containerPort']}/{mapping.get('protocol', 'tcp')}": ("127.0.0.1", mapping.get("hostPort") or None)
        for mapping in definition.get("portMappings", [])
    }


def _limits(definition: Definition) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if definition.get("memory"):
        limits["mem_limit"] = max(int(definition["memory"]) * MEBIBYTE, SMALLEST_MEMORY)
    if definition.get("memoryReservation"):
        limits["mem_reservation"] = max(int(definition["memoryReservation"]) * MEBIBYTE, SMALLEST_MEMORY)
    if definition.get("cpu"):
        limits["cpu_shares"] = max(int(definition["cpu"]), 2)
    return limits


def _program(definition: Definition) -> dict[str, Any]:
    docker_names = {"entryPoint": "entrypoint", "workingDirectory": "working_dir", "user": "user"}
    program = {docker: definition[name] for name, docker in docker_names.items() if definition.get(name)}
    check = definition.get("healthCheck")
    capabilities = ((definition.get("linuxParameters") or {}).get("capabilities") or {}).get("add")
    return (
        program
        | ({"healthcheck": healthcheck(check)} if check else {})
        | ({"cap_add": capabilities} if capabilities else {})
    )


def healthcheck(check: Mapping[str, Any]) -> dict[str, Any]:
    """ECS's healthCheck in Docker's terms, checked every second at most to keep local rollouts short.

    Checks that follow faster may fail more often, so that a program has time to start as on AWS, or PATIENCE.
    """
    interval, retries = float(check.get("interval", 30)), int(check.get("retries", 3))
    shortened = min(interval, SHORTEST_INTERVAL)
    enough = math.ceil(min(interval * retries, PATIENCE) / shortened)
    return {
        "test": check["command"],
        "interval": int(shortened * NANOSECONDS),
        "timeout": int(check.get("timeout", 5) * NANOSECONDS),
        "retries": max(retries, enough),
        "start_period": int(check.get("startPeriod", 0) * NANOSECONDS),
    }


def bindings(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The container's published ports, as DescribeTasks shows them."""
    published = (attributes.get("NetworkSettings") or {}).get("Ports") or {}
    return [
        {
            "bindIP": host["HostIp"],
            "containerPort": int(port.partition("/")[0]),
            "hostPort": int(host["HostPort"]),
            "protocol": port.partition("/")[2] or "tcp",
        }
        for port, hosts in published.items()
        for host in hosts or []
    ]


def address(attributes: Mapping[str, Any]) -> str:
    """Its own address on Docker's network, or empty."""
    networks = (attributes.get("NetworkSettings") or {}).get("Networks") or {}
    return next((str(each["IPAddress"]) for each in networks.values() if each.get("IPAddress")), "")
