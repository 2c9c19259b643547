"""DELETING: services first, because a cluster in which something runs cannot be deleted; then the stack."""

from django.db import transaction

from portal.core.work.state import transition
from provisioning import guests, states
from provisioning.aws import cloudformation, elbv2
from provisioning.aws.cloudformation import StackState
from provisioning.aws.ecs.services import delete_service
from provisioning.aws.ecs.tasks import list_tasks
from provisioning.aws.session import AwsSession
from provisioning.environments import causes, records
from provisioning.environments.planning import AT_ONCE, ask_for_deletion, soon
from provisioning.facts import cluster_of
from provisioning.models import Environment
from provisioning.sessions import session_for


def delete(environment: Environment) -> float:
    """One look at the stack, and what follows from it. Returns the seconds until the next look."""
    session = session_for(environment.account, environment.region)
    stack = _own_stack(environment, session)
    if stack is None or stack.is_deleted:
        return _gone(environment, session)
    records.record_resources(environment, cloudformation.resources(session, stack.stack_id))
    if stack.status == "DELETE_FAILED" and environment.deletion_asked_at:
        return _left_behind(environment, session, stack)
    if not stack.is_busy and _is_empty(environment, session):
        if stack.termination_protection:
            cloudformation.set_termination_protection(session, stack.stack_id, enabled=False)
        ask_for_deletion(environment, session, stack)
    return soon()


def _own_stack(environment: Environment, session: AwsSession) -> StackState | None:
    """Ours by its id; before that is known only a plan of ours can exist, in which nothing was made."""
    if environment.stack_id:
        return cloudformation.describe_stack(session, environment.stack_id)
    stack = cloudformation.describe_stack(session, environment.stack_name)
    return stack if stack and stack.is_planned_only else None


def _is_empty(environment: Environment, session: AwsSession) -> bool:
    """Asks ECS to stop every service of the environment; True when no task is left."""
    cluster = cluster_of(environment)
    names = [guest.ecs_service for guest in guests.living_in(environment.pk) if guest.ecs_service]
    if not cluster:
        return True
    for name in names:
        delete_service(session, cluster, name)
    return not any(list_tasks(session, cluster, name, "RUNNING") for name in names)


def _gone(environment: Environment, session: AwsSession) -> float:
    """The rules went with the load balancer; the services' target groups are not part of the stack."""
    for guest in guests.living_in(environment.pk):
        if guest.target_group_arn:
            elbv2.delete_target_group(session, guest.target_group_arn)
    with transaction.atomic():
        records.mark_deleted(environment)
        transition(environment, states.DELETED, advice="")
    return AT_ONCE


def _left_behind(environment: Environment, session: AwsSession, stack: StackState) -> float:
    reported = cloudformation.resources(session, stack.stack_id)
    failure = causes.deletion_failure(stack, reported, cloudformation.events(session, stack.stack_id))
    transition(environment, states.DELETE_FAILED, reason=failure.reason, advice=failure.advice)
    return AT_ONCE
