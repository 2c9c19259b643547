"""What a container is started with beyond MiniStack's own: limits, health check, entry point, loopback ports."""

from typing import Any

from ministack.services import ecs

from provisioning.localaws.checks import Reaches

REACHES = (
    Reaches(
        "ministack.services.ecs",
        ("_build_run_kwargs", "_record_task_ip", "_fail_task_start", "_task_defs", "_resolve_td_key"),
    ),
)

NANOSECONDS = 1_000_000_000
MEBIBYTE = 1024 * 1024
SMALLEST_MEMORY = 6 * MEBIBYTE  # Docker refuses less

Definition = dict[str, Any]


def install() -> None:
    _add_run_arguments()
    _record_bindings()
    _explain_failed_starts()


def _add_run_arguments() -> None:
    original = ecs._build_run_kwargs

    def build(definition: Definition, task_definition: Any, env: Any, ports: Any, *args: Any) -> dict[str, Any]:
        arguments: dict[str, Any] = original(definition, task_definition, env, ports, *args)
        if ports:
            arguments["ports"] = loopback_ports(definition)
        return arguments | extra_arguments(definition)

    ecs._build_run_kwargs = build


def loopback_ports(definition: Definition) -> dict[str, tuple[str, int | None]]:
    """Published on this machine only; a missing or zero host port means a free one, as on AWS with bridge mode."""
    return {
        f"{mapping['containerPort']}/tcp": ("127.0.0.1", mapping.get("hostPort") or None)
        for mapping in definition.get("portMappings", [])
    }


def extra_arguments(definition: Definition) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if definition.get("memory"):
        extra["mem_limit"] = max(int(definition["memory"]) * MEBIBYTE, SMALLEST_MEMORY)
    if definition.get("memoryReservation"):
        extra["mem_reservation"] = max(int(definition["memoryReservation"]) * MEBIBYTE, SMALLEST_MEMORY)
    if definition.get("cpu"):
        extra["cpu_shares"] = max(int(definition["cpu"]), 2)
    if definition.get("healthCheck"):
        extra["healthcheck"] = healthcheck(definition["healthCheck"])
    docker_names = {"entryPoint": "entrypoint", "workingDirectory": "working_dir", "user": "user"}
    return extra | {docker: definition[name] for name, docker in docker_names.items() if definition.get(name)}


def healthcheck(check: dict[str, Any]) -> dict[str, Any]:
    """ECS's healthCheck in Docker's terms, checked every second at most to keep local rollouts short."""
    return {
        "test": check["command"],
        "interval": int(min(check.get("interval", 30), 1) * NANOSECONDS),
        "timeout": int(check.get("timeout", 5) * NANOSECONDS),
        "retries": check.get("retries", 3),
        "start_period": int(check.get("startPeriod", 0) * NANOSECONDS),
    }


def _record_bindings() -> None:
    original = ecs._record_task_ip

    def record(task: dict[str, Any], container: Any, network: Any) -> None:
        original(task, container, network)
        task["_simulated"] = getattr(container, "simulated", False)
        for record_of in task.get("containers", []):
            if record_of.get("runtimeId") == container.id[:12]:
                record_of["networkBindings"] = bindings(container)

    ecs._record_task_ip = record


def bindings(container: Any) -> list[dict[str, Any]]:
    """The container's published ports, as DescribeTasks shows them."""
    container.reload()
    published = (container.attrs.get("NetworkSettings") or {}).get("Ports") or {}
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


def _explain_failed_starts() -> None:
    original = ecs._fail_task_start

    def fail(task: dict[str, Any], docker_client: Any, reason: str) -> None:
        for container in task.get("containers", []):
            container["reason"] = reason
        original(task, docker_client, reason)

    ecs._fail_task_start = fail


def checked_containers(task: dict[str, Any]) -> set[str]:
    """The names of the task's containers that declare a healthCheck of their own."""
    definition = ecs._task_defs.get(ecs._resolve_td_key(task.get("taskDefinitionArn", ""))) or {}
    return {each["name"] for each in definition.get("containerDefinitions", []) if each.get("healthCheck")}
