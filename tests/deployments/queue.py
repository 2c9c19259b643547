"""A broker and a worker of our own: messages are kept in a list, and can be lost or delivered twice."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery, current_app
from django.utils import timezone
from kombu.exceptions import OperationalError

from deployments import tasks
from deployments.models import ClusterWatch, Deployment, Repository
from portal.core.tasks import tick_work
from provisioning.aws.patience import LOOK, ONCE, PAGE, STEP
from provisioning.aws.session import AwsSession

ENDPOINTS = {"elbv2": "elastic-load-balancing-v2", "ecs": "ecs", "ecr": "ecr"}


class WorkerKilled(BaseException):
    """As with kill -9: nothing of ours catches it."""


class Queue:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capture: Callable[..., Any]) -> None:
        self.messages: list[tuple[str, tuple[int, ...]]] = []  # names of tasks, and what they get
        self.waits: list[float] = []  # after how many seconds each of them was wanted
        self.away = False
        self.capture = capture
        monkeypatch.setattr(Celery, "send_task", lambda _app, *sent, **how: self._take(*sent, **how))

    def _take(self, name: str, args: tuple[int, ...], countdown: float = 0) -> None:
        if self.away:
            raise OperationalError
        self.messages.append((name, args))
        self.waits.append(countdown)

    def send(self, what: Callable[..., Any], *args: Any) -> Any:
        """What `what` returns; the messages it sends on commit are kept."""
        with self.capture(execute=True):
            return what(*args)

    def deliver(self, deliveries: int = 1) -> str:
        """The oldest message to a worker; the task's name."""
        name, args = self.messages.pop(0)
        self.waits.pop(0)
        for _ in range(deliveries):
            self.send(current_app.tasks[name].run, *args)
        return name

    def work(self, deliveries: int = 1, most: int = 400) -> None:
        """A worker that runs until nothing is left."""
        while self.messages and most:
            most -= 1
            if self.deliver(deliveries) == tasks.watch_cluster.name:
                time.sleep(0.1)
        assert most, "the work does not end"

    def lose(self) -> None:
        self.messages.clear()
        self.waits.clear()

    def tick(self) -> None:
        """A minute later: heartbeats are stale and beat ticks."""
        long_ago = timezone.now() - timedelta(minutes=5)
        for model in (Deployment, ClusterWatch, Repository):
            model.objects.update(heartbeat_at=long_ago)
        self.send(tick_work)
        self.send(tasks.tick_deployments)


class Calls:
    """Counts what AWS was asked to make, and kills the worker right after one of these calls."""

    def __init__(self, session: AwsSession) -> None:
        self.made: Counter[str] = Counter()
        self.deadly = ""
        self.clients = [
            (name, replace(session, patience=patience).client(name))  # type: ignore[call-overload]
            for name in ENDPOINTS
            for patience in (LOOK, ONCE, PAGE, STEP)
        ]
        for name, client in self.clients:
            client.meta.events.register(f"after-call.{ENDPOINTS[name]}", self._seen)

    def _seen(self, model: Any, **_: Any) -> None:
        self.made[model.name] += 1
        if model.name == self.deadly:
            self.deadly = ""
            raise WorkerKilled

    def forget(self) -> None:
        for name, client in self.clients:
            client.meta.events.unregister(f"after-call.{ENDPOINTS[name]}", self._seen)
