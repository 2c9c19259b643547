"""DRAFT and PLANNING: from a wish to a plan of everything that AWS would make.

A stack belongs to the environment when its id is the one we wrote down; it is written down before anything is made.
"""

from django.conf import settings
from django.utils import timezone

from portal.core.work.state import transition
from portal.core.work.steps import keep
from provisioning import states
from provisioning.aws import cloudformation
from provisioning.aws.cloudformation import ChangeSet, StackState
from provisioning.aws.session import AwsSession
from provisioning.environments import causes, records
from provisioning.environments.causes import Failure
from provisioning.models import Environment
from provisioning.sessions import session_for
from provisioning.stacks import load

AT_ONCE = 0.0
TAG = "in4it:environment"
_SIZES = {
    Environment.Size.SMALL: ("t3.small", 1, 2),
    Environment.Size.MEDIUM: ("t3.medium", 2, 4),
    Environment.Size.LARGE: ("t3.large", 2, 8),
}


def begin(environment: Environment) -> float:
    """DRAFT: planning starts."""
    transition(environment, states.PLANNING)
    return AT_ONCE


def plan(environment: Environment) -> float:
    """PLANNING: clears away what a failed attempt left, asks for a plan, waits for it. Returns seconds to wait."""
    session = session_for(environment.account, environment.region)
    stack = cloudformation.describe_stack(session, environment.stack_name)
    if stack is None or stack.is_planned_only:
        return _ask_for_plan(environment, session)
    if stack.stack_id != environment.stack_id:
        return _fail(environment, _foreign(stack))
    return _with_own_stack(environment, session, stack)


def soon() -> float:
    """Seconds until the next look at AWS."""
    return float(settings.POLL_SECONDS)


def token_of(environment: Environment, purpose: str = "environment") -> str:
    """The same for each repetition of the same request, another one for another attempt."""
    return f"{purpose}-{environment.pk}-{environment.attempt}"


def _ask_for_plan(environment: Environment, session: AwsSession) -> float:
    if not environment.change_set_id:
        made = cloudformation.create_change_set(
            session,
            environment.stack_name,
            load(records.TEMPLATE).body,
            _parameters(environment),
            _tags(environment),
            token=token_of(environment),
        )
        keep(environment, change_set_id=made)
    found = cloudformation.describe_change_set(session, environment.stack_name, environment.change_set_id)
    if found.is_ready:
        return _planned(environment, session, found)
    if found.status == "FAILED":
        return _fail(environment, _refused(found))
    return soon()


def _planned(environment: Environment, session: AwsSession, found: ChangeSet) -> float:
    stack = cloudformation.describe_stack(session, environment.stack_name)
    if stack is None:  # removed between two calls: plan again
        return soon()
    plan = records.plan_rows(found.changes)
    records.begin_resources(environment, plan)
    transition(environment, states.PLANNED, plan=plan, stack_id=stack.stack_id)
    return AT_ONCE


def _with_own_stack(environment: Environment, session: AwsSession, stack: StackState) -> float:
    """Our stack holds something: adopt what is well, remove what failed, wait for what moves."""
    if stack.is_complete or stack.status == "CREATE_IN_PROGRESS":
        transition(environment, states.CREATING, reason="AWS had begun to make it already; that goes on.")
        return AT_ONCE
    if stack.is_failed:
        if stack.status == "DELETE_FAILED" and environment.deletion_asked_at:
            return _fail(environment, _left_behind(environment, session, stack))
        ask_for_deletion(environment, session, stack)
    return soon()


def ask_for_deletion(environment: Environment, session: AwsSession, stack: StackState) -> None:
    """Noted after the call: a worker killed in between asks again, which is harmless."""
    cloudformation.delete_stack(session, stack.stack_id, token_of(environment, "delete"))
    keep(environment, deletion_asked_at=timezone.now())


def _fail(environment: Environment, failure: Failure) -> float:
    transition(environment, states.FAILED, reason=failure.reason, advice=failure.advice)
    return AT_ONCE


def _foreign(stack: StackState) -> Failure:
    return Failure(
        f"The account holds a stack named {stack.name} already, and the portal did not make it for this environment.",
        "Remove that stack and try again, or delete this environment and make it under another name.",
    )


def _refused(found: ChangeSet) -> Failure:
    said = found.reason or found.status
    return Failure(f"AWS could not plan the environment: {said}", causes.advice_for(said))


def _left_behind(environment: Environment, session: AwsSession, stack: StackState) -> Failure:
    reported = cloudformation.resources(session, stack.stack_id)
    records.record_resources(environment, reported)
    return causes.deletion_failure(stack, reported, cloudformation.events(session, stack.stack_id))


def _parameters(environment: Environment) -> dict[str, str]:
    instance_type, smallest, largest = _SIZES[Environment.Size(environment.size)]
    return {
        "EnvironmentName": environment.stack_name,
        "Kind": environment.kind,
        "VpcCidr": environment.network,
        "HostImageParameter": settings.HOST_IMAGE_PARAMETER,
        "InstanceType": instance_type,
        "MinHosts": str(smallest),
        "MaxHosts": str(largest),
    }


def _tags(environment: Environment) -> dict[str, str]:
    return {TAG: str(environment.pk), "in4it:customer": environment.customer.slug, "in4it:kind": environment.kind}
