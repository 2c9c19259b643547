"""A task from its start to its end. Starts are bounded, and nothing here waits with the lock held."""

import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from ministack.core.responses import request_scope

from provisioning.localaws.ecs import events, task_targets
from provisioning.localaws.ecs.board import Board, service_key
from provisioning.localaws.ecs.containers import TaskPlan, container_name, forget_metadata
from provisioning.localaws.ecs.failures import task_failed
from provisioning.localaws.ecs.names import scope_of
from provisioning.localaws.ecs.records import Record, add_event
from provisioning.localaws.ecs.runtimes.base import Exit, Listener, NotStarted, Runtime, Started

log = logging.getLogger("localaws.ecs")

STARTS_AT_ONCE = 2 * (os.cpu_count() or 1)  # more would only make each of them slower
WARM_UP = 10.0  # seconds for which a service's task counts as starting, unless it is healthy or gone before
STOPS_AT_ONCE = 16  # they mostly wait
STOP_TIMEOUT = 30.0  # seconds between SIGTERM and SIGKILL, unless the container definition says otherwise


class Lifecycle:
    def __init__(self, board: Board, runtime: Runtime) -> None:
        self.board, self.runtime = board, runtime
        self._starts = ThreadPoolExecutor(STARTS_AT_ONCE, thread_name_prefix="localaws-start")
        self._stops = ThreadPoolExecutor(STOPS_AT_ONCE, thread_name_prefix="localaws-stop")
        self._waiting: dict[str, Future[None]] = {}
        self._warm: dict[str, threading.Event] = {}
        self._owners: dict[str, tuple[Record, Record]] = {}  # by container name: the task and its container
        runtime.listen(Listener(self._exited, self._judged))

    def start(self, task: Record, definition: Record) -> None:
        self.board.add(task)
        self._warm[task["taskArn"]] = threading.Event()
        self._waiting[task["taskArn"]] = self._starts.submit(self._start, task, definition)

    def stop(self, task: Record, reason: str, code: str) -> None:
        """Take it out of its target groups; when it has drained, `end_if_drained` ends it."""
        with self.board.service_of(task) as service:
            if task["desiredStatus"] == "STOPPED":
                return
            _want_stopped(task, reason, code)
            self.is_warm(task)
            task_targets.withdraw(task, service)
            waiting = self._waiting.get(task["taskArn"])
            if waiting and waiting.cancel():
                del self._waiting[task["taskArn"]], self._warm[task["taskArn"]]
                self._finish(task)
            elif task["lastStatus"] == "RUNNING":
                task["lastStatus"] = "DEACTIVATING"
                self.end_if_drained(task)

    def end_if_drained(self, task: Record) -> None:
        """Let its program end, unless requests are still under way. Called again and again until then."""
        if task["lastStatus"] == "DEACTIVATING" and task_targets.are_drained(task):
            task["lastStatus"] = "STOPPING"
            self._submit_end(task)

    def close(self) -> None:
        self._starts.shutdown(wait=False, cancel_futures=True)
        self._stops.shutdown(wait=False, cancel_futures=True)
        for waiting in list(self._warm.values()):
            waiting.set()
        self.runtime.close()

    def _start(self, task: Record, definition: Record) -> None:
        """Runs on a thread of its own for seconds, while the task may be told to stop."""
        plan = TaskPlan(task, definition)
        try:
            with self.board.service_of(task):
                task.update(lastStatus="PENDING", version=2, pullStartedAt=time.time())
            with request_scope(*scope_of(task["taskArn"])):
                for container in task["containers"]:
                    if not self._start_container(plan, container):
                        break
            self._started(task)
            self._warm_up(task)
        except Exception as problem:
            if not isinstance(problem, NotStarted):
                log.exception("the task %s could not be started", task["taskArn"])
            self._not_started(task, problem)
        finally:
            self._waiting.pop(task["taskArn"], None)
            self._warm.pop(task["taskArn"], None)

    def _warm_up(self, task: Record) -> None:
        """Hold the place among the starts until its program is up: that costs more than starting its container."""
        if service_key(task):
            self._warm[task["taskArn"]].wait(WARM_UP)

    def is_warm(self, task: Record) -> None:
        """It is healthy, or not wanted any more: another one may start."""
        waiting = self._warm.get(task["taskArn"])
        if waiting:
            waiting.set()

    def _start_container(self, plan: TaskPlan, record: Record) -> bool:
        """False when the task is not wanted any more."""
        if plan.task["desiredStatus"] == "STOPPED":
            return False
        try:
            digest = self.runtime.pull(record["image"])
            container = plan.container(record["name"])
            self._owners[container.name] = (plan.task, record)
            started = self.runtime.start(container)
        except NotStarted as problem:
            record["reason"] = str(problem)
            raise
        with self.board.service_of(plan.task):
            _note_started(plan.task, record, started, digest)
        return True

    def _started(self, task: Record) -> None:
        with self.board.service_of(task) as service:
            if task["desiredStatus"] == "STOPPED":
                task["lastStatus"] = "STOPPING"
                self._submit_end(task)
                return
            now = time.time()
            task.update(lastStatus="RUNNING", version=3, pullStoppedAt=now, startedAt=now)
            if service:
                task_targets.enter(task, service)

    def _not_started(self, task: Record, problem: Exception) -> None:
        known = isinstance(problem, NotStarted)
        reason = str(problem) if known else f"ResourceInitializationError: {problem}"
        with self.board.service_of(task) as service:
            if task["desiredStatus"] != "STOPPED":
                _want_stopped(task, reason, "TaskFailedToStart")
                if service:
                    task_failed(service, task)
            task["lastStatus"] = "STOPPING"
            self._submit_end(task)

    def _exited(self, name: str, end: Exit) -> None:
        """A container ended by itself, or because it was told to; only the first is news for its service."""
        task, record = self._owners.get(name, (None, None))
        if task is None or record is None:
            return
        with self.board.service_of(task) as service:
            record.update(lastStatus="STOPPED", exitCode=end.code)
            if end.is_out_of_memory:
                record["reason"] = events.OUT_OF_MEMORY
            if task["desiredStatus"] != "STOPPED" and record["_essential"]:
                _want_stopped(task, events.EXITED, "EssentialContainerExited")
                self._has_exited(task, service)

    def _has_exited(self, task: Record, service: Record | None) -> None:
        self.is_warm(task)
        task_targets.withdraw(task, service)
        if service:
            task_failed(service, task)
        if task["lastStatus"] == "RUNNING":  # otherwise its start sees that it is not wanted any more
            task["lastStatus"] = "STOPPING"
            self._submit_end(task)

    def _judged(self, name: str, status: str) -> None:
        task, record = self._owners.get(name, (None, None))
        if task is None or record is None:
            return
        with self.board.service_of(task):
            record["healthStatus"] = status
            known = {each["healthStatus"] for each in task["containers"] if each["_checked"]}
            task["healthStatus"] = next(each for each in ("UNHEALTHY", "UNKNOWN", "HEALTHY") if each in known)

    def _submit_end(self, task: Record) -> None:
        with suppress(RuntimeError):  # the pool is closed: everything ends anyway
            self._stops.submit(self._guarded, self._end, task)

    def _guarded(self, step: Callable[[Record], None], task: Record) -> None:
        try:
            step(task)
        except Exception:
            log.exception("the end of the task %s failed", task["taskArn"])
            self._finish(task)

    def _end(self, task: Record) -> None:
        for record in task["containers"]:
            name = container_name(task["taskArn"], record["name"])
            if name in self._owners:
                code = self.runtime.stop(name, record.get("_stop_timeout", STOP_TIMEOUT))
                if code is not None:
                    record.setdefault("exitCode", code)
        self._finish(task)

    def _finish(self, task: Record) -> None:
        now = time.time()
        with self.board.service_of(task) as service:
            was_running = "startedAt" in task
            task.update(lastStatus="STOPPED", stoppedAt=now, executionStoppedAt=now, version=task["version"] + 1)
            for record in task["containers"]:
                record["lastStatus"] = "STOPPED"
                self._owners.pop(container_name(task["taskArn"], record["name"]), None)
            forget_metadata(task)
            self.board.remove(task)
            if service and was_running and task["stopCode"] != "EssentialContainerExited":
                add_event(service, events.stopped(task["taskArn"]))


def _want_stopped(task: Record, reason: str, code: str) -> None:
    task.update(desiredStatus="STOPPED", stoppedReason=reason, stopCode=code, stoppingAt=time.time())
    task["version"] += 1


def _note_started(task: Record, record: Record, started: Started, digest: str) -> None:
    known: dict[str, Any] = {"imageDigest": digest} if digest else {}
    if record["lastStatus"] == "PENDING":  # it may have ended already
        record["lastStatus"] = "RUNNING"
    record.update(runtimeId=started.id, networkBindings=started.bindings, **known)
    record["_address"] = started.address
    task["_simulated"] = started.is_simulated
