"""Whose turn it is: a row that workers work on one after the other, and never two at once.

A task carries the row's key and its `seq`. Claiming the turn raises `seq`, so a task that is delivered twice does
nothing the second time. A task that is lost (killed worker, lost Redis) is replaced by a tick that looks for rows whose
heartbeat is stale. The row is its own outbox: the database is the truth, Redis may vanish.
"""

from datetime import timedelta
from functools import partial
from typing import ClassVar, TypeVar

from celery import current_app
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from portal.core.handover import Door

broker = Door("celery")


class Turn(models.Model):
    """A row that workers take turns at."""

    seq = models.PositiveIntegerField(default=0)
    heartbeat_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class TaskTurn(Turn):
    """Turns that Celery delivers. `TASK` names the task that takes the next one; it gets (pk, seq)."""

    TASK: ClassVar[str]

    class Meta:
        abstract = True

    def wake(self, seconds: float = 0) -> None:
        """Sends the next turn to a worker on commit. A lost broker is no error: the tick repairs it."""
        transaction.on_commit(partial(send, self.TASK, self.pk, self.seq, seconds), robust=True)


T = TypeVar("T", bound=Turn)


def claim(rows: "models.QuerySet[T]", pk: int, seq: int) -> T | None:
    """The row, if it is among `rows` and the turn that a task was sent for has not been taken."""
    now = timezone.now()
    if not rows.filter(pk=pk, seq=seq).update(seq=seq + 1, heartbeat_at=now):
        return None
    return rows.model._default_manager.get(pk=pk)


def silent(rows: "models.QuerySet[T]") -> "models.QuerySet[T]":
    """Those that no worker has touched for settings.WORK_STALE_SECONDS."""
    return rows.filter(heartbeat_at__lt=timezone.now() - timedelta(seconds=settings.WORK_STALE_SECONDS))


def send(task: str, pk: int, seq: int, seconds: float = 0) -> bool:
    """Whether the broker took the task that takes the turn `seq` of the row `pk`."""
    return broker.hand_over(partial(current_app.send_task, task, (pk, seq), countdown=seconds))
