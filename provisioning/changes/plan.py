"""QUEUED and PLANNING: from a wish to a plan of everything that AWS would do.

A stack is ours when its id is the one we wrote down; it is written down before anything is made.
"""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal.core.sentences import Sentence
from portal.core.work.state import transition
from portal.core.work.steps import keep
from provisioning.aws import cloudformation
from provisioning.aws.cloudformation import ChangeSet, StackState
from provisioning.aws.session import AwsSession
from provisioning.changes import causes, records, states
from provisioning.changes.causes import Failure
from provisioning.models import Environment, StackChange
from provisioning.sessions import session_for
from provisioning.stacks import load

AT_ONCE = 0.0
TAG = "in4it:environment"
_ROLLBACK_FAILED = "UPDATE_ROLLBACK_FAILED"


def begin(change: StackChange) -> float:
    """QUEUED: planning starts; what is to be removed needs no plan."""
    transition(change, states.REMOVING if change.kind == states.REMOVE else states.PLANNING)
    return AT_ONCE


def plan(change: StackChange) -> float:
    """PLANNING: clears away what a failed attempt left, asks for a plan, waits for it. Returns seconds to wait."""
    session = session_of(change)
    if change.kind == states.UPDATE:
        return _plan_update(change, session)
    stack = cloudformation.describe_stack(session, change.stack.name)
    if stack is None or stack.is_planned_only:
        return _ask_for_plan(change, session)
    if stack.stack_id != change.stack.stack_id:
        return fail(change, _foreign(stack))
    return _with_own_stack(change, session, stack)


def session_of(change: StackChange) -> AwsSession:
    """A session in the account and region of the environment."""
    return session_for(change.environment.account, change.environment.region)


def soon() -> float:
    """Seconds until the next look at AWS."""
    return float(settings.POLL_SECONDS)


def token_of(change: StackChange, purpose: str) -> str:
    """The same for each repetition of the same request, another one for every other request and change."""
    return f"{purpose}-{change.token}"


def fail(change: StackChange, failure: Failure) -> float:
    """AWS refused."""
    transition(change, states.FAILED, reason=failure.reason, advice=failure.advice)
    return AT_ONCE


def _plan_update(change: StackChange, session: AwsSession) -> float:
    stack = cloudformation.describe_stack(session, change.stack.stack_id)
    if stack is None or stack.is_deleted:
        return fail(change, causes.GONE_BEFORE_CHANGE)
    if stack.is_busy:
        return soon()
    if stack.status == _ROLLBACK_FAILED:
        return _continue_rollback(change, session, stack)
    return _ask_for_plan(change, session)


def _continue_rollback(change: StackChange, session: AwsSession, stack: StackState) -> float:
    """Once: what keeps AWS from it a second time needs somebody."""
    if change.rollback_asked_at:
        return fail(change, causes.rollback_failure(stack))
    cloudformation.continue_rollback(session, stack.stack_id, token_of(change, "continue"))
    keep(change, rollback_asked_at=timezone.now())
    return soon()


def _ask_for_plan(change: StackChange, session: AwsSession) -> float:
    if not change.change_set_id:
        made = cloudformation.create_change_set(
            session,
            change.stack.name,
            load(change.stack.template).body,
            change.parameters,
            _tags(change.environment),
            token=change.token,
        )
        keep(change, change_set_id=made)
    found = cloudformation.describe_change_set(session, change.stack.name, change.change_set_id)
    if found.is_ready:
        return _planned(change, session, found)
    if found.is_empty and change.kind == states.UPDATE:
        transition(change, states.DONE, reason=Sentence("stack.nothing_to_change"))
        return AT_ONCE
    return fail(change, causes.not_planned(found.reason or found.status)) if found.status == "FAILED" else soon()


def _planned(change: StackChange, session: AwsSession, found: ChangeSet) -> float:
    stack = cloudformation.describe_stack(session, change.stack.name)
    if stack is None:  # removed between two calls: plan again
        return soon()
    rows = records.plan_rows(change.stack, found.changes)
    with transaction.atomic():
        transition(change, states.PLANNED, plan=rows)
        if change.kind == states.CREATE:
            records.begin_stack(change, stack.stack_id, rows)
    return AT_ONCE


def _with_own_stack(change: StackChange, session: AwsSession, stack: StackState) -> float:
    """Our stack holds something: adopt what is well, remove what failed, wait for what moves."""
    if stack.is_standing or stack.status == "CREATE_IN_PROGRESS":
        begun = Sentence("stack.had_begun")
        transition(change, states.APPLYING, reason=begun, executed_at=timezone.now())
        return AT_ONCE
    if stack.is_busy:
        return soon()
    if not stack.is_leftover:
        return fail(change, causes.unexpected(stack))
    if stack.status == "DELETE_FAILED" and change.deletion_asked_at:
        return fail(change, records.left_behind(change.stack, session, stack))
    ask_for_deletion(change, session, stack)
    return soon()


def ask_for_deletion(change: StackChange, session: AwsSession, stack: StackState) -> None:
    """Noted after the call: a worker killed in between asks again with the same token, which is harmless."""
    cloudformation.delete_stack(session, stack.stack_id, token_of(change, "delete"))
    keep(change, deletion_asked_at=timezone.now())


def _foreign(stack: StackState) -> Failure:
    return Failure(Sentence("stack.foreign", stack=stack.name), Sentence("advice.remove_foreign"))


def _tags(environment: Environment) -> dict[str, str]:
    return {TAG: str(environment.pk), "in4it:customer": environment.customer.slug, "in4it:kind": environment.kind}
