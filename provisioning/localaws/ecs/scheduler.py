"""One thread that looks at services when something about them changed, or when time alone changes something."""

import logging
import threading
import time

from provisioning.localaws.ecs import history, store, task_targets, view
from provisioning.localaws.ecs.board import Board
from provisioning.localaws.ecs.decide import decide
from provisioning.localaws.ecs.failures import task_is_healthy
from provisioning.localaws.ecs.lifecycle import Lifecycle
from provisioning.localaws.ecs.model import Phase, Service
from provisioning.localaws.ecs.moves import Moves
from provisioning.localaws.ecs.names import ServiceKey
from provisioning.localaws.ecs.records import Record
from provisioning.localaws.elbv2 import targets
from provisioning.localaws.elbv2.targets import Target

log = logging.getLogger("localaws.ecs")

# Seconds until the next look at a service, when nothing wakes the scheduler before.
WHILE_DRAINING = 0.1
WHILE_UNPROVEN = 0.25
WHILE_WAITING = 0.5  # for a growing delay to pass, a protection to expire, or hosts to come
AT_REST = 60.0

KEPT_STOPPED = 3600.0  # seconds that ECS remembers stopped tasks

MOST_ROUNDS = 50  # of moves in one look; a service settles after a few


class Scheduler:
    def __init__(self, board: Board, lifecycle: Lifecycle) -> None:
        self.board, self.lifecycle = board, lifecycle
        self._due: dict[ServiceKey, float] = {}
        self._closed = False
        self._forget_at = 0.0
        self._by_group: dict[str, frozenset[ServiceKey]] = {}  # read by threads of the load balancers
        self.moves = Moves(board, lifecycle)

    def begin(self) -> None:
        targets.on_change(self._target_changed)
        threading.Thread(target=self._run, daemon=True, name="localaws-ecs").start()

    def close(self) -> None:
        with self.board.lock:  # a look that is under way may still start tasks
            self._closed = True
        self.lifecycle.close()

    def _target_changed(self, target: Target) -> None:
        for key in self._by_group.get(target.group, ()):
            self.board.touch(key)

    def _run(self) -> None:
        while not self._closed:
            self._forget_stopped()
            for key in self._next():
                try:
                    self.look(key)
                except Exception:
                    log.exception("the service %s could not be looked at, going on", key.path)
                    self._due[key] = time.monotonic() + WHILE_WAITING

    def _forget_stopped(self) -> None:
        """Drop the tasks that stopped so long ago that ECS does not know them any more."""
        if time.monotonic() < self._forget_at:
            return
        self._forget_at = time.monotonic() + AT_REST
        oldest = time.time() - KEPT_STOPPED
        with self.board.lock:
            for task in store.tasks():
                if task.get("stoppedAt") and task["stoppedAt"] < oldest:
                    store.drop_task(task["taskArn"])

    def _next(self) -> set[ServiceKey]:
        soonest = min(self._due.values(), default=time.monotonic() + AT_REST)
        touched = self.board.take(max(0.0, soonest - time.monotonic()))
        now = time.monotonic()
        return touched | {key for key, due in self._due.items() if due <= now}

    def look(self, key: ServiceKey) -> None:
        """Do what the service needs now, and plan the next look."""
        with self.board.lock:
            self._due.pop(key, None)
            service = store.service(key)
            if service is None or service["status"] == "INACTIVE" or self._closed:
                return
            state = self._settle(key, service)
            self._count(key, service)
            self._due[key] = time.monotonic() + self._wait(key, state)

    def _settle(self, key: ServiceKey, service: Record) -> Service:
        for _ in range(MOST_ROUNDS):
            tasks = self.board.tasks(key)
            ongoing = history.ongoing(service)
            state = view.service_of(service, tasks, ongoing["status"] if ongoing else "")
            self._note_health(service, state)
            moves = decide(state, time.time())
            if not moves or not all(self.moves.apply(key, service, move) for move in moves):
                break
        return state

    def _note_health(self, service: Record, state: Service) -> None:
        """What is known of a task from now on: that it was healthy, or that it failed its checks and has to go."""
        for each in state.tasks:
            task = store.task(each.id)
            if task and each.is_failing(time.time()) and "_failing" not in task:
                task["_failing"] = each.why
                task_targets.describe_unhealthy(task, service)
            elif task and each.is_healthy and not task.get("_was_healthy"):
                task_is_healthy(service, task)
                self.lifecycle.is_warm(task)

    def _count(self, key: ServiceKey, service: Record) -> None:
        """Bring the counts that ECS shows up to date, and remember whose target groups these are."""
        tasks = self.board.tasks(key)
        service.update(_counts(tasks))
        for each in service["deployments"]:
            own = [task for task in tasks if task["_deployment"] == each["id"]]
            each.update(_counts(own))
            if each["status"] == "ACTIVE":
                each["desiredCount"] = sum(task["desiredStatus"] == "RUNNING" for task in own)
        for block in service["loadBalancers"]:
            group = block.get("targetGroupArn", "")
            self._by_group[group] = self._by_group.get(group, frozenset()) | {key}

    def _wait(self, key: ServiceKey, state: Service) -> float:
        """Seconds until time alone may change something."""
        draining = [task for task in self.board.tasks(key) if task["lastStatus"] == "DEACTIVATING"]
        for task in draining:
            self.lifecycle.end_if_drained(task)
        if draining:
            return WHILE_DRAINING
        if any(task.phase is Phase.RUNNING and not task.is_healthy for task in state.tasks):
            return WHILE_UNPROVEN
        return AT_REST if state.is_deleted or state.is_settled else WHILE_WAITING


def _counts(tasks: list[Record]) -> dict[str, int]:
    running = sum(task["lastStatus"] == "RUNNING" for task in tasks)
    pending = sum(task["lastStatus"] in {"PROVISIONING", "PENDING"} for task in tasks)
    return {"runningCount": running, "pendingCount": pending}
