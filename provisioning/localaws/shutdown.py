"""Ends the tasks with the launcher: nothing is put in their place while they stop."""

from typing import Any

from ministack import app as ministack_app
from ministack.services import ecs

from provisioning.localaws import process_runtime
from provisioning.localaws.checks import Reaches

REACHES = (
    Reaches("ministack.app", ("_stop_docker_containers",)),
    Reaches("ministack.services.ecs", ("_reconcile_service_tasks", "_maybe_mark_stopped")),
)


def install() -> None:
    original = ministack_app._stop_docker_containers

    def stop(include_unlabelled: bool = False) -> Any:
        """MiniStack calls this with True when it starts and without when it ends, after saving its state."""
        if not include_unlabelled:
            _let_tasks_end()
        return original(include_unlabelled)

    ministack_app._stop_docker_containers = stop


def _let_tasks_end() -> None:
    ecs._reconcile_service_tasks = _nothing
    ecs._maybe_mark_stopped = _nothing
    process_runtime.stop_all()


def _nothing(*_: Any) -> None:
    """A service whose task has ended gets no other one."""
