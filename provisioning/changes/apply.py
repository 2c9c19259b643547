"""APPLYING: the approved plan is carried out, and watched until everything is there or AWS has given up."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from portal.core.sentences import NOTHING, Sentence
from portal.core.work.state import transition
from portal.core.work.steps import keep
from provisioning.aws import cloudformation
from provisioning.aws.cloudformation import ResourceState, StackState
from provisioning.aws.errors import AwsProblem, accepting
from provisioning.aws.session import AwsSession
from provisioning.changes import causes, records, states
from provisioning.changes.plan import AT_ONCE, fail, session_of, soon, token_of
from provisioning.models import Environment, StackChange

_OVERTAKEN = {"OBSOLETE", ""}  # AWS gives up a plan, or drops it, when the stack changes otherwise
_NOT_YET = {"EXECUTE_IN_PROGRESS", "AVAILABLE"}  # right after it was asked for, AWS may still call it available


@dataclass(frozen=True)
class Seen:
    """What AWS answered to one look at a change's stack."""

    session: AwsSession
    stack: StackState
    resources: tuple[ResourceState, ...]


def apply(change: StackChange) -> float:
    """One look at the stack, and what follows from it. Returns the seconds until the next look."""
    session = session_of(change)
    stack = cloudformation.describe_stack(session, change.stack.stack_id)
    if stack is None or stack.is_deleted:
        return fail(change, causes.GONE_MEANWHILE)
    if not change.executed_at:
        return _execute(change, session, stack)
    seen = _look(change, session, stack)
    if change.kind == states.UPDATE:
        return _updating(change, seen)
    if stack.is_planned_only:
        return _not_begun(change, seen)
    if stack.is_busy:
        return soon()
    return _arrived(change, seen) if stack.is_standing else _gave_up(change, seen)


def roll_back(change: StackChange) -> float:
    """ROLLING_BACK: AWS takes an update back, asked for it where a person wants that. Returns seconds to wait."""
    session = session_of(change)
    stack = cloudformation.describe_stack(session, change.stack.stack_id)
    if stack is None or stack.is_deleted:
        return fail(change, causes.GONE_WHILE_TAKEN_BACK)
    seen = _look(change, session, stack)
    if stack.status == "UPDATE_IN_PROGRESS":
        cloudformation.cancel_update(session, stack.stack_id, token_of(change, "cancel"))
    if stack.is_busy:
        return soon()
    if stack.status == "UPDATE_ROLLBACK_FAILED":
        return fail(change, causes.rollback_failure(stack))
    return _taken_back(change, seen)


def _look(change: StackChange, session: AwsSession, stack: StackState) -> Seen:
    """With the stack's resources, written down as they are."""
    found = cloudformation.resources(session, stack.stack_id)
    records.record_resources(change.stack, found)
    return Seen(session, stack, found)


def _execution(change: StackChange, seen: Seen) -> str:
    """How far AWS is with the plan of this change."""
    return cloudformation.execution_of(seen.session, seen.stack.stack_id, change.change_set_id)


def _execute(change: StackChange, session: AwsSession, stack: StackState) -> float:
    """Asks AWS to carry out the plan, unless it did before a worker died, or before the change was adopted."""
    token = token_of(change, "execute")
    try:
        if change.kind == states.UPDATE or stack.is_planned_only:
            cloudformation.execute_change_set(session, stack.stack_id, change.change_set_id, token)
    except AwsProblem:
        if cloudformation.execution_of(session, stack.stack_id, change.change_set_id) in _OVERTAKEN:
            return fail(change, causes.OVERTAKEN)
        raise
    keep(change, executed_at=timezone.now())
    return soon()


def _not_begun(change: StackChange, seen: Seen) -> float:
    said = _execution(change, seen)
    return soon() if said in _NOT_YET else _gave_up(change, seen)


def _updating(change: StackChange, seen: Seen) -> float:
    if seen.stack.is_rolling_back_update:
        return _goes_back(change, seen)
    return soon() if seen.stack.is_busy else _updated(change, seen)


def _updated(change: StackChange, seen: Seen) -> float:
    """The stack is at rest: by this change, before it, or because somebody else changed it meanwhile."""
    said = _execution(change, seen)
    if said in _NOT_YET:
        return soon()
    if said == "EXECUTE_COMPLETE" and seen.stack.is_complete:
        return _arrived(change, seen)
    if said == "EXECUTE_FAILED" and seen.stack.status == "UPDATE_ROLLBACK_COMPLETE":  # taken back between two looks
        return _goes_back(change, seen)
    if said == "EXECUTE_FAILED":
        return _gave_up(change, seen)
    return fail(change, causes.OVERTAKEN)


def _taken_back(change: StackChange, seen: Seen) -> float:
    """The stack is at rest: as it was, or as it was to become when AWS was faster."""
    said = _execution(change, seen)
    if said == "AVAILABLE" and not change.executed_at:
        return _never_begun(change, seen)
    if said in _NOT_YET:
        return soon()
    if said == "EXECUTE_COMPLETE" and seen.stack.is_complete:
        return _arrived(change, seen, Sentence("stack.was_faster"))
    transition(change, states.ROLLED_BACK, reason=change.reason)
    return AT_ONCE


def _never_begun(change: StackChange, seen: Seen) -> float:
    """The plan is deleted, so that a worker that is just about to carry it out finds it gone; if it was faster, AWS
    refuses that, and the next look finds the update under way."""
    with accepting("conflict"):
        cloudformation.delete_change_set(seen.session, seen.stack.stack_id, change.change_set_id)
        transition(change, states.ROLLED_BACK, reason=change.reason)
    return soon()


def _arrived(change: StackChange, seen: Seen, reason: Sentence = NOTHING) -> float:
    production = change.environment.kind == Environment.Kind.PRODUCTION
    if production and not seen.stack.termination_protection:
        cloudformation.set_termination_protection(seen.session, seen.stack.stack_id, enabled=True)
    with transaction.atomic():
        transition(change, states.DONE, reason=reason, advice=NOTHING)
        records.keep_result(change, seen.stack, seen.resources)
    return AT_ONCE


def _gave_up(change: StackChange, seen: Seen) -> float:
    events = cloudformation.events(seen.session, seen.stack.stack_id)
    records.mark_failed(change.stack, causes.own_failures(events))
    why = causes.creation_failure if change.kind == states.CREATE else causes.update_failure
    return fail(change, why(seen.stack, events))


def _goes_back(change: StackChange, seen: Seen) -> float:
    """AWS takes the update back by itself."""
    events = cloudformation.events_of(seen.session, seen.stack.stack_id, token_of(change, "execute"))
    records.mark_failed(change.stack, causes.own_failures(events))
    failure = causes.update_failure(seen.stack, events)
    transition(change, states.ROLLING_BACK, reason=failure.reason, advice=failure.advice)
    return soon()
