"""States: a table of allowed moves, and the one function that makes them.

A move is a compare-and-set, so two people or workers cannot both make it; its step and its audit event are written in
the same transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.core import audit
from portal.core.caller import SYSTEM, Caller
from portal.core.errors import IllegalMove, LostRace
from portal.core.models import Step
from portal.core.sentences import NOTHING, Sentence


@dataclass(frozen=True)
class Move:
    """What has just been done to a row, and by whom."""

    to: str
    reason: Sentence
    caller: Caller

    @property
    def by_person(self) -> bool:
        return self.caller.is_person


class Stateful(models.Model):
    """A row that moves from state to state. MOVES says to which states each state may lead."""

    MOVES: ClassVar[Mapping[str, frozenset[str]]]

    state = models.CharField(max_length=20)

    class Meta:
        abstract = True

    @property
    def steps(self) -> models.QuerySet[Step]:
        """The moves so far, oldest first."""
        return Step.objects.filter(work_kind=audit.kind_of(self), work_id=self.pk)

    def on_move(self, to: str, reason: Sentence, now: datetime) -> dict[str, object]:
        """What a move to `to` writes on the row besides the state."""
        return {}

    def condition(self, *, by_person: bool) -> dict[str, object]:
        """What must hold on the row, besides its old state, for a move to be made."""
        return {}

    def action_of(self, to: str) -> str:
        """The audit log's name for a move; empty when something else there tells of it."""
        return f"{self._meta.model_name}.{to}"

    def moved(self, move: Move) -> None:
        """Called in the transaction of each move, with the row in its new state."""


def transition(
    row: Stateful,
    to: str,
    *,
    reason: Sentence = NOTHING,
    caller: Caller = SYSTEM,
    action: str = "",
    facts: Mapping[str, object] | None = None,
    target: models.Model | None = None,
    **fields: object,
) -> None:
    """Moves `row` to `to` and saves `fields` with it; writes the step and the audit event (`action`, with `facts`;
    about `target` where people know that better than the row).

    Raises IllegalMove when the table does not allow it, LostRace when the row has left the state it was read in, or
    when a worker (nobody's caller) moves it after its turn was given to another.
    """
    old, now, by_person = row.state, timezone.now(), caller.is_person
    if to not in row.MOVES.get(old, frozenset()):
        raise IllegalMove(
            _("%(row)s is %(old)s: it cannot become %(to)s from there. Reload the page to see where it stands.")
            % {"row": row, "old": old, "to": to}
        )
    values = {"state": to, **row.on_move(to, reason, now), **fields}
    before = {name: getattr(row, name) for name in values}
    try:
        with transaction.atomic():
            _compare_and_set(row, old, values, by_person=by_person)
            _keep_step(row, Step(from_state=old, to_state=to, reason=reason, at=now), caller)
            after = {"state": to, "reason": reason.as_json() or "", **(facts or {})}
            if event := action or row.action_of(to):
                audit.record(event, target or row, caller=caller, before={"state": old}, after=after)
            row.moved(Move(to, reason, caller))
    except BaseException:
        _set(row, before)
        raise


def _compare_and_set(row: Stateful, old: str, values: Mapping[str, object], *, by_person: bool) -> None:
    unmoved = type(row)._default_manager.filter(pk=row.pk, state=old, **row.condition(by_person=by_person))
    if not unmoved.update(**values):
        raise LostRace(
            _("%(row)s was changed by somebody else a moment ago. Reload the page to see where it stands.")
            % {"row": row}
        )
    _set(row, values)


def _set(row: Stateful, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _keep_step(row: Stateful, step: Step, caller: Caller) -> None:
    step.work_kind, step.work_id = audit.kind_of(row), row.pk
    step.actor_name = caller.name
    step.save()
