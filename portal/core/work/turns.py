"""Whose turn it is: a row that workers work on one after the other, and never two at once.

A task carries the row's key and its `seq`. Claiming the turn raises `seq`, so a task that is delivered twice does
nothing the second time. A task that is lost (killed worker, lost Redis) is replaced by a tick that looks for rows whose
heartbeat is stale. The row is its own outbox: the database is the truth, Redis may vanish.

A TaskTurn that is woken while a worker is at it gets a second worker. An ExclusiveTurn does not: its turn is held until
it is released, and whoever holds it looks again for what came meanwhile.

A kind whose turns share something with others (SHARE) takes them only where that share has room (`shares`).
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import ClassVar, TypeVar

from celery import current_app
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from portal.core.handover import Door
from portal.core.work.shares import Full, current, shares

broker = Door("celery")


class Turn(models.Model):
    """A row that workers take turns at."""

    seq = models.PositiveIntegerField(default=0)
    heartbeat_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class TaskTurn(Turn):
    """Turns that Celery delivers. `TASK` names the task that takes the next one; it gets (pk, seq). `SHARE` is the path
    to what its work shares a worker with (the AWS account); without one there is no bound."""

    TASK: ClassVar[str]
    SHARE: ClassVar[str] = ""

    class Meta:
        abstract = True

    def wake(self, seconds: float = 0) -> None:
        """Sends the next turn to a worker on commit. A lost broker is no error: the tick repairs it."""
        transaction.on_commit(partial(send, self.TASK, self.pk, self.seq, seconds), robust=True)


class ExclusiveTurn(TaskTurn):
    """Turns of which one has ended before the next begins; `take_turn` is what their task does.

    Nothing that is asked for during a turn is lost. Whoever asks commits the work, and only then looks whether the turn
    is held (`wake`). It is not held: a task is sent with the `seq` of that moment; when another takes the turn before
    that task, it does so after the commit, and sees the work. It is held: nothing is sent, and its holder, who releases
    it later than that, looks for work later still, and sees it. A holder that is killed holds the turn for at most
    settings.WORK_STALE_SECONDS; then the tick that looks for stale heartbeats wakes the row.

    All of this holds outside of transactions only: what a turn writes and releases has to be there for others at once.
    """

    held_until = models.DateTimeField(null=True, blank=True)  # by the worker whose claim raised `seq` last

    class Meta:
        abstract = True

    def wake(self, seconds: float = 0) -> None:
        """Sends the next turn to a worker when the transaction has committed, unless the turn is held then."""
        transaction.on_commit(partial(self._send_unheld, seconds), robust=True)

    def _send_unheld(self, seconds: float) -> None:
        rows = type(self)._default_manager.filter(pk=self.pk)
        for seq in free(rows).values_list("seq", flat=True):
            send(self.TASK, self.pk, seq, seconds)


T = TypeVar("T", bound=Turn)
X = TypeVar("X", bound=ExclusiveTurn)
Y = TypeVar("Y", bound=TaskTurn)


def claim(rows: "models.QuerySet[T]", pk: int, seq: int) -> T | None:
    """The row, if it is among `rows` and the turn that a task was sent for has not been taken."""
    now = timezone.now()
    if not rows.filter(pk=pk, seq=seq).update(seq=seq + 1, heartbeat_at=now):
        return None
    return rows.model._default_manager.get(pk=pk)


def take_turn(
    rows: "models.QuerySet[X]", pk: int, seq: int, work: Callable[[X], None], rest: Callable[[X], float | None]
) -> None:
    """One exclusive turn: holds it while `work` works, releases it, and only then asks `rest` after how many seconds
    the next one is due (later, while its share is in trouble); None when there is no work. A `work` that takes long
    asks `still_mine` between its parts."""

    def take(key: str) -> None:
        row = claim_exclusive(rows, pk, seq)
        if row is None:
            return
        try:
            work(row)
        finally:
            release(row)
        seconds = rest(row)
        if seconds is not None:
            row.wake(shares.pace(key, seconds))

    in_its_share(rows, pk, seq, take)


def in_its_share(rows: "models.QuerySet[Y]", pk: int, seq: int, take: Callable[[str], None]) -> None:
    """Lets `take` take the turn, with the key of its share, where that has room; else the turn is sent again later."""
    key = _share_key(rows, pk, seq)
    if key is None:
        return
    try:
        with shares.hold(key):
            take(key)
    except Full as full:
        _put_off(rows, pk, seq, full.seconds)


def _share_key(rows: "models.QuerySet[Y]", pk: int, seq: int) -> str | None:
    """None when the turn was taken."""
    if not rows.model.SHARE:
        return ""
    key = rows.filter(pk=pk, seq=seq).values_list(rows.model.SHARE, flat=True).first()
    return None if key is None else str(key)


def _put_off(rows: "models.QuerySet[Y]", pk: int, seq: int, seconds: float) -> None:
    """It counts as touched, so that no tick sends it a second time."""
    if rows.filter(pk=pk, seq=seq).update(heartbeat_at=timezone.now()):
        send(rows.model.TASK, pk, seq, seconds)


def claim_exclusive(rows: "models.QuerySet[X]", pk: int, seq: int) -> X | None:
    """As `claim`, and only when nobody holds the turn; it is then held until `release`."""
    now = timezone.now()
    if not free(rows).filter(pk=pk, seq=seq).update(seq=seq + 1, heartbeat_at=now, held_until=now + _stale()):
        return None
    return rows.model._default_manager.get(pk=pk)


def still_mine(row: ExclusiveTurn) -> bool:
    """Whether the holder has not lost the turn to another worker, by being slower than settings.WORK_STALE_SECONDS.
    If not, it is held for as long again from now on, and the time that the work has begins anew."""
    now = timezone.now()
    mine = bool(_mine(row).update(heartbeat_at=now, held_until=now + _stale()))
    if mine and (hold := current()):
        hold.renew()
    return mine


def release(row: ExclusiveTurn) -> None:
    """Ends the turn; where it was lost to another worker, that one goes on holding it."""
    _mine(row).update(held_until=None)


def free(rows: "models.QuerySet[X]") -> "models.QuerySet[X]":
    """Those whose turn nobody holds."""
    return rows.filter(models.Q(held_until=None) | models.Q(held_until__lt=timezone.now()))


def _mine(row: ExclusiveTurn) -> "models.QuerySet[ExclusiveTurn]":
    return type(row)._default_manager.filter(pk=row.pk, seq=row.seq)


def silent(rows: "models.QuerySet[T]") -> "models.QuerySet[T]":
    """Those that no worker has touched for settings.WORK_STALE_SECONDS."""
    return rows.filter(heartbeat_at__lt=timezone.now() - _stale())


def _stale() -> timedelta:
    return timedelta(seconds=settings.WORK_STALE_SECONDS)


def send(task: str, pk: int, seq: int, seconds: float = 0) -> bool:
    """Whether the broker took the task that takes the turn `seq` of the row `pk`."""
    return broker.hand_over(partial(current_app.send_task, task, (pk, seq), countdown=seconds))
