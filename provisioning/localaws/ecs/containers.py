"""What a task's containers are started with: their definition with the task's overrides, environment and labels."""

import json
import os
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from ministack.services import ecs_metadata, secretsmanager, ssm

from provisioning.localaws.ecs.logs import LogStream
from provisioning.localaws.ecs.names import scope_of, tail
from provisioning.localaws.ecs.records import Record
from provisioning.localaws.ecs.runtimes.base import Container, NotStarted

_UNREADABLE = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed"
)
HOST = "host.docker.internal"  # this machine, seen from a container


@cache
def instance_id() -> str:
    """Which launcher a container belongs to: the same after a restart, because it is kept with the state."""
    kept = Path(os.environ["STATE_DIR"]) / "instance"
    if not kept.exists():
        kept.write_text(secrets.token_hex(6))
    return kept.read_text()


def container_name(task_arn: str, name: str) -> str:
    return f"localaws-{instance_id()}-{tail(task_arn)[:16]}-{name}"


def forget_metadata(task: Record) -> None:
    for token in task.pop("_tokens", []):
        ecs_metadata.unregister_token(token)


class TaskPlan:
    """How the containers of one task are started."""

    def __init__(self, task: Record, definition: Record) -> None:
        self.task, self.definition = task, definition

    def container(self, name: str) -> Container:
        """Raises NotStarted if a secret of it cannot be read."""
        own = next(each for each in self.definition["containerDefinitions"] if each["name"] == name)
        override = self._override(name)
        definition = own | {part: override[part] for part in ("command", "cpu", "memory") if part in override}
        self._record(name)["_stop_timeout"] = float(own.get("stopTimeout") or 30)
        host_network = self.definition.get("networkMode") == "host"
        return Container(
            name=container_name(self.task["taskArn"], name),
            definition=definition,
            environment=self._environment(own, override, "127.0.0.1" if host_network else HOST),
            labels=self._labels(name),
            say=LogStream.of(scope_of(self.task["taskArn"]), own, tail(self.task["taskArn"])).write,
            host_network=host_network,
        )

    def _override(self, name: str) -> Record:
        overrides = self.task["overrides"].get("containerOverrides", [])
        return next((each for each in overrides if each.get("name") == name), {})

    def _record(self, name: str) -> Record:
        found: Record = next(each for each in self.task["containers"] if each["name"] == name)
        return found

    def _environment(self, own: Record, override: Record, host: str) -> dict[str, str]:
        plain = [*own.get("environment", []), *override.get("environment", [])]
        variables = {each["name"]: each["value"] for each in plain}
        return variables | {each["name"]: _secret(each) for each in own.get("secrets", [])} | self._platform(own, host)

    def _platform(self, own: Record, host: str) -> dict[str, str]:
        """Where the container finds its metadata, its role's credentials and the local AWS."""
        token = secrets.token_urlsafe(32)
        gateway = f"http://{host}:{os.environ['GATEWAY_PORT']}"
        described = {"Cluster": self.task["clusterArn"], "TaskARN": self.task["taskArn"], **self._revision()}
        container = {"Name": own["name"], "Image": own["image"], "Labels": self._labels(own["name"]), "Type": "NORMAL"}
        self.task.setdefault("_tokens", []).append(token)
        ecs_metadata.register_container(token, self.task["taskArn"], described, container)
        return {
            "ECS_CONTAINER_METADATA_URI_V4": f"{gateway}/v4/{token}",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{gateway}/v2/credentials/{secrets.token_hex(16)}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": secrets.token_urlsafe(32),
            "AWS_ENDPOINT_URL": gateway,
        }

    def _revision(self) -> dict[str, str]:
        return {"Family": self.definition["family"], "Revision": str(self.definition["revision"])}

    def _labels(self, name: str) -> dict[str, str]:
        return {
            "com.amazonaws.ecs.cluster": self.task["clusterArn"],
            "com.amazonaws.ecs.container-name": name,
            "com.amazonaws.ecs.task-arn": self.task["taskArn"],
            "com.amazonaws.ecs.task-definition-family": self.definition["family"],
            "com.amazonaws.ecs.task-definition-version": str(self.definition["revision"]),
        }


def _secret(asked: Record) -> str:
    """The value of a Secrets Manager secret, one JSON key of it, or a parameter. Raises NotStarted."""
    source: str = asked["valueFrom"]
    key = ""
    if ":secretsmanager:" in source:
        parts = source.split(":")
        key = parts[7] if len(parts) > 7 else ""
        value: Any = secretsmanager.resolve_secret_string(":".join(parts[:7]))
    else:
        value = ssm.resolve_parameter_value(source, decrypt=True)
    if value is None:
        raise NotStarted(f"{_UNREADABLE}: unable to retrieve secret {source} for {asked['name']}")
    return _member(value, key, asked) if key else str(value)


def _member(value: str, key: str, asked: Record) -> str:
    try:
        return str(json.loads(value)[key])
    except (ValueError, KeyError, TypeError) as problem:
        raise NotStarted(f"{_UNREADABLE}: no key {key} in {asked['valueFrom']} for {asked['name']}") from problem
