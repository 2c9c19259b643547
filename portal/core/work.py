"""Long-running work: a row with a state, an allowed-moves table, and short steps that re-enqueue themselves.

The database is the truth. Every step claims its turn by compare-and-set on `seq`, so a task that is delivered twice
does nothing the second time, and a task that is lost (killed worker, lost Redis) is replaced by the tick, which looks
for rows whose heartbeat is stale.
"""

import traceback
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

import structlog
from celery import Task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import OperationalError, models, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerUnreachable

from portal.core import audit
from portal.core.errors import IllegalMove, LostRace
from portal.core.models import Step

log = structlog.get_logger(__name__)
ERRORED = "errored"
ERRORED_SENTENCE = "Something went wrong on our side. Our engineers see what; nothing is asked of you."
SLOW_SENTENCE = "This step took too long. It is being tried again."
SLOW_SECONDS = 10.0


class RetryLater(Exception):
    """A step could not do its work now (AWS throttles, is unreachable); it is tried again after `seconds`."""

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class Work(models.Model):
    """A piece of long-running work. Subclasses name their states in MOVES and those a worker acts on in ACTIVE."""

    MOVES: ClassVar[Mapping[str, frozenset[str]]]
    ACTIVE: ClassVar[frozenset[str]]

    state = models.CharField(max_length=20)
    reason = models.TextField(blank=True)  # the sentence people read about the present state
    problem = models.TextField(blank=True)  # why the last step has to be tried again; empty when it went well
    seq = models.PositiveIntegerField(default=0)
    heartbeat_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    traceback = models.TextField(blank=True)  # kept for engineers when the state is "errored"

    class Meta:
        abstract = True

    @property
    def is_active(self) -> bool:
        """Whether a worker has something to do for this row."""
        return self.state in self.ACTIVE

    @property
    def steps(self) -> models.QuerySet[Step]:
        """The moves so far, oldest first."""
        return Step.objects.filter(work_kind=audit.kind_of(self), work_id=self.pk)


W = TypeVar("W", bound=Work)


def transition(row: Work, to: str, *, reason: str = "", actor: Any = None, **fields: Any) -> None:
    """Moves `row` to `to` and saves `fields` with it, by compare-and-set; writes the step and the audit event.

    Raises IllegalMove when the table does not allow it, LostRace when the row has left the state it was read in, or
    when a worker (no actor) moves it after its turn was given to another.
    """
    old = row.state
    if to not in row.MOVES.get(old, frozenset()):
        raise IllegalMove(f"{row} is {old}: it cannot become {to} from there. Reload the page to see where it stands.")
    now = timezone.now()
    active = to in row.ACTIVE
    values = {
        "state": to,
        "reason": reason,
        "problem": "",
        "heartbeat_at": now,
        "finished_at": None if active else now,
        **fields,
    }
    if active and row.started_at is None:
        values["started_at"] = now
    turn = {} if actor else {"seq": row.seq}
    with transaction.atomic():
        if not type(row)._default_manager.filter(pk=row.pk, state=old, **turn).update(**values):
            raise LostRace(f"{row} was changed by somebody else a moment ago. Reload the page to see where it stands.")
        name = str(actor) if actor else audit.SYSTEM
        Step.objects.create(
            work_kind=audit.kind_of(row),
            work_id=row.pk,
            from_state=old,
            to_state=to,
            reason=reason,
            actor_name=name,
            at=now,
        )
        audit.record(
            f"{row._meta.model_name}.{to}",
            row,
            actor=actor,
            before={"state": old},
            after={"state": to, "reason": reason},
        )
    for name, value in values.items():
        setattr(row, name, value)


def keep(row: Work, **fields: Any) -> None:
    """Saves what a step found. Raises LostRace when the step's turn was given to another worker meanwhile."""
    if not type(row)._default_manager.filter(pk=row.pk, seq=row.seq).update(**fields):
        raise LostRace(f"{row} is looked after by another worker.")
    for name, value in fields.items():
        setattr(row, name, value)


def enqueue(task: Task[Any, Any], row: Work, seconds: float = 0) -> None:
    """Sends the next step of `row` to a worker on commit. A lost broker is no error: the tick repairs it."""
    pk, seq = row.pk, row.seq

    def send() -> None:
        try:
            task.apply_async((pk, seq), countdown=seconds)
        except BrokerUnreachable as error:
            log.warning("work.broker_unreachable", work=audit.kind_of(row), id=pk, error=str(error))

    transaction.on_commit(send)


def claim(model: type[W], pk: int, seq: int) -> W | None:
    """The row, if it is active and this step's turn has not been taken by another delivery of the same task."""
    turn = model._default_manager.filter(pk=pk, seq=seq, state__in=model.ACTIVE)
    if not turn.update(seq=seq + 1, heartbeat_at=timezone.now()):
        return None
    return model._default_manager.get(pk=pk)


def run_step(task: Task[Any, Any], model: type[W], pk: int, seq: int, advance: Callable[[W], float]) -> None:
    """One step: claim the turn, let `advance` do its short work, enqueue the next step after the seconds it returns."""
    row = claim(model, pk, seq)
    if row is None:
        return
    try:
        seconds = advance(row)
        _note_problem(row, "")
    except RetryLater as later:
        _note_problem(row, str(later))
        seconds = later.seconds
    except (SoftTimeLimitExceeded, OperationalError) as passing:
        log.warning("work.step_cut_off", work=audit.kind_of(row), id=pk, error=str(passing))
        _note_problem(row, SLOW_SENTENCE)
        seconds = SLOW_SECONDS
    except LostRace:
        seconds = 0
    except Exception as error:
        _mark_errored(row, error)
        return
    row.refresh_from_db(fields=["state"])
    if row.is_active:
        enqueue(task, row, seconds)


def stale(model: type[W]) -> models.QuerySet[W]:
    """Active rows that no worker has touched for settings.WORK_STALE_SECONDS."""
    limit = timezone.now() - timedelta(seconds=settings.WORK_STALE_SECONDS)
    return model._default_manager.filter(state__in=model.ACTIVE, heartbeat_at__lt=limit)


def pick_up(task: Task[Any, Any], rows: Iterable[Work]) -> None:
    """Enqueues the next step of rows that no worker owns; `claim` makes a needless one harmless."""
    for row in rows:
        log.info("work.picked_up", work=audit.kind_of(row), id=row.pk, state=row.state)
        enqueue(task, row)


def _note_problem(row: Work, sentence: str) -> None:
    if row.problem != sentence:
        row.problem = sentence
        type(row)._default_manager.filter(pk=row.pk).update(problem=sentence)


def _mark_errored(row: Work, error: Exception) -> None:
    log.error("work.errored", work=audit.kind_of(row), id=row.pk, exc_info=error)
    turn = row.seq
    row.refresh_from_db()
    if not row.is_active or row.seq != turn:  # somebody ended it, or took it over, meanwhile: the log has the error
        return
    transition(row, ERRORED, reason=ERRORED_SENTENCE, traceback="".join(traceback.format_exception(error)))
