"""After a restart: what MiniStack saved is taken up, and every service gets its tasks again."""

import time

from provisioning.localaws.ecs import store, task_targets
from provisioning.localaws.ecs.board import Board
from provisioning.localaws.ecs.records import Record


def resume(board: Board) -> None:
    """The tasks went with the former process; MiniStack has marked them STOPPED already."""
    with board.lock:
        for task in store.tasks():
            _bury(task)
        for key, service in store.services():
            if service["status"] != "INACTIVE":
                service["_steady"] = False
                board.touch(key)


def _bury(task: Record) -> None:
    task_targets.withdraw(task, None)
    task["_targets"] = []
    if task.get("stoppedAt") is None:
        reason = {"stoppedReason": "The local AWS was restarted.", "stopCode": "InfrastructureHealth"}
        task.update(desiredStatus="STOPPED", stoppedAt=time.time(), **reason)
    for container in task["containers"]:
        container["lastStatus"] = "STOPPED"
