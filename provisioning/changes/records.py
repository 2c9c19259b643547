"""What AWS reports about a stack, written down: plan, resources, and what became of it."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from provisioning import facts
from provisioning.aws import cloudformation
from provisioning.aws.cloudformation import PlannedChange, ResourceState, StackEvent, StackState
from provisioning.aws.session import AwsSession
from provisioning.changes import causes, selectors
from provisioning.changes.causes import Failure
from provisioning.models import Environment, Stack, StackChange, StackResource
from provisioning.stacks import load

_REPORTED = ["physical_id", "type", "status", "status_reason", "updated_at"]


def plan_rows(stack: Stack, changes: Iterable[PlannedChange]) -> list[dict[str, str]]:
    """The plan as it is kept with the change."""
    purposes = load(stack.template).purposes
    return [
        {
            "logical_id": change.logical_id,
            "type": change.type,
            "action": change.action,
            "purpose": purposes.get(change.logical_id, ""),
        }
        for change in changes
    ]


def begin_stack(change: StackChange, stack_id: str, plan: list[dict[str, str]]) -> None:
    """The id by which the stack is ours, and a row for each planned resource; an earlier attempt's are forgotten."""
    stack = change.stack
    rows = [
        StackResource(
            stack=stack,
            logical_id=change["logical_id"],
            type=change["type"],
            purpose=change["purpose"],
            status="PLANNED",
        )
        for change in plan
    ]
    stack.stack_id, stack.outputs = stack_id, {}
    with transaction.atomic():
        stack.save(update_fields=["stack_id", "outputs"])
        _gather_facts(change.environment)
        stack.resources.all().delete()
        StackResource.objects.bulk_create(rows)


def record_resources(stack: Stack, reported: Iterable[ResourceState]) -> None:
    """What AWS says of each resource now, in one statement."""
    purposes = load(stack.template).purposes
    rows = [
        StackResource(
            stack=stack,
            logical_id=each.logical_id,
            physical_id=each.physical_id,
            type=each.type,
            purpose=purposes.get(each.logical_id, ""),
            status=each.status,
            status_reason=each.reason,
            updated_at=each.updated_at,
        )
        for each in reported
    ]
    StackResource.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["stack", "logical_id"], update_fields=_REPORTED
    )


def mark_failed(stack: Stack, events: Iterable[StackEvent]) -> None:
    """Keeps what failed visible: after its roll-back AWS lists a resource that failed as deleted."""
    for event in events:
        stack.resources.filter(logical_id=event.logical_id).update(
            status=event.status, status_reason=event.reason, updated_at=event.at
        )


def keep_result(change: StackChange, found: StackState, reported: Iterable[ResourceState]) -> None:
    """What the finished stack says of itself, and the environment's facts with it.

    Rows of resources that it does not have are dropped: a condition did not hold, or the change took them away.
    """
    stack = change.stack
    stack.outputs, stack.parameters = found.outputs, change.parameters
    there = [each.logical_id for each in reported if each.status != "DELETE_COMPLETE"]
    with transaction.atomic():
        stack.save(update_fields=["outputs", "parameters"])
        stack.resources.exclude(logical_id__in=there).delete()
        _gather_facts(change.environment)


def mark_removed(change: StackChange) -> None:
    """The stack is gone, and every resource with it."""
    stack = change.stack
    stack.removed_at, stack.outputs = timezone.now(), {}
    with transaction.atomic():
        stack.save(update_fields=["removed_at", "outputs"])
        stack.resources.update(status="DELETE_COMPLETE", status_reason="", updated_at=stack.removed_at)
        _gather_facts(change.environment)


def _gather_facts(environment: Environment) -> None:
    """The environment's facts are those of all its stacks; of two that change at once the later finds both."""
    environment.held()
    said = [facts.read(stack.outputs) for stack in selectors.living_stacks(environment)]
    environment.aws_facts = {fact: value for each in said for fact, value in each.items()}
    Environment.objects.filter(pk=environment.pk).update(aws_facts=environment.aws_facts)


def left_behind(stack: Stack, session: AwsSession, found: StackState) -> Failure:
    """Why AWS could not delete all of it."""
    reported = cloudformation.resources(session, found.stack_id)
    record_resources(stack, reported)
    return causes.deletion_failure(found, reported, cloudformation.events(session, found.stack_id))
