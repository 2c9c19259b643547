"""What AWS reports about a stack, written down: plan and resources."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from provisioning import guests
from provisioning.aws.cloudformation import PlannedChange, ResourceState, StackEvent
from provisioning.models import Environment, StackResource
from provisioning.stacks import load

TEMPLATE = "environment"
_REPORTED = ["physical_id", "type", "status", "status_reason", "updated_at"]


def plan_rows(changes: Iterable[PlannedChange]) -> list[dict[str, str]]:
    """The plan as it is kept with the environment."""
    purposes = load(TEMPLATE).purposes
    return [
        {
            "logical_id": change.logical_id,
            "type": change.type,
            "action": change.action,
            "purpose": purposes.get(change.logical_id, ""),
        }
        for change in changes
    ]


def begin_resources(environment: Environment, plan: list[dict[str, str]]) -> None:
    """One row for each planned resource; what an earlier attempt left is forgotten."""
    rows = [
        StackResource(
            environment=environment,
            logical_id=change["logical_id"],
            type=change["type"],
            purpose=change["purpose"],
            status="PLANNED",
        )
        for change in plan
    ]
    with transaction.atomic():
        environment.resources.all().delete()
        StackResource.objects.bulk_create(rows)


def record_resources(environment: Environment, reported: Iterable[ResourceState]) -> None:
    """What AWS says of each resource now, in one statement."""
    purposes = load(TEMPLATE).purposes
    rows = [
        StackResource(
            environment=environment,
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
        rows, update_conflicts=True, unique_fields=["environment", "logical_id"], update_fields=_REPORTED
    )


def forget_unmade(environment: Environment) -> None:
    """Drops planned resources that the finished stack does not have: their condition did not hold."""
    environment.resources.filter(status="PLANNED").delete()


def mark_failed(environment: Environment, events: Iterable[StackEvent]) -> None:
    """Keeps what failed visible: after its roll-back AWS lists a resource that failed as deleted."""
    for event in events:
        environment.resources.filter(logical_id=event.logical_id).update(
            status=event.status, status_reason=event.reason, updated_at=event.at
        )


def mark_deleted(environment: Environment) -> None:
    """Every resource is gone, and with them what ran there: no list counts it any more."""
    environment.resources.update(status="DELETE_COMPLETE", status_reason="", updated_at=timezone.now())
    guests.forget(environment.pk)
