"""Short steps: a task claims the row's turn, does one small thing, and sends the next task.

`failed` and its like are theirs, with a sentence; `errored` is ours, with the traceback for engineers.
"""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar, TypeVar

import structlog
from django.apps import apps
from django.db import OperationalError, models
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.core import audit
from portal.core.errors import LostRace
from portal.core.redaction import redact
from portal.core.sentence_field import SentenceField
from portal.core.sentences import NOTHING, Sentence
from portal.core.work import turns
from portal.core.work.shares import shares
from portal.core.work.state import Move, Stateful, transition
from portal.core.work.turns import TaskTurn

log = structlog.get_logger(__name__)
ERRORED = "errored"
ERRORED_SENTENCE = Sentence("work.errored")
SLOW_SENTENCE = Sentence("work.slow")
SLOW_SECONDS = 10.0
PICKED_UP = 500  # rows of a kind that one tick sends again; the next tick goes on
PASSING = (OperationalError,)  # the database was away or busy: nothing is wrong with the work


class RetryLater(Exception):
    """A step could not do its work now (AWS throttles, is unreachable); it is tried again after `seconds`."""

    def __init__(self, sentence: Sentence, seconds: float) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.seconds = seconds


class Work(Stateful, TaskTurn):
    """A piece of long-running work. ACTIVE are the states in which it is not over, STEPPED those of them in which its
    own steps drive it (the others are looked after by a watch)."""

    ACTIVE: ClassVar[frozenset[str]]
    STEPPED: ClassVar[frozenset[str]]

    reason = SentenceField()  # what people read about the present state
    problem = SentenceField()  # why the last step has to be tried again; NOTHING when it went well
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    traceback = models.TextField(blank=True)  # kept for engineers when the state is "errored"

    class Meta:
        abstract = True

    @property
    def is_active(self) -> bool:
        """Whether the work is not over."""
        return self.state in self.ACTIVE

    @property
    def is_stepped(self) -> bool:
        """Whether a worker has a step to do for this row."""
        return self.state in self.STEPPED

    def on_move(self, to: str, reason: Sentence, now: datetime) -> dict[str, object]:
        active = to in self.ACTIVE
        started = {"started_at": now} if active and self.started_at is None else {}
        return {
            "reason": reason,
            "problem": NOTHING,
            "heartbeat_at": now,
            "finished_at": None if active else now,
            **started,
        }

    def condition(self, *, by_person: bool) -> dict[str, object]:
        """A worker moves the row only while the turn is its own; people may at any time."""
        return {} if by_person else {"seq": self.seq}

    def moved(self, move: Move) -> None:
        """What a person moves starts by itself; a worker's step sends the next one when it is done."""
        if move.by_person and self.is_stepped:
            self.wake()


W = TypeVar("W", bound=Work)


def begin(row: Work) -> None:
    """Saves a new piece of work and sends its first step when the transaction commits."""
    row.save(force_insert=True)
    row.wake()


def keep(row: Work, **fields: object) -> None:
    """Saves what a step found. Raises LostRace when the step's turn was given to another worker meanwhile."""
    if not type(row)._default_manager.filter(pk=row.pk, seq=row.seq).update(**fields):
        raise LostRace(_("%(row)s is looked after by another worker.") % {"row": row})
    for name, value in fields.items():
        setattr(row, name, value)


def run_step(model: type[W], pk: int, seq: int, advance: Callable[[W], float]) -> None:
    """One step: claim the turn, let `advance` do its short work, send the next step after the seconds it returns."""

    def take(key: str) -> None:
        row = turns.claim(stepped(model), pk, seq)
        if row is None:
            return
        seconds = 0.0
        with ending_errored(row):
            seconds = _advance(row, advance)
        row.refresh_from_db(fields=["state"])
        if row.is_stepped:
            row.wake(shares.pace(key, seconds))

    turns.in_its_share(stepped(model), pk, seq, take)


def _advance(row: W, advance: Callable[[W], float]) -> float:
    try:
        seconds = advance(row)
        note_problem(row, NOTHING)
        return seconds
    except RetryLater as later:
        note_problem(row, later.sentence)
        return later.seconds
    except PASSING as passing:
        log.warning("work.step_cut_off", work=audit.kind_of(row), id=row.pk, error=str(passing))
        note_problem(row, SLOW_SENTENCE)
        return SLOW_SECONDS


@contextmanager
def ending_errored(row: Work) -> Iterator[None]:
    """Around whatever a worker does for a row: a bug of ours ends the row as errored, with its traceback; a row that
    somebody else moved is left to them. What only cut the step off is passed on."""
    try:
        yield
    except PASSING:
        raise
    except LostRace:
        return
    except Exception as error:
        log.exception("work.errored", work=audit.kind_of(row), id=row.pk)
        _end_errored(row, error)


def _end_errored(row: Work, error: Exception) -> None:
    turn = row.seq
    row.refresh_from_db()
    if not row.is_active or row.seq != turn:  # somebody ended it, or took it over, meanwhile: the log has the error
        return
    details = str(redact("".join(traceback.format_exception(error))))
    transition(row, ERRORED, reason=ERRORED_SENTENCE, traceback=details)


def note_problem(row: Work, sentence: Sentence) -> None:
    """Keeps why the last step has to be tried again; writes only what is new."""
    if row.problem != sentence:
        row.problem = sentence
        type(row)._default_manager.filter(pk=row.pk).update(problem=sentence)


def kinds() -> list[type[Work]]:
    """Every kind of work there is."""
    return [model for model in apps.get_models() if issubclass(model, Work)]


def stepped(model: type[W]) -> models.QuerySet[W]:
    """Rows whose next step a worker has to do."""
    return model._default_manager.filter(state__in=model.STEPPED)


def pick_up(model: type[W]) -> int:
    """Sends the next step of rows that no worker owns; `claim` makes a needless one harmless. Returns how many.

    What was sent counts as touched: a long queue of workers does not get the same step again each minute.
    """
    sent = []
    for pk, seq, state in _ownerless(model):
        if not turns.send(model.TASK, pk, seq):
            break
        sent.append(pk)
        log.info("work.picked_up", work=model._meta.label_lower, id=pk, state=state)
    turns.silent(stepped(model)).filter(pk__in=sent).update(heartbeat_at=timezone.now())
    return len(sent)


def _ownerless(model: type[W]) -> models.QuerySet[W, tuple[int, int, str]]:
    oldest = turns.silent(stepped(model)).order_by("heartbeat_at")
    return oldest.values_list("pk", "seq", "state")[:PICKED_UP]
