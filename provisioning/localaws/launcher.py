"""Checks what the patches reach, applies them, and runs MiniStack in this process."""

import sys
from typing import Any

import docker
from docker.errors import DockerException
from ministack import app as ministack_app

from provisioning.localaws import (
    capacity,
    cfn_types,
    containers,
    pacing,
    plans,
    process_runtime,
    public_parameters,
    shutdown,
    status,
    steady_state,
    targets,
    task_health,
)
from provisioning.localaws.checks import MismatchError, check
from provisioning.localaws.elbv2 import engine, traffic
from provisioning.localaws.options import Options

PATCHES = (
    *(capacity, cfn_types, containers, engine, pacing, plans, process_runtime, public_parameters),
    *(shutdown, status, steady_state, targets, task_health),
)


def run(options: Options) -> int:
    """Serve until told to stop; 2 when it cannot start."""
    try:
        check(reached for patch in PATCHES for reached in patch.REACHES)
        runtime = choose_runtime(options.runtime)
    except (MismatchError, NoEngineError) as error:
        print(f"The local AWS cannot start: {error}", file=sys.stderr)
        return 2
    _install(options, runtime)
    print(f"Local AWS on http://127.0.0.1:{options.port}, tasks run by: {runtime}", flush=True)
    sys.argv = ["ministack"]
    ministack_app.main()
    return 0


class NoEngineError(Exception):
    """Real containers were asked for, and no Docker engine answers."""


def choose_runtime(asked: str) -> str:
    """`docker` or `process`. `auto` takes Docker when an engine answers."""
    if asked == "process":
        return "process"
    try:
        docker.from_env(timeout=5).ping()
    except DockerException as error:
        if asked == "docker":
            raise NoEngineError(f"no Docker engine answers ({error}). Start one, or use --runtime process.") from error
        return "process"
    return "docker"


def _install(options: Options, runtime: str) -> None:
    cfn_types.install()
    public_parameters.install()
    pacing.install(options.pace)
    plans.install()
    containers.install()
    engine.install()
    _mount(traffic.PREFIX, traffic.app)
    targets.install()
    task_health.install()
    steady_state.install()
    capacity.install()
    status.install(runtime)
    shutdown.install()
    if runtime == "process":
        process_runtime.install()


def _mount(prefix: str, app: Any) -> None:
    """Have an application of our own answer the paths below the prefix."""
    original = ministack_app.app

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        chosen = app if scope.get("path", "").startswith(prefix) else original
        await chosen(scope, receive, send)

    ministack_app.app = mounted
