"""Tasks without a Docker engine: MiniStack is given a client that runs our sample application as local processes."""

import itertools
import os
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.errors import ImageNotFound, NotFound
from ministack.services import ecs

from provisioning.localaws.checks import Reaches
from provisioning.localaws.ecr import image_store
from provisioning.localaws.ecr.image_store import Image, NoSuchImageError
from provisioning.localaws.processes import ProcessContainer, Program, SimulatedContainer

REACHES = (*image_store.REACHES, Reaches("ministack.services.ecs", ("_get_docker",)))

Container = ProcessContainer | SimulatedContainer


@dataclass(frozen=True)
class Resolved:
    """The answer to docker-py's images.get, pull and get_registry_data."""

    id: str

    def tag(self, repository: str, tag: str | None = None) -> bool:
        """Local names mean nothing here: images are looked up in the registry every time."""
        return True


class Images:
    def get(self, reference: str) -> Resolved:
        try:
            return Resolved(image_store.find(reference).digest)
        except NoSuchImageError as error:
            raise ImageNotFound(str(error)) from error

    def pull(self, reference: str, **_: Any) -> Resolved:
        try:
            return self.get(reference)
        except ImageNotFound as error:
            raise NotFound(f"Error response from daemon: {error}") from error

    get_registry_data = pull


class Containers:
    def __init__(self) -> None:
        self._running: dict[str, Container] = {}
        self._closed = False

    def run(self, reference: str, **arguments: Any) -> Container:
        if self._closed:
            raise RuntimeError("the local AWS is shutting down")
        container = start(image_store.find(reference), arguments)
        self._running[container.id] = container
        return container

    def get(self, container_id: str) -> Container:
        found = self._running.get(container_id)
        if found is None:
            raise NotFound(f"No such container: {container_id}")
        if found.status == "exited":
            self._running.pop(container_id, None)
            found.remove()
        return found

    def list(self, **_: Any) -> list[Container]:
        """None of them is Docker's to clean up."""
        return []

    def close(self) -> None:
        self._closed = True
        for container in list(self._running.values()):
            container.kill()


class Client:
    """The part of docker-py's client that MiniStack's ECS uses."""

    def __init__(self) -> None:
        self.images = Images()
        self.containers = Containers()


CLIENT = Client()


def install() -> None:
    ecs._get_docker = lambda: CLIENT


def stop_all() -> None:
    CLIENT.containers.close()


def start(image: Image, arguments: Mapping[str, Any]) -> Container:
    labels = dict(arguments.get("labels") or {})
    if not image.is_sample:
        return SimulatedContainer(labels)
    root = Path(os.environ["STATE_DIR"]) / "process-images" / image.digest.partition(":")[2]
    image_store.unpack(image, root)
    container = ProcessContainer(program(image, root, arguments), labels)
    if arguments.get("healthcheck"):
        threading.Thread(target=_check, args=(container, arguments["healthcheck"]), daemon=True).start()
    return container


def program(image: Image, root: Path, arguments: Mapping[str, Any]) -> Program:
    settings = image.settings
    entrypoint = arguments.get("entrypoint") or settings.get("Entrypoint") or []
    command = arguments.get("command") or settings.get("Cmd") or []
    variables = dict(each.split("=", 1) for each in settings.get("Env") or [])
    ports = [int(port.partition("/")[0]) for port in arguments.get("ports") or {}]
    return Program(root, [*entrypoint, *command], variables | dict(arguments.get("environment") or {}), ports)


def _check(container: ProcessContainer, check: Mapping[str, Any]) -> None:
    """The container's own health check, run beside the process as Docker runs it inside the container."""
    container.health = "starting"
    second = 1_000_000_000
    failures = 0
    for _ in itertools.takewhile(lambda _: container.status == "running", itertools.count()):
        threading.Event().wait(check["interval"] / second)
        passed = _passes(container, check["test"], check["timeout"] / second)
        failures = 0 if passed else failures + 1
        if passed:
            container.health = "healthy"
        elif failures >= check["retries"]:
            container.health = "unhealthy"


def _passes(container: ProcessContainer, test: list[str], timeout: float) -> bool:
    kind, *wanted = test
    command = container.command(["/bin/sh", "-c", *wanted] if kind == "CMD-SHELL" else wanted)
    try:
        done = subprocess.run(
            command,
            env=container.variables(),
            cwd=container.program.root,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
