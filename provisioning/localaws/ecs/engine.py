"""The engine put together: it answers MiniStack's ECS calls, takes up its saved services, and ends with it."""

import os

from ministack import app as ministack_app

from provisioning.localaws.checks import Reaches
from provisioning.localaws.ecs import store
from provisioning.localaws.ecs.api.answers import answering
from provisioning.localaws.ecs.api.deployments import Deployments
from provisioning.localaws.ecs.api.protection import Protection
from provisioning.localaws.ecs.api.services import Services
from provisioning.localaws.ecs.api.tasks import Tasks
from provisioning.localaws.ecs.board import Board
from provisioning.localaws.ecs.containers import instance_id
from provisioning.localaws.ecs.lifecycle import Lifecycle
from provisioning.localaws.ecs.resume import resume
from provisioning.localaws.ecs.runtimes.base import Runtime
from provisioning.localaws.ecs.scheduler import Scheduler

REACHES = (*store.REACHES, Reaches("ministack.app", ("_stop_docker_containers",)))


def install(runtime_name: str) -> None:
    """`docker` or `process`. LOCALAWS_DOCKER_TIMEOUT: seconds for one call of the engine."""
    board = Board()
    lifecycle = Lifecycle(board, _runtime(runtime_name))
    scheduler = Scheduler(board, lifecycle)
    store.answer_with({name: answering(each) for name, each in _handlers(board, lifecycle, scheduler).items()})
    store.after_restore(lambda: resume(board))
    store.save_under(board.lock)
    _end_with_the_launcher(scheduler)
    scheduler.begin()


def _runtime(name: str) -> Runtime:
    if name == "process":
        from provisioning.localaws.ecs.runtimes.process import ProcessRuntime

        return ProcessRuntime()
    from provisioning.localaws.ecs.runtimes.docker import CALL_TIMEOUT, DockerRuntime

    registry = f"127.0.0.1:{os.environ['GATEWAY_PORT']}"
    return DockerRuntime(instance_id(), registry, float(os.environ.get("LOCALAWS_DOCKER_TIMEOUT", CALL_TIMEOUT)))


def _handlers(board: Board, lifecycle: Lifecycle, scheduler: Scheduler) -> dict[str, store.Plain]:
    services, deployments = Services(board, scheduler), Deployments(board, scheduler)
    tasks, protection = Tasks(board, lifecycle), Protection(board)
    return {
        "CreateService": services.create,
        "UpdateService": services.update,
        "DeleteService": services.delete,
        "DescribeServices": services.describe,
        "ListServiceDeployments": deployments.list,
        "DescribeServiceDeployments": deployments.describe,
        "DescribeServiceRevisions": deployments.describe_revisions,
        "StopServiceDeployment": deployments.stop,
        "RunTask": tasks.run,
        "StopTask": tasks.stop,
        "DescribeTasks": tasks.describe,
        "ListTasks": tasks.list,
        "UpdateTaskProtection": protection.update,
        "GetTaskProtection": protection.get,
    }


def _end_with_the_launcher(scheduler: Scheduler) -> None:
    original = ministack_app._stop_docker_containers

    def stop(include_unlabelled: bool = False) -> None:
        """MiniStack calls this with True when it starts and without when it ends, after saving its state."""
        if not include_unlabelled:
            scheduler.close()
        original(include_unlabelled)

    ministack_app._stop_docker_containers = stop
