"""Containers without a Docker engine: our sample application runs as local processes, any other image is simulated."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from provisioning.localaws.ecr import image_store
from provisioning.localaws.ecr.image_store import Image, NoSuchImageError
from provisioning.localaws.ecs.runtimes import arguments
from provisioning.localaws.ecs.runtimes.base import Container, Exit, Listener, NotStarted, Started
from provisioning.localaws.ecs.runtimes.checks import CheckedCommand, watch
from provisioning.localaws.ecs.runtimes.processes import Process, Program, start_process

SIMULATED_LINE = b"This task is simulated: there is no Docker engine here to run its image."


class ProcessRuntime:
    def __init__(self) -> None:
        self._processes: dict[str, Process] = {}
        self._lock = threading.Lock()
        self._is_closed = False
        self._listener: Listener | None = None

    def listen(self, listener: Listener) -> None:
        self._listener = listener

    def pull(self, image: str) -> str:
        return _find(image).digest

    def start(self, container: Container) -> Started:
        image = _find(container.definition["image"])
        if not image.is_sample:
            container.say(SIMULATED_LINE)
            return Started(container.name, is_simulated=True)
        root = Path(os.environ["STATE_DIR"]) / "process-images" / image.digest.partition(":")[2]
        image_store.unpack(image, root)
        program = _program(image, root, container)
        process = self._run(container, program)
        check = container.definition.get("healthCheck")
        if check and self._listener:
            watch(CheckedCommand(process, arguments.healthcheck(check)), container.name, self._listener.judged)
        return Started(container.name, [_binding(port, process.port) for port in program.container_ports])

    def _run(self, container: Container, program: Program) -> Process:
        with self._lock:
            if self._is_closed:
                raise NotStarted("the local AWS is shutting down")
            try:
                process = start_process(program, container.say)
            except OSError as problem:
                raise NotStarted(f"CannotStartContainerError: {problem}") from problem
            self._processes[container.name] = process
        process.when_over(lambda code: self._is_over(container.name, code))
        return process

    def _is_over(self, name: str, code: int) -> None:
        if self._listener:
            self._listener.exited(name, Exit(code))

    def stop(self, name: str, timeout: float) -> int | None:
        process = self._processes.pop(name, None)
        return process.stop(timeout) if process else None

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
        for process in list(self._processes.values()):
            process.kill()


def _find(reference: str) -> Image:
    try:
        return image_store.find(reference)
    except NoSuchImageError as problem:
        raise NotStarted(f"CannotPullContainerError: Error response from daemon: {problem}") from problem


def _program(image: Image, root: Path, container: Container) -> Program:
    settings, definition = image.settings, container.definition
    entrypoint = definition.get("entryPoint") or settings.get("Entrypoint") or []
    command = definition.get("command") or settings.get("Cmd") or []
    own = dict(each.split("=", 1) for each in settings.get("Env") or [])
    return Program(root, [*entrypoint, *command], own | dict(container.environment), _ports(definition))


def _ports(definition: Mapping[str, Any]) -> list[int]:
    return [int(mapping["containerPort"]) for mapping in definition.get("portMappings", [])]


def _binding(container_port: int, host_port: int) -> dict[str, Any]:
    return {"bindIP": "127.0.0.1", "containerPort": container_port, "hostPort": host_port, "protocol": "tcp"}
