"""UpdateTaskProtection and GetTaskProtection."""

import time
from collections.abc import Iterable

from provisioning.localaws.ecs.api.answers import Refused, Request, cluster_of, missing
from provisioning.localaws.ecs.api.tasks import find_task
from provisioning.localaws.ecs.board import Board, service_key
from provisioning.localaws.ecs.records import Record

MOST_UPDATED = 10
MOST_READ = 100
MINUTES = 120  # unless the request says otherwise
LONGEST = 2880

Found = dict[str, Record | None]  # by reference


class Protection:
    def __init__(self, board: Board) -> None:
        self.board = board

    def update(self, request: Request) -> Record:
        cluster, minutes = cluster_of(request), _minutes(request)
        references = _references(request, MOST_UPDATED)
        until = time.time() + 60 * minutes if request.get("protectionEnabled") else 0
        with self.board.lock:
            found = _found(cluster, references)
            for task in _of_services(found):
                task["_protected_until"] = until
                self.board.touch(service_key(task))
            return _answer(cluster, found)

    def get(self, request: Request) -> Record:
        cluster, references = cluster_of(request), _references(request, MOST_READ)
        with self.board.lock:
            return _answer(cluster, _found(cluster, references))


def _minutes(request: Request) -> int:
    asked = request.get("expiresInMinutes")
    minutes = MINUTES if asked is None else int(asked)
    if not 1 <= minutes <= LONGEST:
        raise Refused("InvalidParameterException", f"expiresInMinutes must be from 1 to {LONGEST}.")
    return minutes


def _references(request: Request, most: int) -> list[str]:
    references: list[str] = request.get("tasks") or []
    if len(references) > most:
        raise Refused("InvalidParameterException", f"At most {most} tasks can be given at once.")
    return references


def _found(cluster: str, references: Iterable[str]) -> Found:
    """The tasks that are not gone."""
    found = {each: find_task(cluster, each) for each in references}
    return {each: None if task and task["lastStatus"] == "STOPPED" else task for each, task in found.items()}


def _of_services(found: Found) -> list[Record]:
    return [task for task in found.values() if task and service_key(task)]


def _answer(cluster: str, found: Found) -> Record:
    alone = [task for task in found.values() if task and not service_key(task)]
    gone = missing((each for each, task in found.items() if not task), "task", cluster)
    return {
        "protectedTasks": [_protection(task) for task in _of_services(found)],
        "failures": [*gone, *({"arn": each["taskArn"], "reason": "TASK_NOT_VALID"} for each in alone)],
    }


def _protection(task: Record) -> Record:
    until = task.get("_protected_until", 0)
    if until <= time.time():
        return {"taskArn": task["taskArn"], "protectionEnabled": False}
    return {"taskArn": task["taskArn"], "protectionEnabled": True, "expirationDate": until}
