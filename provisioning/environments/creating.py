"""CREATING: the approved plan is executed, and watched until everything is there or AWS has given up."""

from portal.core.work.state import transition
from provisioning import states
from provisioning.aws import cloudformation
from provisioning.aws.cloudformation import StackState
from provisioning.aws.session import AwsSession
from provisioning.environments import causes, records
from provisioning.environments.planning import AT_ONCE, soon, token_of
from provisioning.models import Environment
from provisioning.sessions import session_for

_VANISHED = "The stack of the environment was removed outside the portal while AWS made it."


def create(environment: Environment) -> float:
    """One look at the stack, and what follows from it. Returns the seconds until the next look."""
    session = session_for(environment.account, environment.region)
    stack = cloudformation.describe_stack(session, environment.stack_id)
    if stack is None or stack.is_deleted:
        transition(environment, states.FAILED, reason=_VANISHED, advice="Try again.")
        return AT_ONCE
    if stack.is_planned_only:
        cloudformation.execute_change_set(
            session, stack.stack_id, environment.change_set_id, token_of(environment, "create")
        )
        return soon()
    records.record_resources(environment, cloudformation.resources(session, stack.stack_id))
    if stack.is_busy:
        return soon()
    return _arrived(environment, session, stack) if stack.is_complete else _gave_up(environment, session, stack)


def _arrived(environment: Environment, session: AwsSession, stack: StackState) -> float:
    if environment.kind == Environment.Kind.PRODUCTION and not stack.termination_protection:
        cloudformation.set_termination_protection(session, stack.stack_id, enabled=True)
    records.forget_unmade(environment)
    transition(environment, states.READY, outputs=stack.outputs, advice="")
    return AT_ONCE


def _gave_up(environment: Environment, session: AwsSession, stack: StackState) -> float:
    events = cloudformation.events(session, stack.stack_id)
    records.mark_failed(environment, causes.own_failures(events))
    failure = causes.creation_failure(stack, events)
    transition(environment, states.FAILED, reason=failure.reason, advice=failure.advice)
    return AT_ONCE
