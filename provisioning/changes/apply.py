"""APPLYING: the approved plan is carried out, and watched until everything is there or AWS has given up."""

from django.db import transaction
from django.utils import timezone

from portal.core.work.state import transition
from portal.core.work.steps import keep
from provisioning.aws import cloudformation
from provisioning.aws.cloudformation import StackState
from provisioning.aws.session import AwsSession
from provisioning.changes import causes, records, states
from provisioning.changes.plan import AT_ONCE, fail, session_of, soon, token_of
from provisioning.models import Environment, StackChange

_UNDER_WAY = {"EXECUTE_IN_PROGRESS", "AVAILABLE"}  # right after it was asked for, AWS may still call it available


def apply(change: StackChange) -> float:
    """One look at the stack, and what follows from it. Returns the seconds until the next look."""
    session = session_of(change)
    stack = cloudformation.describe_stack(session, change.stack.stack_id)
    if stack is None or stack.is_deleted:
        return fail(change, causes.vanished("while AWS worked on it"))
    if not change.executed_at:
        return _execute(change, session, stack)
    records.record_resources(change.stack, cloudformation.resources(session, stack.stack_id))
    if stack.is_rolling_back_update:
        return _goes_back(change, session, stack)
    if stack.is_busy or stack.is_planned_only:
        return soon()
    if change.kind == states.UPDATE:
        return _updated(change, session, stack)
    return _arrived(change, session, stack) if stack.is_complete else _gave_up(change, session, stack)


def roll_back(change: StackChange) -> float:
    """ROLLING_BACK: AWS takes an update back, asked for it where a person wants that. Returns seconds to wait."""
    session = session_of(change)
    stack = cloudformation.describe_stack(session, change.stack.stack_id)
    if stack is None or stack.is_deleted:
        return fail(change, causes.vanished("while AWS took a change back"))
    records.record_resources(change.stack, cloudformation.resources(session, stack.stack_id))
    if stack.status == "UPDATE_IN_PROGRESS":
        cloudformation.cancel_update(session, stack.stack_id, token_of(change, "cancel"))
    if stack.is_busy:
        return soon()
    if stack.status == "UPDATE_ROLLBACK_FAILED":
        return fail(change, causes.rollback_failure(stack))
    return _taken_back(change, session, stack)


def _execute(change: StackChange, session: AwsSession, stack: StackState) -> float:
    cloudformation.execute_change_set(session, stack.stack_id, change.change_set_id, token_of(change, "execute"))
    keep(change, executed_at=timezone.now())
    return soon()


def _updated(change: StackChange, session: AwsSession, stack: StackState) -> float:
    """The stack is at rest: by this change, before it, or because somebody else changed it meanwhile."""
    said = cloudformation.execution_of(session, stack.stack_id, change.change_set_id)
    if said in _UNDER_WAY:
        return soon()
    if said == "OBSOLETE":
        return fail(change, causes.OVERTAKEN)
    if stack.is_complete:
        return _arrived(change, session, stack)
    if stack.status == "UPDATE_ROLLBACK_COMPLETE":  # the roll-back was over between two looks
        return _goes_back(change, session, stack)
    return _gave_up(change, session, stack)


def _taken_back(change: StackChange, session: AwsSession, stack: StackState) -> float:
    """The stack is at rest: as it was, or as it was to become when AWS was faster."""
    said = cloudformation.execution_of(session, stack.stack_id, change.change_set_id)
    if said == "EXECUTE_IN_PROGRESS":
        return soon()
    if said == "EXECUTE_COMPLETE" and stack.is_complete:
        return _arrived(change, session, stack, "AWS had finished the change before it could be taken back.")
    if said == "AVAILABLE":  # a worker that is just about to carry it out finds it gone
        cloudformation.delete_change_set(session, stack.stack_id, change.change_set_id)
    transition(change, states.ROLLED_BACK, reason=change.reason)
    return AT_ONCE


def _arrived(change: StackChange, session: AwsSession, stack: StackState, reason: str = "") -> float:
    production = change.environment.kind == Environment.Kind.PRODUCTION
    if production and not stack.termination_protection:
        cloudformation.set_termination_protection(session, stack.stack_id, enabled=True)
    with transaction.atomic():
        records.keep_result(change, stack)
        transition(change, states.DONE, reason=reason, advice="")
    return AT_ONCE


def _gave_up(change: StackChange, session: AwsSession, stack: StackState) -> float:
    since = change.executed_at if change.kind == states.UPDATE else None
    events = cloudformation.events(session, stack.stack_id, since)
    records.mark_failed(change.stack, causes.own_failures(events))
    return fail(change, causes.creation_failure(stack, events))


def _goes_back(change: StackChange, session: AwsSession, stack: StackState) -> float:
    """AWS takes the update back by itself."""
    events = cloudformation.events(session, stack.stack_id, since=change.executed_at)
    records.mark_failed(change.stack, causes.own_failures(events))
    failure = causes.update_failure(stack, events)
    transition(change, states.ROLLING_BACK, reason=failure.reason, advice=failure.advice)
    return soon()
