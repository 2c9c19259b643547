"""REMOVING: services first, because a cluster in which something runs cannot be deleted; then the stack.

A stack that is removed from an environment that lives on is removed without touching what runs there.
"""

from django.db import transaction

from portal.core.caller import on_behalf_of
from portal.core.sentences import NOTHING
from portal.core.work.state import transition
from provisioning import guests
from provisioning import states as environment_states
from provisioning.aws import cloudformation, elbv2
from provisioning.aws.cloudformation import StackState
from provisioning.aws.ecs.services import delete_service
from provisioning.aws.ecs.tasks import list_tasks
from provisioning.aws.session import AwsSession
from provisioning.changes import records, states
from provisioning.changes.plan import AT_ONCE, ask_for_deletion, fail, session_of, soon
from provisioning.changes.services import remove_next
from provisioning.facts import cluster_of
from provisioning.models import Environment, StackChange


def remove(change: StackChange) -> float:
    """One look at the stack, and what follows from it. Returns the seconds until the next look."""
    session = session_of(change)
    stack = _own_stack(change, session)
    if stack is None:
        return _gone(change, session)
    if stack.status == "DELETE_FAILED" and change.deletion_asked_at:
        return fail(change, records.left_behind(change.stack, session, stack))
    records.record_resources(change.stack, cloudformation.resources(session, stack.stack_id))
    if not stack.is_busy and (not _goes_away(change.environment) or _is_empty(change.environment, session)):
        if stack.termination_protection:
            cloudformation.set_termination_protection(session, stack.stack_id, enabled=False)
        ask_for_deletion(change, session, stack)
    return soon()


def _own_stack(change: StackChange, session: AwsSession) -> StackState | None:
    """Ours by its id; where there is none, a plan of ours can exist under its name, in which nothing was made."""
    if change.stack.stack_id:
        stack = cloudformation.describe_stack(session, change.stack.stack_id)
        if stack and not stack.is_deleted:
            return stack
    planned = cloudformation.describe_stack(session, change.stack.name)
    return planned if planned and planned.is_planned_only else None


def _goes_away(environment: Environment) -> bool:
    return environment.state == environment_states.DELETING


def _is_empty(environment: Environment, session: AwsSession) -> bool:
    """Asks ECS to stop every service of the environment; True when no task is left."""
    cluster = cluster_of(environment)
    names = [guest.ecs_service for guest in guests.living_in(environment.pk) if guest.ecs_service]
    if not cluster:
        return True
    for name in names:
        delete_service(session, cluster, name)
    return not any(list_tasks(session, cluster, name, "RUNNING") for name in names)


def _gone(change: StackChange, session: AwsSession) -> float:
    """The rules went with the load balancer; the services' target groups are not part of the stack."""
    environment = change.environment
    if change.stack.is_main:
        for guest in guests.living_in(environment.pk):
            if guest.target_group_arn:
                elbv2.delete_target_group(session, guest.target_group_arn)
    with transaction.atomic():
        transition(change, states.DONE, advice=NOTHING)
        records.mark_removed(change)
        if _goes_away(environment) and not remove_next(environment, on_behalf_of(change.requested_by)):
            guests.forget(environment.pk)
            transition(environment, environment_states.DELETED)
    return AT_ONCE
