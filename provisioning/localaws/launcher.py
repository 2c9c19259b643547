"""Checks what the patches reach, applies them, and runs MiniStack in this process."""

import sys

import docker
from docker.errors import DockerException
from ministack import app as ministack_app

from provisioning.localaws.checks import MismatchError, check
from provisioning.localaws.cloudformation import pacing, plans, removals, resource_types
from provisioning.localaws.ecr import deletion, details
from provisioning.localaws.ecs import engine as ecs
from provisioning.localaws.elbv2 import engine as elbv2
from provisioning.localaws.elbv2 import traffic
from provisioning.localaws.gateway import front
from provisioning.localaws.gateway.asgi import App
from provisioning.localaws.gateway.faults import NotFaultsError
from provisioning.localaws.options import Options
from provisioning.localaws.ssm import public_parameters

PATCHES = (resource_types, deletion, details, ecs, elbv2, front, pacing, plans, public_parameters, removals)

# What our own applications answer instead of MiniStack, by the prefix of the path.
MOUNTS: dict[str, App] = {traffic.PREFIX: traffic.app}


def run(options: Options) -> int:
    """Serve until told to stop; 2 when it cannot start."""
    try:
        check(reached for patch in PATCHES for reached in patch.REACHES)
        runtime = choose_runtime(options.runtime)
        _install(options, runtime)
    except (MismatchError, NoEngineError, NotFaultsError) as error:
        print(f"The local AWS cannot start: {error}", file=sys.stderr)
        return 2
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
    resource_types.install()
    public_parameters.install()
    pacing.install(options.pace)
    plans.install()
    removals.install()
    deletion.install()
    details.install()
    elbv2.install()
    ecs.install(runtime)
    front.install(runtime, MOUNTS)
